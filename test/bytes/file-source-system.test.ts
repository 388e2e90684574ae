import fs, { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FileSource } from '../../src/bytes/file-source.ts';
import { failureOf } from '../builders/failure.ts';
import { isOpen } from '../builders/open-files.ts';
import { refusal, replaceCalls } from '../support/system-calls.ts';

/*
 * What a system does now and then but a test cannot cause: root may open every file, and a working disk fills
 * whole buffers. The calls reach the real functions unless something is set here.
 */
const system = { open: '', statfs: '', reads: [] as (number | string)[] };
const { openSync, readSync, statfsSync } = fs;

let restore = () => {};
beforeEach(() => {
  system.open = '';
  system.statfs = '';
  system.reads = [];
  restore = replaceCalls({
    openSync: (path, flags) => {
      if (system.open !== '') throw refusal(system.open, 'open');
      return openSync(path, flags);
    },
    statfsSync: ((path: string) => {
      if (system.statfs !== '') throw refusal(system.statfs, 'statfs');
      return statfsSync(path);
    }) as typeof statfsSync,
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
    ['EACCES', 'permission denied', /sudo/],
    ['EPERM', 'not permitted', undefined],
  ])('is io and says why: %s', (errno, why, hint) => {
    system.open = errno;
    const { kind, facts, message } = failureOf(() => new FileSource(path));
    expect([kind, facts.errno, facts.path]).toEqual(['io', errno, path]);
    expect(message).toBe(`${path}: ${why}`);
    expect(facts.hint).toEqual(hint && expect.stringMatching(hint));
  });

  it("has the system's own words if the error is a rare one", () => {
    system.open = 'EMFILE';
    expect(failureOf(() => new FileSource(path)).message).toBe(`${path}: EMFILE: refused, open`);
  });
});

describe('a read that the system splits', () => {
  it('continues where it stopped, at a number or a bigint', () => {
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

describe('a read that is interrupted again and again', () => {
  it('is repeated as often as it takes', () => {
    const source = new FileSource(path);
    system.reads = Array.from({ length: 20_000 }, () => 'EINTR');
    const into = new Uint8Array(8);
    expect(source.read(50, into)).toBe(8);
    expect([...into]).toEqual([50, 51, 52, 53, 54, 55, 56, 57]);
    expect(source.statistics).toEqual({ reads: 20_001, bytes: 8 });
    source.close();
  });
});

describe('a read that returns one byte at a time', () => {
  it('is whole in the end', () => {
    const source = new FileSource(path);
    system.reads = Array.from({ length: 100 }, () => 1);
    const into = new Uint8Array(100);
    expect(source.read(0, into)).toBe(100);
    expect([...into]).toEqual(Array.from({ length: 100 }, (_, i) => i));
    source.close();
  });
});

describe('a file that changes while it is open', () => {
  it('ends where it was cut, and has more if it has grown', () => {
    const own = join(folder, 'changing');
    writeFileSync(own, new Uint8Array(8192).fill(7));
    const source = new FileSource(own);
    truncateSync(own, 5000);
    const into = new Uint8Array(4096);
    expect([source.read(4096, into), source.read(5000, into), source.read(8000, into)]).toEqual([904, 0, 0]);
    appendFileSync(own, new Uint8Array(10_000).fill(9));
    expect([source.read(5000, into), into[0]]).toEqual([4096, 9]);
    // The size as it was on opening stays.
    expect(source.size).toBe(8192);
    source.close();
  });

  it('can still be read after it was removed from its folder', () => {
    const own = join(folder, 'removed');
    writeFileSync(own, new Uint8Array(100).fill(7));
    const source = new FileSource(own);
    rmSync(own);
    expect(source.read(0, new Uint8Array(100))).toBe(100);
    source.close();
  });

  it('is io if it disappears before its type is known, and is closed', () => {
    system.statfs = 'ENOENT';
    const { kind, facts } = failureOf(() => new FileSource(path));
    expect([kind, facts.errno, isOpen(path)]).toEqual(['io', 'ENOENT', false]);
  });
});

describe('a read that the system refuses', () => {
  it('is io, with the position that could not be read', () => {
    const source = new FileSource(path);
    system.reads = [7, 'EIO'];
    const { kind, facts, message } = failureOf(() => source.read(32, new Uint8Array(20)));
    source.close();
    expect(kind).toBe('io');
    expect(facts).toMatchObject({ path, offset: 39, errno: 'EIO' });
    expect(message).toContain('0x27');
  });
});
