import fs, { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dumpInFolder } from '../../../src/formats/folder/dump-in-folder.ts';
import { elfBytes } from '../../builders/elf.ts';
import { pattern } from '../../builders/encode.ts';
import { failureOfAsync } from '../../builders/failure.ts';
import { flatBytes } from '../../builders/flattened.ts';
import { kdumpBytes, type PageRecipe } from '../../builders/kdump.ts';
import { dumpOf } from '../../support/fixture.ts';
import { runMain } from '../../support/run-main.ts';
import { refusal, replaceCalls } from '../../support/system-calls.ts';

const CORE = elfBytes({ segments: [{ paddr: 0x1000, data: pattern(0x1000, 9) }] });
const PAGES = new Map<number, PageRecipe>([[1, { page: pattern(4096, 1) }]]);
const KDUMP = kdumpBytes({ pages: PAGES });
const FLAT = flatBytes([{ target: 0, bytes: KDUMP }]);
const LOG = '[    0.000000] Linux version 6.12.0\n';
const EXECUTABLE = process.execPath;

let crash = '';
beforeEach(() => {
  crash = mkdtempSync(join(tmpdir(), 'crash-'));
});
afterEach(() => rmSync(crash, { recursive: true }));

/** Writes files into the folder, each a minute later than the one before it. */
function save(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [n, [name, contents]] of Object.entries(files).entries()) {
    const path = join(crash, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
    utimesSync(path, 60 * n, 60 * n);
  }
}

const meant = async (folder = '') =>
  (await dumpInFolder(join(crash, folder))).map((path) => path.slice(crash.length + 1));
const failure = () => failureOfAsync(dumpInFolder(crash));

describe('a folder that kdump made means the dump in it', () => {
  it.each<[string, Record<string, string | Uint8Array>, string]>([
    [
      'kdump-utils (Fedora, RHEL)',
      { 'vmcore-dmesg.txt': LOG, 'kexec-dmesg.log': LOG, vmcore: KDUMP },
      'vmcore',
    ],
    ['kdump-utils over ssh', { 'vmcore-dmesg.txt': LOG, 'vmcore.flat': FLAT }, 'vmcore.flat'],
    [
      'kdump-utils, not finished',
      { 'vmcore-dmesg.txt': LOG, 'vmcore-incomplete': KDUMP },
      'vmcore-incomplete',
    ],
    ['kdump-utils, at the second try', { 'vmcore-incomplete': KDUMP, vmcore: KDUMP }, 'vmcore'],
    [
      'kdump-tools (Debian, Ubuntu)',
      { 'dmesg.202611271632': LOG, 'dump.202611271632': KDUMP },
      'dump.202611271632',
    ],
    [
      'kdump-tools, without makedumpfile',
      { 'dmesg.202611271632': LOG, 'vmcore.202611271632': CORE },
      'vmcore.202611271632',
    ],
    ['kdump-tools, not finished', { 'dump-incomplete': KDUMP }, 'dump-incomplete'],
    [
      'kdump-tools with compression, which says how to unpack it',
      { 'dmesg.202611271632': LOG, 'dump.202611271632.gz': gzipSync(KDUMP) },
      'dump.202611271632.gz',
    ],
    ['kdump (SUSE)', { 'README.txt': 'Kernel crashdump\n', dmesg: LOG, vmcore: FLAT }, 'vmcore'],
    [
      'somebody else, by its content',
      { notes: 'hello', 'memory.lime': 'EMiL'.padEnd(65_536, '\0') },
      'memory.lime',
    ],
  ])('as %s leaves it', async (_, files, wanted) => {
    save(files);
    expect(await meant()).toEqual([wanted]);
  });

  it('also if programs lie beside it, which are ELF files, too', async () => {
    save({ vmcore: CORE });
    symlinkSync(EXECUTABLE, join(crash, 'vmcore.debug'));
    symlinkSync(EXECUTABLE, join(crash, 'vmlinux'));
    expect(await meant()).toEqual(['vmcore']);
  });

  it('with all parts of a split one', async () => {
    const part = (start: number, end: number) =>
      kdumpBytes({ pages: PAGES, maxMapnr: 4, split: { start, end } });
    save({ 'vmcore.2': part(2, 4), 'vmcore.1': part(0, 2), 'vmcore-dmesg.txt': LOG });
    expect(await meant()).toEqual(['vmcore.1', 'vmcore.2']);
  });

  it('or in the only folder in it that has one', async () => {
    save({ '127.0.0.1-2026-11-27-16:32:01/vmcore': KDUMP, 'old/vmcore-dmesg.txt': LOG, kexec_cmd: 'x' });
    expect(await meant()).toEqual(['127.0.0.1-2026-11-27-16:32:01/vmcore']);
    expect(await meant('127.0.0.1-2026-11-27-16:32:01/')).toEqual(['127.0.0.1-2026-11-27-16:32:01/vmcore']);
  });

  it('even if it cannot be read, so that this is what is said', async () => {
    save({ vmcore: KDUMP, 'vmcore-dmesg.txt': LOG, other: KDUMP });
    const { openSync } = fs;
    const release = replaceCalls({
      openSync: ((path: string, flags: number) => {
        if (path.startsWith(crash)) throw refusal('EACCES', 'open');
        return openSync(path, flags);
      }) as typeof openSync,
    });
    try {
      expect(await meant()).toEqual(['vmcore']);
    } finally {
      release();
    }
  });
});

