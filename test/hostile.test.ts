import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumpOf } from './support/fixture.ts';
import { type Planted, plant } from './support/hostile.ts';
import { type Ran, run } from './support/run.ts';
import { violations } from './support/schema.ts';
import { programOnTerminal } from './support/terminal.ts';
import { unsafeIn } from './support/unsafe.ts';

const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-hostile-'));
/** A file name may be as hostile as what is in the file. */
const DUMP = join(folder, 'vm\x1b[2J\x9b\n\u202ecore');

/** A string of every kind that a dump has, from the fixture linux-6.12-numa. */
const PLANTED: readonly Planted[] = [
  { what: 'OSRELEASE, utsname', text: '6.12.107+deb13-cloud-amd64', keep: [9, 0], line: true },
  { what: 'a key of VMCOREINFO', text: 'NUMBER(KERNEL_IMAGE_SIZE)', keep: [13, 1], line: true },
  { what: 'the name of a task', text: '\0\0kthreadd\0\0\0\0\0\0', keep: [4, 6] },
  { what: 'the name of a module', text: 'virtio_blk\0', keep: [4, 1] },
  { what: 'a token of kallsyms', text: '\0I\0J\0K\0', keep: [3, 3] },
  { what: 'another token of kallsyms', text: '\0W\0X\0', keep: [3, 1] },
  { what: 'a member in BTF', text: '\0stack_canary\0', keep: [5, 1] },
  { what: 'an enumerator in BTF', text: '\0PIDTYPE_SID\0', keep: [9, 1] },
  { what: 'a type in BTF', text: '\0restart_block\0', keep: [6, 1] },
  { what: 'text of the log', text: 'BIOS-provided physical RAM map', keep: [5, 12] },
  { what: 'a device of the log', text: '\0+pci:0000:00:03.0\0', keep: [6, 1] },
  { what: 'the name of the host', text: '\0\0\0(none)\0', keep: [4, 1] },
  { what: 'the version', text: 'SMP PREEMPT_DYNAMIC Debian', keep: [4, 7] },
  { what: 'the command line', text: 'console=ttyS0 panic', keep: [4, 6] },
  { what: 'the name of a file', text: '\xff\xffliblzma.so.5\0', keep: [5, 1] },
  { what: 'the name of a file system', text: 'tmpfs\0', keep: [2, 1] },
  { what: 'the name of a slab cache', text: '\0kernfs_node_cache\0', keep: [7, 1] },
  { what: 'the reason of the panic', text: 'sysrq triggered crash', keep: [6, 6] },
  { what: 'the processor', text: 'QEMU TCG CPU version', keep: [5, 8] },
];

