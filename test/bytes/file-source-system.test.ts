import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FileSource } from '../../src/bytes/file-source.ts';
import { failureOf } from '../builders/failure.ts';
import { refusal, replaceCalls } from '../support/system-calls.ts';

/*
 * What a system does now and then and a test cannot make it do: root may open everything, and a disk that works reads
 * whole buffers. The calls go to the real ones but for what is set here.
 */
const system = { open: '', reads: [] as (number | string)[] };
const { openSync, readSync } = fs;

let restore = () => {};
beforeEach(() => {
  system.open = '';
  system.reads = [];
  restore = replaceCalls({
    openSync: (path, flags) => {
      if (system.open !== '') throw refusal(system.open, 'open');
      return openSync(path, flags);
    },
    readSync: ((fd: number, into: Uint8Array, at: number, length: number, position: number | bigint) => {
      const next = system.reads.shift();
      if (typeof next === 'string') throw refusal(next, 'read');
      return readSync(fd, into, at, Math.min(length, next ?? length), position);
    }) as typeof readSync,
  });
});
afterEach(() => restore());

let folder = '';
let path = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-source-'));
  path = join(folder, 'file');
  writeFileSync(
    path,
    Uint8Array.from({ length: 100 }, (_, i) => i),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('an open that the system refuses', () => {
  it.each([
    ['EACCES', 'permission denied'],
    ['EPERM', 'not permitted'],
  ])('is io and says why: %s', (errno, why) => {
    system.open = errno;
    const { kind, facts, message } = failureOf(() => new FileSource(path));
    expect([kind, facts.errno, facts.path]).toEqual(['io', errno, path]);
    expect(message).toBe(`${path}: ${why}`);
  });

  it("has the system's own words where it is a rare one", () => {
    system.open = 'EMFILE';
    expect(failureOf(() => new FileSource(path)).message).toBe(`${path}: EMFILE: refused, open`);
  });
});

describe('a read that the system cuts into parts', () => {
  it('goes on where it stopped, at a number or a bigint', () => {
    const source = new FileSource(path);
    for (const position of [10, 10n]) {
      system.reads = [3, 1, 'EINTR', 2];
      const into = new Uint8Array(20);
      expect(source.read(position, into)).toBe(20);
      expect([...into]).toEqual(Array.from({ length: 20 }, (_, i) => 10 + i));
    }
    source.close();
  });
});

describe('a read that the system refuses', () => {
  it('is io, with the place that could not be read', () => {
    const source = new FileSource(path);
    system.reads = [7, 'EIO'];
    const { kind, facts, message } = failureOf(() => source.read(32, new Uint8Array(20)));
    source.close();
    expect(kind).toBe('io');
    expect(facts).toMatchObject({ path, offset: 39, errno: 'EIO' });
    expect(message).toContain('0x27');
  });
});
