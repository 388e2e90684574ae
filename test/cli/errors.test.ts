import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { PagesReport } from '../../src/report/pages-report.ts';
import { dumpOf } from '../support/fixture.ts';
import { onlyError } from '../support/only-error.ts';
import { shell } from '../support/run.ts';
import { runMain } from '../support/run-main.ts';
import { violations } from '../support/schema.ts';

const DUMP = dumpOf('linux-6.12-numa');
const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The first `bytes` of the dump, as a separate file. */
function cutAt(bytes: number): string {
  const path = join(folder, `cut-${bytes}`);
  const from = readFileSync(DUMP).subarray(0, bytes);
  const fd = openSync(path, 'w');
  writeSync(fd, from);
  ftruncateSync(fd, bytes);
  closeSync(fd);
  return path;
}

function file(name: string, contents: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

describe('wrong usage ends with status 2, and stderr says what is right', () => {
  it.each([
    [[], /Usage: kdump-inspect/],
    [['nonsense'], /unknown command 'nonsense'/],
    [['help', 'nonsense'], /unknown command 'nonsense'/],
    [
      ['pages', '--nonsense'],
      /pages: unknown option --nonsense\n {2}kdump-inspect pages --help lists its operands and options$/m,
    ],
    [['pages', '--job', '2'], /pages: unknown option --job\n {2}did you mean --jobs\?/],
    [['--nonsense'], /unknown option --nonsense\n {2}kdump-inspect --help lists/],
    [['--top', '3', 'usage'], /unknown option --top\n {2}it is an option of usage, ps, and goes after/],
    [['--json-lines'], /unknown option --json-lines/],
    [['pages', '--compat', 'crash'], /pages: --compat cannot be 'crash': makedumpfile is needed$/m],
    [['ps', '--sort', 'size'], /ps: --sort cannot be 'size': (\w+, )+\w+ or \w+ is needed$/m],
    [['pages', '--jobs', '0'], /pages: --jobs cannot be '0': a number of threads is needed, 1 or more$/m],
    [['dmesg', '--last'], /dmesg: --last needs a value\n {2}--last <n>: only the last N of these records$/m],
    [['pages', '--boot', '1', '--vmcoreinfo', 'x'], /--boot and --vmcoreinfo cannot be used together/],
    [
      ['completion', 'bash', 'fish'],
      /completion: unexpected operand 'fish'\n {2}usage: kdump-inspect completion SHELL; /,
    ],
    [['translate', DUMP], /translate: ADDR is missing\n {2}usage: kdump-inspect translate FILE ADDR\.\.\.; /],
    [['translate', DUMP, '1234'], /hex with 0x before it/],
    [['translate'], /translate: FILE is missing/],
    [['page', DUMP, '0xzz'], /pfn \(decimal\) or an address/],
    [['page', DUMP, '99999999999999'], /pfn \(decimal\) or an address/],
    [['layout', DUMP, '--page-offset', 'ffff888000000000'], /hex with 0x before it/],
    [['pages', DUMP, DUMP], /2 files were given/],
  ])('%j', async (args, message) => {
    const ran = await runMain(args);
    expect(ran.stderr).toMatch(message);
    expect(ran.status).toBe(2);
    expect(ran.stdout).toBe('');
  });

  it.each([
    [['nonsense', '--json'], {}],
    [['pages', '--nonsense', '--json'], { argument: '--nonsense' }],
    [['pages', '--jobs', 'all', '--json'], { argument: '--jobs', value: 'all' }],
    [['completion', 'bash', 'fish', '--json'], {}],
    [['page', DUMP, '--json'], { argument: 'PFN|ADDR' }],
    [['page', DUMP, '0xzz', '--json'], { hint: expect.stringContaining('0x') }],
    [['layout', DUMP, '--page-offset', '\x1b[2J', '--json'], { argument: '--page-offset', value: '\x1b[2J' }],
    [['--json'], { argument: '--json', hint: 'kdump-inspect --help lists the commands and options' }],
    [['pages', DUMP, DUMP, '--json', '--debug'], { stack: expect.stringMatching(/^ {4}at /m) }],
  ])('and with --json it is an object on stderr: %j', async (args, facts) => {
    const ran = await runMain(args);
    expect(onlyError(ran).error).toMatchObject({ kind: 'usage', ...facts });
    expect([ran.status, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).not.toContain('\x1b');
  });
});

describe('common options before the command', () => {
  it.each([
    [['--json', 'segments', DUMP]],
    [['--quiet', '--json', '--no-color', 'segments', DUMP]],
    [['--format', 'raw', '--json', 'segments', DUMP]],
    [['--format=raw', '--json', 'segments', DUMP]],
  ])('mean the same after it: %j', async (args) => {
    const at = args.indexOf('segments');
    const after = await runMain([...args.slice(at), ...args.slice(0, at)]);
    expect(after.stdout).toContain('"schema": "kdump-inspect/segments/1"');
    expect(await runMain(args)).toEqual(after);
  });

  it('are no part of the help', async () => {
    expect(await runMain(['--json', '--help'])).toEqual(await runMain(['--help']));
    expect(await runMain(['--json', 'pages', '--help'])).toEqual(await runMain(['pages', '--help']));
  });
});

describe('a failure that has a document, too', () => {
  it('is the document on stdout and the object on stderr', async () => {
    const ran = await runMain(['translate', DUMP, '0x1000', '--json', '--debug']);
    expect(JSON.parse(ran.stdout)).toMatchObject({ mapped: false, complete: true });
    expect(onlyError(ran).error).toMatchObject({ kind: 'notMapped', path: DUMP });
    expect(ran.status).toBe(1);
  });
});

describe('what cannot be done ends with status 1, a sentence on stderr and nothing on stdout', () => {
  it.each([
    ['a file that is not there', () => join(folder, 'none'), /none: no such file$/],
    ['a folder without a dump', () => mkdtempSync(join(folder, 'no-dump-')), /is a directory, not a dump$/],
    ['an empty file', () => file('empty', ''), /the file is empty$/],
    ['text', () => file('text', 'hello, world\n'), /not a dump: it starts with 68 65 6c 6c/],
    ['a program', () => process.execPath, /an ELF (executable|shared object), not a core file/],
    [
      'a kdump-compressed dump cut inside its header',
      () => file('kdump', 'KDUMP   '.padEnd(64, '\0')),
      /kdump header at offset 0x0 needs 402 bytes, but the file has 64/,
    ],
    [
      'a dump cut inside its headers',
      () => cutAt(100),
      /program headers need 280 bytes, but the file has 36/,
    ],
    ['a dump cut before its memory', () => cutAt(0x2000), /page tables cannot be found/],
  ])('%s', async (_, path, message) => {
    const ran = await runMain(['pages', path()]);
    expect(ran.stderr.split('\n')[0]).toMatch(message);
    expect(ran.stderr).not.toMatch(/^ {4}at /m);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toBe('');
  });

  it('shows where an error comes from only with --debug', async () => {
    expect((await runMain(['pages', join(folder, 'none'), '--debug'])).stderr).toMatch(/^ {4}at /m);
  });

  it('escapes what a file name would do to a terminal', async () => {
    const ran = await runMain(['pages', file('evil\x1b[2J\u202e', 'x')]);
    expect(ran.stderr).toContain('evil\\x1b[2J\\u{202e}: not a dump');
    expect(ran.status).toBe(1);
  });

  it('names the key that VMCOREINFO lacks, and the rows that it decides', async () => {
    // This dump has lost its types, which would also tell the key.
    const dump = dumpOf('linux-6.1');
    const raw = (await runMain(['vmcoreinfo', dump, '--raw'])).stdout;
    const without = file('without', raw.replace(/^NUMBER\(PAGE_BUDDY_MAPCOUNT_VALUE\).*\n/m, ''));
    const ran = await runMain(['pages', dump, '--vmcoreinfo', without]);
    expect(ran.stderr).toContain('VMCOREINFO has no NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE): FREE cannot be told');
    expect(ran.status).toBe(1);
  });

  it('does not believe the VMCOREINFO of another boot', async () => {
    const other = file('other', (await runMain(['vmcoreinfo', dumpOf('linux-5.10'), '--raw'])).stdout);
    const ran = await runMain(['pages', DUMP, '--vmcoreinfo', other]);
    expect(ran.stderr).toMatch(/page tables cannot be found/);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toBe('');
  });

  it('does not accept any file as VMCOREINFO', async () => {
    const ran = await runMain(['pages', DUMP, '--vmcoreinfo', file('no-info', 'hello\n')]);
    expect(ran.stderr).toMatch(/this is not a VMCOREINFO text/);
    expect(ran.status).toBe(1);
  });
});

describe('a truncated dump', async () => {
  // The kernel image and what the first GiB's tables need come first in the file; the end holds the last RAM
  // segment.
  const path = cutAt(0xc000000);
  const ran = await runMain(['segments', path, '--json']);

  it('is done with status 3, and says how much is missing', () => {
    expect(ran.status).toBe(3);
    const report = JSON.parse(ran.stdout) as {
      complete: boolean;
      segments: { missing: number }[];
      warnings: string[];
    };
    expect(report.warnings.join()).toMatch(/^the file is truncated: [\d.]+ MiB of memory are missing/);
    expect(ran.stderr).toBe('');
    expect(violations('segments', report)).toEqual([]);
    expect(report.complete).toBe(false);
    const missing = report.segments.reduce((sum, s) => sum + s.missing, 0);
    expect(missing).toBe(readFileSync(DUMP).length - 0xc000000);
  });

  it('says that the section table is missing if pages need it', async () => {
    const pages = await runMain(['pages', path]);
    expect(pages.stderr).toMatch(/the section table: .* past the end of the truncated file/);
    expect(pages.status).toBe(1);
    expect(pages.stdout).toBe('');
  });

  it('never gives a wrong total, wherever it ends', async () => {
    const almost = cutAt(readFileSync(DUMP).length - 4096);
    const cut = await runMain(['pages', almost, '--json']);
    expect(cut.status).toBe(3);
    const report = JSON.parse(cut.stdout) as PagesReport;
    expect(violations('pages', report)).toEqual([]);
    expect(report.complete).toBe(false);
    const least = Object.values(report.classes).reduce(
      (sum, row) => sum + (row.pages ?? row.atLeast?.pages ?? 0),
      0,
    );
    expect(least + report.unknown.pages).toBe(report.total.pages);
    expect(report.unknown.pages).toBeGreaterThan(0);
    expect((await runMain(['pages', almost, '--compat', 'makedumpfile'])).status).toBe(1);
  });
});

describe('a pipe', () => {
  it('can be closed early', () => {
    const ran = shell(`$KI symbols ${DUMP} | head -n 3`);
    expect(ran.stdout.split('\n')).toHaveLength(4);
    expect(ran.stderr).toBe('');
  });

  it('gets no colour and no progress', () => {
    const ran = shell(`$KI pages ${DUMP} 2>&1 | cat`);
    expect(ran.stdout).not.toContain('\x1b');
  });

  it('is waited for while it is full', () => {
    // Symbols of modules end with the module's name; the others are as many as kallsyms_num_syms says.
    const ran = shell(`$KI symbols ${DUMP} | (sleep 0.3; grep -vc ']$')`);
    expect(Number(ran.stdout)).toBe(157648);
  });

  it('on a full disk is an error', () => {
    const ran = shell(`$KI pages ${DUMP} > /dev/full`);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toBe('kdump-inspect: stdout: cannot write the result: no space left\n');
  });
});