let found = new Map<string, number>();
beforeAll(() => {
  const plain = join(folder, 'planted');
  found = plant(dumpOf('linux-6.12-numa'), plain, PLANTED);
  renameSync(plain, DUMP);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Commands that together print every string, and which of the planted strings each shows, escaped. */
const COMMANDS: readonly (readonly [args: readonly string[], shown: readonly string[]])[] = [
  [
    ['info'],
    ['6.12.107+\\x1b', '(\\x1b', 'SMP \\x1b', 'cons\\x1b', 'sysrq \\x1b', 'QEMU \\x1b', 'virt\\x1b'],
  ],
  [['pages'], ['6.12.107+\\x1b']],
  [['usage'], ['kernfs\\x1b']],
  [['usage', '--by', 'slab'], ['kernfs\\x1b']],
  [
    ['usage', '--by', 'file', '--top', '100'],
    ['lib\\x1b', 'tm\\x1b'],
  ],
  [['usage', '--by', 'process'], []],
  [['ps'], ['kt\\x1b']],
  [['ps', '--threads'], ['kt\\x1b']],
  [['dmesg'], ['BIOS-\\x1b']],
  [['dmesg', '--panic'], ['sysrq \\x1b']],
  [['page', '49152'], []],
  [
    ['struct', 'task_struct'],
    ['stac\\x1b', 'resta\\x1b'],
  ],
  [['struct', 'pid_type'], ['PIDTYPE_\\x1b']],
  [['struct', 'init_task'], ['stac\\x1b']],
  [['symbols'], ['REASON_INODE_\\x1bOURNAL']],
  [['symbols', '*OURNAL*'], ['REASON_INODE_\\x1bOURNAL']],
  [['layout'], ['6.12.107+\\x1b']],
  [['vmcoreinfo'], ['NUMBER(KERNEL\\x1b', '6.12.107+\\x1b']],
  [['segments'], []],
  [['translate', '0xffffffff91222000'], []],
];

/** Commands that find what they show by names of symbols, which the planted tokens make doubtful. */
const BY_SYMBOLS: ReadonlySet<string> = new Set(['info', 'usage', 'symbols']);

/** Removes the codes for bold, the only style that is used. */
/** The sequences of paint.ts, and no others. */
const COLOURS = [1, 2, 7, 22, 27, 31, 32, 33, 39].map((code) => `\x1b[${code}m`);
const withoutColours = (text: string) => COLOURS.reduce((left, one) => left.replaceAll(one, ''), text);

/** @param tabs whether its lines have tabs of their own: those of the log, and before a module's name */
function expectSafe(ran: Ran, what: string, tabs = false): void {
  const stdout = tabs ? ran.stdout.replaceAll('\t', '') : ran.stdout;
  expect([unsafeIn(stdout, true), unsafeIn(ran.stderr, true)], what).toEqual([[], []]);
  expect(ran.stderr, what).not.toContain('internal error');
}

describe('a dump whose strings are hostile', () => {
  it('contains them all', () => {
    expect(PLANTED.map(({ what }) => what).filter((what) => !found.has(what))).toEqual([]);
  });

  describe.each(COMMANDS)('in %j', ([command = '', ...operands], shown) => {
    const args = [command, DUMP, ...operands];
    const tabs = command === 'dmesg' || command === 'symbols';

    it('prints them escaped', () => {
      const ran = run(args);
      expectSafe(ran, 'text', tabs);
      for (const text of shown) expect(ran.stdout).toContain(text);
      expect(ran.status).toBe(BY_SYMBOLS.has(command) ? 3 : 0);
      expect(ran.stdout).not.toBe('');
    });

    it('prints them escaped among its own colours', () => {
      const { stdout, stderr, status } = run([...args, '--color']);
      expectSafe({ stdout: withoutColours(stdout), stderr: withoutColours(stderr), status }, 'colour', tabs);
    });

    it('has them in JSON, unchanged after parsing', () => {
      const ran = run([...args, '--json']);
      expectSafe(ran, 'json');
      const documents = command === 'dmesg' ? ran.stdout.trimEnd().split('\n') : [ran.stdout];
      for (const document of documents.map((text) => JSON.parse(text)))
        expect(violations(command, document)).toEqual([]);
      for (const text of shown) expect(ran.stdout).toContain(text.replace('\\x1b', '\\u001b'));
    });
  });

  it('has no hostile text in a warning, an error or a stack trace either', () => {
    for (const args of [
      ['layout', DUMP, '--page-offset', '0xffff888000000000', '--debug'],
      ['symbols', DUMP, 'no\x1b[2J\u202e', '--debug'],
      ['struct', DUMP, 'task_struct.sta', '--debug'],
      ['struct', DUMP, 'task_struct.no\x1b[2J\n', '--debug'],
      ['struct', DUMP, 'page', 'no\x9b\n', '--debug'],
      ['page', DUMP, '0x4000000', '--debug'],
      ['vmcoreinfo', DUMP, '--get', 'KERNEL', '--debug'],
      ['vmcoreinfo', DUMP, '--get', 'no\x1b\n', '--debug'],
      ['pages', DUMP, DUMP, '--debug'],
      ['pages', DUMP, '--part', `${DUMP}x`, '--debug'],
      ['pages', DUMP, '--vmcoreinfo', DUMP, '--debug'],
      ['pages', DUMP, '-o', join(DUMP, 'x'), '--debug'],
      ['pages', DUMP, '-o', DUMP, '--debug'],
      ['pages', join(folder, 'no\x1b\n\u202e'), '--debug'],
    ]) {
      const ran = run(args);
      expectSafe(ran, JSON.stringify(args));
      expect(ran.stderr, JSON.stringify(args)).not.toBe('');
    }
  });
});

describe('vmcoreinfo --raw and --get', () => {
  const release = '6.12.107+\x1b[2J\x9b\x07\x7f';

  it('give a pipe the bytes unchanged', () => {
    for (const options of [['--raw'], ['--get', 'OSRELEASE']])
      expect(run(['vmcoreinfo', DUMP, ...options]).stdout).toContain(release);
  });

  it('give a terminal no control characters', () => {
    for (const args of [['vmcoreinfo', '--raw'], ['vmcoreinfo', '--get', 'OSRELEASE'], ['dmesg'], ['info']]) {
      const [command = '', ...options] = args;
      // Without a progress bar, which a slow machine would show.
      const { text } = programOnTerminal([command, DUMP, ...options, '--quiet']);
      expect(text).toContain('6.12.107+\\x1b[2J\\x9b');
      expect(unsafeIn(withoutColours(text), true)).toEqual([]);
    }
  });
});

describe('a command line that is hostile', () => {
  const EVIL = 'x\x1b[2J\x9b\x07\u202e\u200b\n\r';
  it.each([
    [[EVIL]],
    [[`--${EVIL}`]],
    [['pages', `--${EVIL}`]],
    [['pages', `-${EVIL}`]],
    [['pages', '--compat', EVIL]],
    [['pages', '--jobs', EVIL]],
    [['pages', '--format', EVIL]],
    [['pages', '--page-offset', EVIL]],
    [['pages', 'a', `--pages=${EVIL}`]],
    [['page', 'a', EVIL]],
    [['page', 'a', '1', EVIL], false],
    [['translate', 'a', EVIL]],
    [['symbols', 'a', 'b', EVIL], false],
    [['dmesg', '--level', EVIL]],
    [['dmesg', '--since', EVIL]],
    [['ps', '--sort', EVIL]],
    [['usage', '--by', EVIL]],
    [['help', EVIL], false],
  ])('%j is never printed unescaped, and ends with status 2', (args, quoted = true) => {
    const ran = run(args);
    expectSafe(ran, 'usage');
    expect([ran.status, ran.stdout]).toEqual([2, '']);
    if (quoted) expect(ran.stderr).toContain('\\x1b[2J');
  });
});

describe('the header of a compressed dump that is hostile', () => {
  it('is escaped in each of its names', () => {
    const path = join(folder, 'kdump');
    copyFileSync(dumpOf('linux-6.1').replace('linux-6.1.elf', 'linux-6.1-zlib.kdump'), path);
    const planted: Planted[] = [
      { what: 'nodename', text: '\0(none)\0', keep: [2, 1] },
      { what: 'release', text: '-cloud-amd64\0', keep: [2, 1], line: true },
    ];
    const damaged = join(folder, 'damaged');
    expect(plant(path, damaged, planted).size).toBe(2);
    for (const command of ['info', 'pages', 'vmcoreinfo', 'segments'])
      for (const json of [[], ['--json']]) expectSafe(run([command, damaged, ...json, '--debug']), command);
  });
});

describe('a file of VMCOREINFO that is hostile', () => {
  it('is escaped, including its name', () => {
    const path = join(folder, 'info\x1b[2J\n');
    const raw = run(['vmcoreinfo', dumpOf('linux-6.12-numa'), '--raw']).stdout;
    writeFileSync(
      path,
      raw.replace(/^CRASHTIME=.*$/m, 'CRASHTIME=\x1b]0;\x9b\u202e').replace(/^NUMBER\(PG_lru\).*\n/m, ''),
    );
    for (const command of ['info', 'pages', 'layout', 'vmcoreinfo', 'ps', 'dmesg'])
      for (const json of [[], ['--json']])
        expectSafe(
          run([command, DUMP, '--vmcoreinfo', path, ...json, '--debug']),
          command,
          command === 'dmesg',
        );
  });
});
