import { describe, expect, test } from 'vitest';
import type { ErrorKind } from '../../src/errors.ts';
import type { MemoryAmounts, MemoryImage } from '../../src/formats/image/image.ts';
import type { Missing } from '../../src/kernel/evidence/fact.ts';
import type { Module } from '../../src/kernel/modules/module-reader.ts';
import type { SystemFacts } from '../../src/kernel/system/system.ts';
import type { TaskListing } from '../../src/kernel/tasks/task-listing.ts';
import { Vmcoreinfo } from '../../src/kernel/vmcoreinfo/vmcoreinfo.ts';
import { type InfoReport, infoReport } from '../../src/report/info-report.ts';
import { infoView } from '../../src/report/views/info-view.ts';
import { BuiltKernel } from '../builders/kernel.ts';
import { violations } from '../support/schema.ts';
import { textOf as shown } from '../support/text-of.ts';

const lost = (missing: string, kind: ErrorKind = 'notStored'): Missing => ({ missing, kind });
const GONE = lost('all of it is gone');

const NOTHING: SystemFacts = {
  ...{
    utsname: GONE,
    clocks: GONE,
    processors: GONE,
    processorModel: GONE,
    load: GONE,
    memory: GONE,
    swap: GONE,
  },
  ...{
    taint: GONE,
    commandLine: GONE,
    buildId: GONE,
    modules: GONE,
    tasks: GONE,
    panickingCpu: GONE,
    panicReason: GONE,
    layout: GONE,
  },
  memoryChecks: { value: { checks: [], lost: null } },
  readable: false,
};

const uname = {
  sysname: 'Linux',
  nodename: 'web-1',
  release: '6.12.1',
  version: '#1 SMP',
  machine: 'x86_64',
  domainname: '',
};
const running = {
  realParent: 0n,
  cred: 0n,
  signal: 0n,
  alone: true,
  hasStack: true,
  mm: 0n,
  cachedPages: [],
  kernelThread: false,
} as const;
const victim = { address: 1n, pid: 42, tgid: 40, state: 'R', cpu: 1, comm: 'victim', ...running } as const;

const listing: TaskListing = {
  tasks: [victim],
  cpus: { value: [{ cpu: 1, online: true, task: 1n, current: victim }] },
  panickingCpu: { value: 1 },
  problems: [],
  whole: true,
  checks: [],
};

const ALL: SystemFacts = {
  utsname: { value: uname },
  clocks: { value: { uptime: 273_906_250_000_000n, suspended: 0n, wall: 1_700_000_001_500_000_000n } },
  processors: { value: { possible: 4, online: 2 } },
  processorModel: { value: 'A Processor' },
  load: { value: [1, 0.5, 0] },
  memory: { value: { total: 8 << 20, free: 1 << 20 } },
  swap: { value: { total: 0, free: 0 } },
  taint: {
    value: {
      mask: 513n,
      flags: [
        { bit: 0, letter: 'P', meaning: 'one' },
        { bit: 40, letter: null, meaning: 'two' },
      ],
    },
  },
  commandLine: { value: 'quiet ' },
  buildId: { value: undefined },
  memoryChecks: { value: { checks: [], lost: null } },
  modules: { value: { modules: [], problems: [], whole: true } },
  tasks: { value: listing },
  panickingCpu: { value: 1 },
  panicReason: {
    value: {
      text: 'Kernel panic - not syncing: Fatal exception',
      cause: 'BUG: kernel NULL pointer dereference',
      causeLost: null,
    },
  },
  layout: lost('no layout', 'missingInfo'),
  readable: true,
};

const NOTE = 'OSRELEASE=6.12.1\nBUILD-ID=abc\nCRASHTIME=1700000002\n';

