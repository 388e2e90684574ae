import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumpOf } from '../../support/fixture.ts';
import { PROGRAM, run } from '../../support/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-descriptor-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ASK = ['vmcoreinfo', dumpOf('linux-5.10'), '--get', 'PAGESIZE'];
const RESULT = '4096\n';

/** Runs a shell in which $KI prints a single line. */
function inBash(command: string) {
  const env = { PATH: process.env.PATH, KI: [process.execPath, PROGRAM, ...ASK].join(' ') };
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', command], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

/** Whether a pipe was already open when the tests began. */
function isInherited(n: number, file: string): boolean {
  try {
    return file.startsWith('pipe:') && readlinkSync(`/proc/self/fd/${n}`) === file;
  } catch {
    return false;
  }
}

const refused = (path: string, why: string) => ({
  status: 1,
  stdout: '',
  stderr: `kdump-inspect: --output ${path}: cannot write the result: ${why}\n`,
});

describe('an open file of the program', () => {
  /** What Node.js has open besides stdin, stdout and stderr, by number. */
  let own: ReadonlyMap<number, string>;
  beforeAll(() => {
    const list =
      "const fs = require('fs'); for (const n of fs.readdirSync('/proc/self/fd')) try { console.log(n, fs.readlinkSync('/proc/self/fd/' + n)) } catch {}";
    const { stdout } = spawnSync(process.execPath, ['-e', list], { encoding: 'utf8' });
    const files = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]);
    const all = files.map(([n, file]): [number, string] => [Number(n), file]);
    own = new Map(all.filter(([n, file]) => n > 2 && !isInherited(n, file)));
  });

  it('is not written to if Node.js opened it for itself, whatever its number', () => {
    const made = [...own].filter(([, file]) => /^(anon_inode|pipe):/.test(file)).map(([n]) => n);
    expect(made.length).toBeGreaterThan(6);
    for (const n of made) {
      const path = `/dev/fd/${n}`;
      expect(run([...ASK, '-o', path])).toEqual(refused(path, 'Node.js opened it for its own use'));
    }
  });

  it.each(['/proc/self/fd/', '/proc/thread-self/fd/', '/proc/$$/fd/', '/proc/$$/task/$$/fd/'])(
    'is known by each of its names: %s',
    (names) => {
      const [pipe] = [...own].find(([, file]) => file.startsWith('pipe:')) ?? [];
      const { status, stdout, stderr } = inBash(`exec $KI -o ${names}${pipe}`);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/cannot write the result: Node.js opened it for its own use\n$/);
    },
  );

  it('that is not open when the program starts counts as not open, whatever is opened later', () => {
    const free = Math.max(...own.keys()) + 1;
    for (const n of [free, free + 1, free + 2, 777]) {
      const path = `/dev/fd/${n}`;
      expect(run([...ASK, '-o', path])).toEqual(refused(path, 'it is not open for writing'));
    }
  });
});

describe('an open file that the program inherited', () => {
  const said = { status: 0, stdout: RESULT, stderr: '' };

  it.each([5, 7, 12, 16, 40])('is written to: a file, as number %i', (n) => {
    const file = join(folder, `file-${n}`);
    expect(inBash(`$KI -o /dev/fd/${n} ${n}>${file}`)).toEqual({ ...said, stdout: '' });
    expect(readFileSync(file, 'utf8')).toBe(RESULT);
  });

  it('is written to: a pipe to another process', () => {
    expect(inBash('{ $KI -o /dev/fd/5; } 5>&1 >/dev/null | cat')).toEqual(said);
    expect(inBash('set -o pipefail; { $KI -o /proc/self/fd/12; } 12>&1 >/dev/null | cat')).toEqual(said);
  });

  it('is written to: a process substitution', () => {
    const file = join(folder, 'substituted');
    expect(inBash(`$KI -o >(cat >${file}); wait $!`)).toEqual({ ...said, stdout: '' });
    expect(readFileSync(file, 'utf8')).toBe(RESULT);
  });

  it('is written to: a socket', () => {
    const stdio = ['ignore', 'ignore', 'pipe', 'ignore', 'ignore', 'pipe'] as const;
    const { output } = spawnSync(process.execPath, [PROGRAM, ...ASK, '-o', '/dev/fd/5'], {
      stdio: [...stdio],
      encoding: 'utf8',
    });
    expect([output[2], output[5]]).toEqual(['', RESULT]);
  });

  it('is not written to if it is open only for reading', () => {
    expect(inBash('$KI -o /dev/fd/5 5</dev/null')).toEqual(
      refused('/dev/fd/5', 'it is not open for writing'),
    );
    expect(inBash('true | $KI -o /dev/fd/0')).toEqual(refused('/dev/fd/0', 'it is not open for writing'));
  });
});