describe('a folder of the kernel', () => {
  it('is not read file by file, which may do something', async () => {
    const { openSync } = fs;
    const opened: string[] = [];
    const release = replaceCalls({
      openSync: ((path: string, flags: number) => {
        opened.push(path);
        return openSync(path, flags);
      }) as typeof openSync,
    });
    try {
      const { kind } = await failureOfAsync(dumpInFolder('/proc/sys/kernel'));
      expect([kind, opened]).toEqual(['io', []]);
    } finally {
      release();
    }
  });
});

describe('a folder with several dumps', () => {
  it('names them, newest first', async () => {
    save({ '1/vmcore': CORE, '2/vmcore': KDUMP, '3/dump.202611271632': KDUMP });
    expect(await failure()).toMatchObject({
      kind: 'usage',
      message: `${crash}: there are 3 dumps in this folder`,
      facts: {
        path: crash,
        hint: `give one of them instead, newest first: ${crash}/3/dump.202611271632, ${crash}/2/vmcore, ${crash}/1/vmcore`,
      },
    });
  });

  it('names a few of many', async () => {
    save(Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`${n}/vmcore`, CORE])));
    expect((await failure()).facts.hint).toMatch(/: \S+\/19\/vmcore,( \S+,){3} \S+\/15\/vmcore and 15 more$/);
  });

  it('keeps parts of different dumps apart', async () => {
    const part = (machine: string) =>
      kdumpBytes({ pages: PAGES, maxMapnr: 4, split: { start: 0, end: 4 }, uts: { nodename: machine } });
    save({ 'vmcore.1': part('a'), 'vmcore.2': part('b'), 'vmcore.3': 'KDUMP   cut' });
    expect((await failure()).message).toContain('there are 3 dumps');
  });
});

describe('a folder without a dump', () => {
  it.each<[string, Record<string, string>, string]>([
    ['is empty', {}, 'it has no files: was a dump saved at all?'],
    ['has only the log', { 'vmcore-dmesg.txt': LOG }, 'read it with less CRASH/vmcore-dmesg.txt'],
    [
      'has only the log, as Debian names it',
      { 'dmesg.202611271632': LOG },
      'read it with less CRASH/dmesg.202611271632',
    ],
    [
      'has other files',
      { notes: 'hello', 'a/b/vmcore': 'KDUMP   ' },
      'starts as a dump does (vmcore, vmcore.flat, dump.DATE',
    ],
  ])('says what it has: %s', async (_, files, hint) => {
    save(files);
    const { kind, message, facts } = await failure();
    expect([kind, message, facts.errno]).toEqual(['io', `${crash}: is a directory, not a dump`, 'EISDIR']);
    expect(facts.hint).toContain(hint.replace('CRASH', crash));
  });

  it('says which folders in it cannot be read', async () => {
    save({ '1/vmcore': CORE, '2/vmcore': CORE });
    const { readdirSync } = fs;
    const release = replaceCalls({
      readdirSync: ((path: string, options: object) => {
        if (path !== crash) throw refusal('EACCES', 'scandir');
        return readdirSync(path, options as { withFileTypes: true });
      }) as unknown as typeof readdirSync,
    });
    try {
      expect((await failure()).facts.hint).toBe(
        `2 folders in it cannot be read: try again as root (${crash}/1)`,
      );
    } finally {
      release();
    }
  });
});

describe('every command reads the dump in a folder', () => {
  beforeEach(() => {
    save({ '127.0.0.1-2026-11-27-16:32:01/vmcore-dmesg.txt': LOG });
    symlinkSync(dumpOf('linux-6.12-numa'), join(crash, '127.0.0.1-2026-11-27-16:32:01/vmcore'));
  });

  it.each([[['info']], [['layout']], [['page', '49152']], [['translate', '0xffffffff91222000']]])(
    'and names it: %j',
    async ([name = '', ...operands]) => {
      const path = `${crash}/127.0.0.1-2026-11-27-16:32:01/vmcore`;
      const text = await runMain([name, crash, ...operands]);
      const given = await runMain([name, path, ...operands]);
      expect(text).toEqual({ ...given, stderr: `kdump-inspect: the dump in this folder: ${path}\n` });
      const json = await runMain([name, crash, ...operands, '--json']);
      expect(json).toEqual(await runMain([name, path, ...operands, '--json']));
      expect(JSON.parse(json.stdout).file.path).toBe(path);
      expect((await runMain([name, crash, ...operands, '--quiet'])).stderr).toBe('');
    },
  );

  it('also with a folder alone, and with --part', async () => {
    expect(JSON.parse((await runMain([crash, '--json'])).stdout).schema).toBe('kdump-inspect/info/1');
    const both = await runMain(['info', crash, '--part', crash]);
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining('2 files were given')]);
  });
});