function reportOf(
  system: Partial<SystemFacts>,
  image: Partial<MemoryImage> = {},
  text = NOTE,
  amounts: Partial<MemoryAmounts> = {},
): InfoReport {
  const file = { ...new BuiltKernel().image, ...image };
  return infoReport({
    image: file,
    amounts: { ...file.memory.amounts, ...amounts },
    info: new Vmcoreinfo({ text, source: 'made-up' }),
    system: { ...ALL, ...system },
    counts: () => ({ total: 1, processes: 1, kernelThreads: 0, states: { R: 1 } }),
  });
}

const textOf = (report: InfoReport) => shown(infoView(report));

describe('the report of info', () => {
  test('is as its schema says, with and without everything', () => {
    expect(violations('info', reportOf({}))).toEqual([]);
    expect(violations('info', reportOf(NOTHING))).toEqual([]);
  });

  test('is complete when only what a kernel or format does not have is missing', () => {
    const report = reportOf({ swap: lost('this kernel has no symbol total_swap_pages', 'missingInfo') });
    expect(report).toMatchObject({ complete: true, swap: null });
    expect(Object.keys(report.unavailable)).toEqual(['swap', 'layout', 'dump.level']);
  });

  test.each([
    ['memory is not stored', { load: GONE }],
    ['the kernel has no types', { readable: false }],
    ['a list is cut', { modules: { value: { modules: [], problems: ['why'], whole: false } } }],
  ])('is not complete when %s', (_, system) => {
    expect(reportOf(system).complete).toBe(false);
  });

  test('has only what VMCOREINFO says if nothing else can be read', () => {
    const report = reportOf(NOTHING);
    const ID = { buildId: 'abc', buildIdSource: 'vmcoreinfo' };
    expect(report.kernel).toEqual({ release: '6.12.1', version: null, machine: null, ...ID });
    expect(report.crash).toEqual({ time: 1_700_000_002, reason: null, cause: null, cpu: null, task: null });
    expect(report.unavailable.uptime).toBe(GONE.missing);
    expect(report.warnings).toContain(`the kernel's variables cannot be read: ${GONE.missing}`);
    expect(report.complete).toBe(false);
  });

  test('has lower bounds if not all tasks and modules were found', async () => {
    const tasks = { ...listing, problems: ['the PID table cannot be read: why'], whole: false };
    const cut = { problems: ['the list of modules is broken'], whole: false };
    const module = { name: 'ext4', size: 4096, sections: [] } as unknown as Module;
    const report = reportOf({
      tasks: { value: tasks },
      modules: { value: { modules: [module], ...cut } },
    });
    expect(report).toMatchObject({
      ...{ complete: false, modules: ['ext4'], modulesExact: false },
      tasks: { total: null, states: null, atLeast: { total: 1, states: { R: 1 } } },
    });
    expect(violations('info', report)).toEqual([]);
    expect(await textOf(report)).toMatch(/^tasks {9}at least 1: 1 process, /m);
    expect(await textOf(report)).toMatch(/^modules {7}at least 1: ext4$/m);
    expect(await textOf(reportOf({ modules: { value: { modules: [], ...cut } } }))).toMatch(
      /^modules {7}none that could be read$/m,
    );
    expect(await textOf(reportOf({}))).toMatch(/^modules {7}none$/m);
  });

  test('is complete if a list is damaged but all of it was found', () => {
    const problems = ['the list of modules is broken, and both ends meet'];
    const report = reportOf({ modules: { value: { modules: [], problems, whole: true } } });
    expect(report).toMatchObject({ complete: true, modulesExact: true, warnings: problems });
  });

  test('says that the task that panicked cannot be read', () => {
    const cpus = { value: [{ cpu: 1, online: true, task: 1n, current: null }] };
    const report = reportOf({ tasks: { value: { ...listing, cpus } } });
    expect(report).toMatchObject({ complete: false, crash: { cpu: 1, task: null } });
    expect(report.unavailable['crash.task']).toBe('the task that CPU 1 ran cannot be read');
  });

  test('has the dump level if the format stores it', async () => {
    const report = reportOf({}, { dumpLevel: 31 });
    expect(report.dump.level).toBe(31);
    expect(report.unavailable).not.toHaveProperty(['dump.level']);
    expect(await textOf(report)).toMatch(/level 31\s+\(without zero pages,\s+cache,/);
  });
});

describe('the screen', () => {
  test('begins with the panic, its cause, and its task', async () => {
    const lines = (await textOf(reportOf({}))).split('\n');
    expect(lines.slice(0, 7)).toEqual([
      'Linux 6.12.1 x86_64',
      '',
      'panic         Kernel panic - not syncing: Fatal exception',
      'cause         BUG: kernel NULL pointer dereference',
      'in            PID 42 (victim), on CPU 1',
      'crashed       2023-11-14 22:13:22 UTC',
      'host          web-1',
    ]);
    expect(lines).toContain('uptime        3 days 04:05:06');
    expect(lines).toContain('load          1.00 0.50 0.00');
    expect(lines).toContain('taint         P? (513): one; two');
    expect(lines).toContain('swap          none');
  });

  test('gives a reason once, for all values that it explains', async () => {
    const text = await textOf(reportOf(NOTHING));
    expect(text.match(/all of it is\s+gone/g)).toHaveLength(1);
    expect(text.replace(/\s+/g, ' ')).toContain('clock, uptime, CPUs, CPU model, load, memory, swap, tasks,');
    expect(text).not.toMatch(/^panic/m);
  });

  test('says that there was no panic only if the log was read and the kernel is not running', async () => {
    expect(await textOf(reportOf({ panicReason: { value: null } }))).toMatch(/^panic {9}none found/m);
    expect(await textOf(reportOf({ panicReason: { value: null } }, { live: true }))).not.toMatch(/^panic/m);
  });

  test('is not complete if the cause of the panic is lost', () => {
    const causeLost = 'record 7 is damaged';
    const report = reportOf({ panicReason: { value: { text: 'Kernel panic', cause: null, causeLost } } });
    expect(report.crash).toMatchObject({ reason: 'Kernel panic', cause: null });
    expect(report.unavailable).toMatchObject({ 'crash.cause': causeLost });
    expect(report.complete).toBe(false);
  });

  test('lets no control character through', async () => {
    const evil = '\x1b]0;title\x07\u202e\n';
    const text = await textOf(
      reportOf(
        {
          utsname: { value: { ...uname, nodename: evil, domainname: evil, version: evil, machine: evil } },
          commandLine: { value: evil },
          panicReason: { value: { text: evil, cause: evil, causeLost: null } },
          processorModel: { value: evil },
          load: lost(evil),
        },
        { path: evil },
        `OSRELEASE=${evil.trim()}\nBUILD-ID=${evil.trim()}\n`,
      ),
    );
    expect(text).not.toMatch(/[^\n\P{Cc}]|\u202e/u);
    expect(text).toContain('\\x1b]0;title\\x07');
  });

  test('cuts long text, and says by how much', async () => {
    const text = await textOf(reportOf({ commandLine: { value: 'x'.repeat(330) } }));
    expect(text.replace(/\s+/g, ' ')).toContain(`${'x'.repeat(320)}... and 10 more characters`);
  });

  test('has the clock if the dump does not store the time of the crash', async () => {
    const report = reportOf({}, {}, 'OSRELEASE=6.12.1\n');
    expect(await textOf(report)).toMatch(/^clock {9}2023-11-14 22:13:21 UTC$/m);
    expect(report.unavailable['crash.time']).toContain('CRASHTIME');
  });
});

describe('what info says to do next', () => {
  const panic = { command: ['kdump-inspect', 'dmesg', 'made-up', '--panic'], why: expect.any(String) };
  const usage = (why: string) => ({
    command: ['kdump-inspect', 'usage', 'made-up'],
    why: expect.stringContaining(why),
  });
  const image = { path: 'made-up', live: false };
  const reason = (text: string) => ({ panicReason: { value: { text, cause: null, causeLost: null } } });
  const pressure = (reserve: number | null, oomKills: number | null) => ({
    pressure: { value: { reserve, oomKills } },
  });
  const NO_PANIC = { panicReason: { value: null } };

  test.each([
    ['a panic', {}, {}, [panic]],
    ['nothing', NO_PANIC, {}, []],
    ['a kernel that does not tell', NOTHING, {}, []],
    [
      'a panic for lack of memory',
      reason('Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled'),
      {},
      [usage('memory ran out'), panic],
    ],
    [
      'a deadlock on memory',
      reason('Kernel panic - not syncing: System is deadlocked on memory'),
      {},
      [usage('memory ran out'), panic],
    ],
    ['OOM kills', pressure(null, 3), {}, [panic, usage('ended 3 tasks')]],
    ['little free memory', { ...NO_PANIC, ...pressure(2 << 20, 0) }, {}, [usage('only 1 MiB are free')]],
    ['enough free memory', { ...NO_PANIC, ...pressure(1 << 20, 0) }, {}, []],
    [
      'a file that was cut',
      NO_PANIC,
      { truncated: 4096 },
      [{ command: null, why: expect.stringMatching(/^4 KiB are missing .*\(makedumpfile -l -d 31 /) }],
    ],
  ])('after %s', (_, system, amounts, next) => {
    const report = reportOf(system, image, NOTE, amounts);
    expect(report.next).toEqual(next);
    expect(violations('info', report)).toEqual([]);
  });

  test.each([
    ['/var/crash/vmcore', '/var/crash/vmcore'],
    ["it's a dump", "'it'\\''s a dump'"],
    ['$(reboot)', "'$(reboot)'"],
    ['\x1b[2J', "$'\\x1b\\x5b2J'"],
  ])('is a line to copy, with the name of the file in quotes: %j', async (path, word) => {
    const lines = (await textOf(reportOf({}, { path }))).split('\n');
    const at = lines.indexOf('next          what the kernel said when it died:');
    expect(lines[at + 1]).toBe(`              kdump-inspect dmesg ${word} --panic`);
  });
});

describe('the text of info', () => {
  const plain = async (report: InfoReport) => (await textOf(report)).replace(/\s+/g, ' ');

  test('names what is unknown in words, and never as JSON does', async () => {
    const text = await plain(reportOf(NOTHING));
    for (const key of Object.keys(reportOf(NOTHING).unavailable).filter((name) => /[.A-Z]/.test(name)))
      expect(text).not.toContain(key);
    expect(text).toMatch(/unknown .*panic.*command line.*: all of it is gone/);
  });

  test('says why the kernel has less memory than the dump', async () => {
    const at = (described: number) => reportOf({}, {}, NOTE, { described: described << 20 });
    expect(await plain(at(12))).toContain(
      "memory 8 MiB, 1 MiB free; 4 MiB more, such as the kernel's image, are not managed by the page allocator",
    );
    expect(await textOf(at(8))).toMatch(/^memory +8 MiB, 1 MiB free$/m);
  });

  test('has no figure of free memory that another counter contradicts', async () => {
    const name = 'NR_FREE_PAGES, vm_stat of all zones';
    const verdict = 'contradicted' as const;
    const checks = [{ name, unit: 'pages', counted: 512, kernel: 0, explained: [], verdict }];
    const report = reportOf({
      memory: { value: { total: 8 << 20, free: 0 } },
      pressure: { value: { reserve: 1 << 20, oomKills: null } },
      memoryChecks: { value: { checks, lost: null } },
    });
    expect(await plain(report)).toContain('8 MiB; free are 0 B or 2 MiB: the kernel');
    expect(report.next.map(({ command }) => command?.[1])).toEqual(['dmesg']);
  });
});
