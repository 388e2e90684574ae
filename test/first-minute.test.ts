import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumpOf, expectedOf } from './support/fixture.ts';
import { PROGRAM, type Ran, shell } from './support/run.ts';
import { onTerminal } from './support/terminal.ts';

/**
 * The first ten things that a person types, in the folder where a dump is. As the machine has it that crashed:
 * /var/crash with the folder of kdump-utils, and beside the dump the log.
 */
const home = mkdtempSync(join(tmpdir(), 'first-minute-'));
const CRASH = join(home, 'crash');
const SAVED = join(CRASH, '127.0.0.1-2026-11-22-16:20:37');
const NUMA = 'linux-6.12-numa';
const WIDTHS = [40, 80, 100, 200];

beforeAll(() => {
  mkdirSync(SAVED, { recursive: true });
  symlinkSync(dumpOf(NUMA), join(SAVED, 'vmcore'));
  symlinkSync(dumpOf(NUMA), join(home, 'vmcore'));
  writeFileSync(join(SAVED, 'vmcore-dmesg.txt'), '[    0.000000] Linux version 6.12.107\n');
  writeFileSync(join(home, 'vmcore.gz'), execFileSync('gzip', ['-c'], { input: 'a dump' }));
});
afterAll(() => rmSync(home, { recursive: true }));

/** What a person types there, in a pipe. */
const typed = (line: string): Ran => shell(`cd ${home} && ${line.replaceAll('kdump-inspect', '$KI')}`);
/** The same on a terminal. */
const shown = (args: readonly string[], columns: number) =>
  onTerminal(['env', '-C', home, process.execPath, PROGRAM, ...args], { columns });

