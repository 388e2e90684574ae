import fs, { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { dumpOf } from '../../support/fixture.ts';
import { runMain } from '../../support/run-main.ts';
import { refusal, replaceCalls } from '../../support/system-calls.ts';

const DUMP = dumpOf('linux-5.10');
const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-output-file-'));
const result = join(folder, 'result');
afterEach(() => rmSync(result, { force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

const pageSize = () => runMain(['vmcoreinfo', DUMP, '--get', 'PAGESIZE', '-o', result]);
const { openSync, renameSync, fchownSync, writeSync } = fs;
/** __O_TMPFILE of include/uapi/asm-generic/fcntl.h. */
const TMPFILE = 0o20000000;

/** Runs the program while system calls fail. */
async function whileReplaced(calls: Partial<typeof fs>) {
  const restore = replaceCalls(calls);
  try {
    return await pageSize();
  } finally {
    restore();
  }
}

describe('--output', () => {
  it('has no name while it is written, if the file system supports that', async () => {
    const flags: number[] = [];
    await whileReplaced({
      openSync: ((path: string, how: number, mode?: number) => {
        if (path.startsWith(folder)) flags.push(how & TMPFILE);
        return openSync(path, how, mode);
      }) as typeof openSync,
    });
    // The second is the copy that replaces FILE.
    expect(flags).toEqual([TMPFILE, 0]);
  });

  it.each(['EOPNOTSUPP', 'EISDIR', 'ENOENT'])(
    'loses its name at once where it must be made with one: %s',
    async (code) => {
      let seen: string[] | undefined;
      const ran = await whileReplaced({
        openSync: ((path: string, how: number, mode?: number) => {
          if (how & TMPFILE) throw refusal(code, 'open');
          return openSync(path, how, mode);
        }) as typeof openSync,
        writeSync: ((fd: number, bytes: Uint8Array) => {
          seen ??= readdirSync(folder);
          return writeSync(fd, bytes);
        }) as typeof writeSync,
      });
      expect(ran).toEqual({ status: 0, stdout: '', stderr: '' });
      expect(seen).toEqual([]);
      expect(readFileSync(result, 'utf8')).toBe('4096\n');
    },
  );

  it('tries a limited number of other names if a random name is taken', async () => {
    for (const [taken, status] of [
      [3, 0],
      [30, 1],
    ] as const) {
      let left: number = taken;
      const ran = await whileReplaced({
        openSync: ((path: string, how: number, mode?: number) => {
          if (how & TMPFILE || !(how & fs.constants.O_EXCL)) return openSync(path, how, mode);
          if (left-- > 0) throw refusal('EEXIST', 'open');
          return openSync(path, how, mode);
        }) as typeof openSync,
      });
      expect([ran.status, existsSync(result)]).toEqual([status, status === 0]);
      rmSync(result, { force: true });
    }
  });

  it('leaves the old file, and nothing else, if it cannot be replaced', async () => {
    writeFileSync(result, 'old');
    const ran = await whileReplaced({
      renameSync: () => {
        throw refusal('EXDEV', 'rename');
      },
    });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(/^kdump-inspect: --output .*result: cannot write the result: /);
    expect(readdirSync(folder)).toEqual(['result']);
    expect(readFileSync(result, 'utf8')).toBe('old');
    expect(renameSync).toBe(fs.renameSync);
  });

  it('keeps its new owner if it may not be given to the old one; any other error is reported', async () => {
    for (const [code, status, text] of [
      ['EPERM', 0, '4096\n'],
      ['EIO', 1, 'old'],
    ] as const) {
      writeFileSync(result, 'old');
      const ran = await whileReplaced({
        fchownSync: () => {
          throw refusal(code, 'fchown');
        },
      });
      expect([ran.status, readFileSync(result, 'utf8')]).toEqual([status, text]);
    }
    expect(fs.fchownSync).toBe(fchownSync);
  });
});
