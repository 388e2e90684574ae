import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dumpOf } from '../../support/fixture.ts';
import { onlyError } from '../../support/only-error.ts';
import { runMain } from '../../support/run-main.ts';
import { refusal, replaceCalls } from '../../support/system-calls.ts';

const DUMP = dumpOf('linux-5.10');
const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-session-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, contents: string | Uint8Array): string {
  writeFileSync(join(folder, name), contents);
  return join(folder, name);
}

/** Runs the program while system calls fail. */
async function runWhere(calls: Partial<typeof fs>, args: readonly string[]) {
  const restore = replaceCalls(calls);
  try {
    return await runMain(args);
  } finally {
    restore();
  }
}

describe('FILE', () => {
  it('is the live memory if it is not given', async () => {
    const { openSync } = fs;
    const asked: string[] = [];
    const ran = await runWhere(
      {
        openSync: ((path: string, flags: number) => {
          if (path !== '/proc/kcore') return openSync(path, flags);
          asked.push(path);
          throw refusal('EACCES', 'open');
        }) as typeof openSync,
      },
      ['segments'],
    );
    expect(asked).toEqual(['/proc/kcore']);
    expect(ran.stderr).toMatch(/^kdump-inspect: \/proc\/kcore: permission denied\n/);
    expect([ran.status, ran.stdout]).toEqual([1, '']);
  });

  it('is a raw image with --format raw, which its content does not show', async () => {
    const path = file('raw', new Uint8Array(8192));
    expect((await runMain(['segments', path])).status).toBe(1);
    const ran = await runMain(['segments', path, '--format', 'raw', '--json']);
    expect(ran.status).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ described: { bytes: 8192 }, stored: { bytes: 8192 } });
  });
});

describe('--debug', () => {
  const FIGURES = /^kdump-inspect: [\d.]+ ms, [1-9]\d* reads of [1-9]\d* bytes, peak memory [1-9]\d* KiB$/m;

  it('prints time, reads and memory, also after a failure', async () => {
    for (const [command, status] of [
      [['segments', DUMP], 0],
      [['symbols', DUMP, 'no_such_name'], 1],
    ] as const) {
      const ran = await runMain([...command, '--debug']);
      expect([ran.status, FIGURES.test(ran.stderr)]).toEqual([status, true]);
      expect((await runMain(command)).stderr).not.toMatch(FIGURES);
    }
  });

  it('prints nothing beside the object of a failure with --json', async () => {
    const ran = await runMain(['symbols', DUMP, 'no_such_name', '--json', '--debug']);
    expect(onlyError(ran).error.stack).toMatch(/^ {4}at /m);
    expect((await runMain(['segments', DUMP, '--json', '--debug'])).stderr).toMatch(FIGURES);
  });
});

describe('--vmcoreinfo', () => {
  const ask = (path: string, ...more: string[]) =>
    runMain(['vmcoreinfo', DUMP, '--vmcoreinfo', path, ...more]);

  it('can lack the newline at its end', async () => {
    const path = file('no-newline', 'OSRELEASE=5.10.0\nPAGESIZE=4096');
    expect((await ask(path, '--raw')).stdout).toBe('OSRELEASE=5.10.0\nPAGESIZE=4096\n');
    const usual = file('newline', 'OSRELEASE=5.10.0\nPAGESIZE=4096\n');
    expect((await ask(usual, '--raw')).stdout).toBe('OSRELEASE=5.10.0\nPAGESIZE=4096\n');
  });

  it.each([
    ['has no release', 'PAGESIZE=4096\n', 'it has no line OSRELEASE='],
    [
      'is too large, as a dump is',
      `OSRELEASE=5.10.0\n${'x'.repeat(1 << 20)}`,
      'it has more than 1048576 bytes',
    ],
  ])('is refused for what it is not: a text that %s', async (_, text, why) => {
    const path = file('wrong', text);
    const said = `kdump-inspect: --vmcoreinfo ${path}: this is not a VMCOREINFO text: ${why}\n`;
    expect(await ask(path)).toEqual({ status: 1, stdout: '', stderr: said });
  });

  it('is read only up to the limit of a VMCOREINFO, because it may be an endless device', async () => {
    const said =
      'kdump-inspect: --vmcoreinfo /dev/zero: this is not a VMCOREINFO text: it has more than 1048576 bytes\n';
    expect(await ask('/dev/zero')).toEqual({ status: 1, stdout: '', stderr: said });
  });

  it('is never written to', async () => {
    const path = file('given', 'OSRELEASE=5.10.0\n');
    const ran = await ask(path, '--output', path);
    expect(ran.stderr).toMatch(/: this file is an input, and inputs are never written to\n$/);
    expect([ran.status, fs.readFileSync(path, 'utf8')]).toEqual([2, 'OSRELEASE=5.10.0\n']);
  });

  it('is reported as a bug if reading it fails for another reason than a system error', async () => {
    const readSync = () => {
      throw new TypeError('no reason');
    };
    const ran = await runWhere({ readSync }, ['vmcoreinfo', DUMP, '--vmcoreinfo', DUMP]);
    expect(ran.stderr).toMatch(/^kdump-inspect: internal error: no reason\n/);
    expect(ran.status).toBe(1);
  });
});