describe('the first ten things a person types', () => {
  it('1. the program alone, which prints its help', () => {
    const { status, stdout, stderr } = typed('kdump-inspect');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Usage: kdump-inspect /);
  });

  it('2. the dump alone', () => {
    const { status, stdout, stderr } = typed('kdump-inspect vmcore');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Linux 6\.12\..*\n\npanic +Kernel panic - not syncing: sysrq triggered crash\n/);
    expect(typed('kdump-inspect info vmcore').stdout).toBe(stdout);
  });

  it.each(WIDTHS)(
    '2. on a terminal of %d columns, than which only a line of one long word is longer',
    (columns) => {
      const { status, text } = shown(['vmcore', '--no-color', '--quiet'], columns);
      expect(status).toBe(0);
      expect(text).toMatch(/^panic +Kernel panic/m);
      const long = text.split('\n').filter((line) => line.length > columns);
      expect(long.filter((line) => !/^(build id +[0-9a-f]{40}| +kdump-inspect .+)$/.test(line))).toEqual([]);
    },
  );

  it('3. the folder that kdump made, and the one of all dumps', () => {
    for (const folder of [SAVED, `${SAVED}/`, CRASH, 'crash']) {
      const { status, stdout, stderr } = typed(`kdump-inspect ${folder}`);
      expect([status, stderr]).toEqual([
        0,
        `kdump-inspect: the dump in this folder: ${folder.startsWith('/') ? SAVED : SAVED.replace(`${home}/`, '')}/vmcore\n`,
      ]);
      expect(stdout).toMatch(/\ndump +\S+\/vmcore: /);
    }
  });

  it('4. what the memory is used for', () => {
    const { status, stdout } = typed('kdump-inspect pages vmcore');
    expect(status).toBe(0);
    const { makedumpfile } = expectedOf(NUMA);
    expect(stdout).toMatch(new RegExp(`^FREE +${makedumpfile.free} `, 'm'));
  });

  it('5. JSON, with the option on either side', () => {
    for (const line of ['vmcore --json', '--json vmcore', 'info vmcore --json']) {
      const { status, stdout, stderr } = typed(`kdump-inspect ${line}`);
      expect([status, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toMatchObject({ schema: 'kdump-inspect/info/1', file: { path: 'vmcore' } });
    }
  });

  it.each<[string, RegExp]>([
    ['log vmcore', /unknown command 'log'\n {2}kdump-inspect dmesg FILE/],
    ['bt vmcore', /unknown command 'bt'\n {2}kdump-inspect dmesg FILE --panic/],
    ['sys', /unknown command 'sys'\n {2}kdump-inspect info FILE/],
    ['sym init_task', /unknown command 'sym'\n {2}kdump-inspect symbols FILE/],
    ['kmem -i vmcore', /unknown command 'kmem'\n {2}kdump-inspect pages FILE .* kdump-inspect usage FILE/],
    ['vtop 0xffffffff91222000', /unknown command 'vtop'\n {2}kdump-inspect translate FILE ADDR/],
    ['--mem-usage /proc/kcore', /unknown option '--mem-usage'\n {2}kdump-inspect pages FILE/],
    ['--dump-dmesg vmcore out', /unknown option '--dump-dmesg'\n {2}kdump-inspect dmesg FILE/],
    ['-x vmlinux vmcore', /unknown option '-x'\n {2}no vmlinux and no debuginfo is needed/],
    ['vmcore pages', /the command comes before its file\n {2}kdump-inspect pages vmcore\n/],
  ])('6. a word of crash, makedumpfile or drgn: %s', (line, said) => {
    const { status, stdout, stderr } = typed(`kdump-inspect ${line}`);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(said);
    expect(stderr).toMatch(/^kdump-inspect: /);
  });

  it('7. the log that lies beside the dump', () => {
    const { status, stderr } = typed(`kdump-inspect ${SAVED}/vmcore-dmesg.txt`);
    expect(status).toBe(1);
    expect(stderr).toContain(
      `kernel log (text), not a dump\n  read it with less; kdump-inspect ${SAVED} reads`,
    );
  });

  it.each<[string, number, RegExp]>([
    ['vmcore.1', 1, /^kdump-inspect: vmcore\.1: no such file\n$/],
    ['/var/crash/none/vmcore', 1, /^kdump-inspect: \/var\/crash\/none\/vmcore: no such file\n$/],
    ['vmcor', 2, /^kdump-inspect: unknown command 'vmcor', and there is no file of that name\n/],
    ['pagse vmcore', 2, /^kdump-inspect: unknown command 'pagse', .*\n {2}did you mean pages/],
    ['"$NONE"', 2, /^kdump-inspect: the first word is empty, .*\n {2}is a variable of the shell empty\?/],
    ['pages "$NONE"', 2, /^kdump-inspect: pages: FILE cannot be '': a file name is needed: is a variable/],
  ])('8. a name that is not there: %s', (line, status, said) => {
    const ran = typed(`kdump-inspect ${line}`);
    expect([ran.status, ran.stdout]).toEqual([status, '']);
    expect(ran.stderr).toMatch(said);
  });

  it.each<[string, RegExp]>([
    ['vmcore.gz', /gzip-compressed file\n {2}unpack it first: gunzip FILE\n/],
    ['<(cat vmcore)', /is a FIFO, not a regular file\n {2}.* save it to a file first\n/],
    ['/dev/null', /is a character device, not a regular file\n/],
    ['vmcore "$NODE"', /: not a dump, so not a part of one\n {2}.*no vmlinux/],
  ])('9. a file that is no dump: %s', (line, said) => {
    const ran = typed(`NODE=${process.execPath} bash -c 'kdump-inspect ${line}'`);
    expect(ran.stderr).toMatch(said);
    expect([ran.status, ran.stdout]).toEqual([line.includes('NODE') ? 2 : 1, '']);
  });

  it('10. help for a command', () => {
    for (const line of ['pages --help', 'help pages']) {
      const { status, stdout, stderr } = typed(`kdump-inspect ${line}`);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Usage: kdump-inspect pages /);
    }
  });
});
