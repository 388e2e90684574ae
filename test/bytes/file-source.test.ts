import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileSource } from '../../src/bytes/file-source.ts';
import { pattern } from '../builders/encode.ts';
import { failureOf } from '../builders/failure.ts';
import { isOpen } from '../builders/open-files.ts';

const BYTES = pattern(10_000, 1);
let folder = '';
const inFolder = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-source-'));
  writeFileSync(inFolder('file'), BYTES);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `use` on an opened file and closes it. */
function withFile<T>(path: string, use: (source: FileSource) => T): T {
  const source = new FileSource(path);
  try {
    return use(source);
  } finally {
    source.close();
  }
}

describe('reading a file', () => {
  it('fills the buffer with the bytes at a position, a number or a bigint', () => {
    withFile(inFolder('file'), (source) => {
      for (const position of [4097, 4097n]) {
        const into = new Uint8Array(100);
        expect(source.read(position, into)).toBe(100);
        expect(into).toEqual(BYTES.subarray(4097, 4197));
      }
    });
  });

  it('returns fewer bytes only at the end of the file, and leaves the rest of the buffer alone', () => {
    withFile(inFolder('file'), (source) => {
      const into = new Uint8Array(8).fill(0xee);
      expect(source.read(9_997, into)).toBe(3);
      expect([...into]).toEqual([...BYTES.subarray(9_997), 0xee, 0xee, 0xee, 0xee, 0xee]);
    });
  });

  it('returns no bytes past the end, even where no file can have any', () => {
    withFile(inFolder('file'), (source) => {
      for (const position of [10_000, 1n << 62n, (1n << 63n) - 1n, (1n << 64n) - 1n]) {
        expect(source.read(position, new Uint8Array(8)), `at ${position}`).toBe(0);
      }
    });
  });

  it('counts how often and how much was read', () => {
    withFile(inFolder('file'), (source) => {
      source.read(0, new Uint8Array(64));
      source.read(100, new Uint8Array(36));
      expect(source.statistics).toEqual({ reads: 2, bytes: 100 });
      source.read(9_990, new Uint8Array(64));
      expect(source.statistics.bytes).toBe(110);
    });
  });

  it('knows the path, the size, and whether the kernel generates the file', () => {
    withFile(inFolder('file'), (source) => {
      expect(source).toMatchObject({ path: inFolder('file'), size: 10_000, isProcfs: false });
    });
  });

  it('knows a file on procfs by its file system, whatever path leads to it', () => {
    symlinkSync('/proc/version', inFolder('link'));
    withFile(inFolder('link'), (source) => expect(source.isProcfs).toBe(true));
  });
});

describe('the open file', () => {
  it('is closed', () => {
    const source = new FileSource(inFolder('file'));
    expect(isOpen(inFolder('file'))).toBe(true);
    source.close();
    expect(isOpen(inFolder('file'))).toBe(false);
  });

  it('is closed if it is not a regular file', () => {
    failureOf(() => new FileSource(folder));
    expect(isOpen(folder)).toBe(false);
  });
});

describe('a file that cannot be opened', () => {
  it('is io, with the system error and the path, if it does not exist', () => {
    const { kind, facts, message } = failureOf(() => new FileSource(inFolder('none')));
    expect({ kind, errno: facts.errno, path: facts.path }).toEqual({
      kind: 'io',
      errno: 'ENOENT',
      path: inFolder('none'),
    });
    expect(message).toBe(`${inFolder('none')}: no such file`);
  });

  it('is io if it is a directory', () => {
    mkdirSync(inFolder('directory'));
    const { kind, facts, message } = failureOf(() => new FileSource(inFolder('directory')));
    expect([kind, facts.errno]).toEqual(['io', 'EISDIR']);
    expect(message).toContain('is a directory');
  });

  it('is io if a part of the path is a file', () => {
    expect(failureOf(() => new FileSource(inFolder('file/vmcore'))).facts.errno).toBe('ENOTDIR');
  });

  it('is io if symbolic links form a loop', () => {
    symlinkSync(inFolder('circle'), inFolder('circle'));
    expect(failureOf(() => new FileSource(inFolder('circle'))).facts.errno).toBe('ELOOP');
  });
});

describe('a file that cannot be read at any offset', () => {
  it('is refused if it is a character device, with a hint', () => {
    const { kind, facts, message } = failureOf(() => new FileSource('/dev/zero'));
    expect([kind, facts.path]).toEqual(['io', '/dev/zero']);
    expect(message).toContain('not a regular file');
    expect(facts.hint).toContain('save it to a file');
  });

  it('is refused if it is a FIFO, without waiting for a writer', () => {
    execFileSync('mkfifo', [inFolder('fifo')]);
    const source = fileURLToPath(new URL('../../src/bytes/file-source.ts', import.meta.url));
    const program = `
      import { FileSource } from ${JSON.stringify(source)};
      try { new FileSource(${JSON.stringify(inFolder('fifo'))}); } catch (error) { console.log(error.kind); }`;
    // In its own process, because one that waits for a writer can only be killed.
    const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(run.signal).toBeNull();
    expect(run.stdout).toBe('io\n');
  });
});
