import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { dumpOf } from '../support/fixture.ts';
import { filesOf, forms } from '../support/form.ts';
import { PROGRAM, type Ran, run } from '../support/run.ts';

const formOf = (codec: string) =>
  forms().flatMap((form) => (form.name.includes(codec) ? [filesOf(form)] : []))[0] ?? [];
const ZSTD = formOf('zstd');
/** Files whose pages are not decoded by WebAssembly. */
const OTHERS = [[dumpOf('linux-6.1')], formOf('zlib'), formOf('lzo')];

const options = { encoding: 'utf8', maxBuffer: 1 << 28 } as const;

describe('a Node.js without WebAssembly', () => {
  const bare = (args: readonly string[]): Ran => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--jitless', PROGRAM, ...args], options);
    // Node.js itself warns that the flag conflicts with another.
    return { status, stdout, stderr: stderr.replace(/^Warning: disabling flag.*\n/, '') };
  };

  it.each(OTHERS)('still reads what does not need it: %s', (...files) => {
    expect(files.length).toBeGreaterThan(0);
    expect(bare(['pages', ...files, '--json'])).toEqual(run(['pages', ...files, '--json']));
  });

  it('says that it cannot decode pages that need it', () => {
    const { status, stdout, stderr } = bare(['pages', ...ZSTD]);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^kdump-inspect: .* is unreadable/);
    expect(stderr).toContain('this Node.js cannot decode zstd pages: WebAssembly is not defined');
  });

  it('still shows what needs no page of such a file', () => {
    expect(bare(['segments', ...ZSTD]).stdout).toBe(run(['segments', ...ZSTD]).stdout);
  });
});

describe('a limit of address space', () => {
  /** KiB that Node.js alone takes, plus 2 GiB: a WebAssembly.Memory reserves 8 GiB or more. */
  const limit = () => {
    const program =
      "console.log(/VmPeak:\\s+(\\d+)/.exec(require('fs').readFileSync('/proc/self/status', 'utf8'))[1])";
    return Number(spawnSync(process.execPath, ['-e', program], options).stdout) + 2 * 1024 * 1024;
  };
  const limited = (args: readonly string[]): Ran => {
    const command = `ulimit -v ${limit()} && exec "$0" "$@"`;
    const all = ['-c', command, process.execPath, PROGRAM, ...args];
    const { status, stdout, stderr } = spawnSync('/bin/sh', all, options);
    return { status, stdout, stderr };
  };

  it.each(OTHERS)('is enough for files that need no WebAssembly: %s', (...files) => {
    expect(limited(['pages', ...files, '--json'])).toEqual(run(['pages', ...files, '--json']));
  });

  it('is reported if it is too low for a decoder', () => {
    const { status, stdout, stderr } = limited(['pages', ...ZSTD]);
    const said = `${status} ${stderr}`;
    // V8 decides how much a WebAssembly.Memory reserves, and whether it ends the process if it does not get
    // that.
    if (status === 0) expect(stdout).toBe(run(['pages', ...ZSTD]).stdout);
    else expect(said).toMatch(/^1 .*cannot decode zstd pages: .*memory|^null .*(out of memory|OOM)/is);
  });
});
