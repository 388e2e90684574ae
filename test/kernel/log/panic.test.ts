import { describe, expect, it } from 'vitest';
import { latin1 } from '../../../src/bytes/words.ts';
import { findPanic } from '../../../src/kernel/log/panic.ts';
import { logOf } from '../../builders/log-record.ts';

/** Returns the texts of the lines found; null for none. */
function panicIn(lines: readonly string[]): string[] | null {
  const records = logOf(lines);
  const found = findPanic(records);
  if (!found) return null;
  const last = found.last ?? BigInt(records.length);
  return records
    .filter(({ position }) => position >= found.first && position <= last)
    .map(({ text }) => latin1(text));
}

/** An x86 page fault as 5.10 to 7.3 print it, without every second line. */
const OOPS = [
  'BUG: kernel NULL pointer dereference, address: 0000000000000000',
  '#PF: supervisor read access in kernel mode',
  'PGD 0 P4D 0 ',
  'Oops: 0000 [#1] PREEMPT SMP NOPTI',
  'CPU: 0 PID: 77 Comm: cat Not tainted 6.1.0 #1',
  'RIP: 0010:broken_show+0x5/0x10 [broken]',
  'Call Trace:',
  ' <TASK>',
  ' seq_read_iter+0x120/0x460',
  ' </TASK>',
];
const OOPS_END = [
  '---[ end trace 0000000000000000 ]---',
  'RIP: 0010:broken_show+0x5/0x10 [broken]',
  'RSP: 0018:ffffb5f980507cc0 EFLAGS: 00010246',
  'CR2: 0000000000000000 CR3: 0000000004a0a000 CR4: 0000000000750ef0',
];
const at = (seconds: number, context: string, texts: readonly string[]) =>
  texts.map((text) => `${seconds} ${context} ${text}`);

describe('the lines of a panic', () => {
  it('are from the panic to the end of the log, if nothing led to it', () => {
    const log = [
      '1 T1 Run /init as init process',
      '2 T1 Kernel panic - not syncing: No working init found.',
      '2 T1 Call Trace:',
      '9 C1 late',
    ];
    expect(panicIn(log)).toEqual([
      'Kernel panic - not syncing: No working init found.',
      'Call Trace:',
      'late',
    ]);
  });

  it('begin with the oops that led to it', () => {
    const lines = [
      ...OOPS,
      ...OOPS_END,
      'Kernel panic - not syncing: Fatal exception',
      'Kernel Offset: disabled',
    ];
    expect(panicIn(['3 T77 before', ...at(4, 'T77', lines)])).toEqual(lines);
  });

  it('include lines of other contexts, such as backtraces of other CPUs', () => {
    const report = at(4, 'T77', [...OOPS, ...OOPS_END, 'Kernel panic - not syncing: Fatal exception']);
    report.splice(6, 0, '4 C1 NMI backtrace for cpu 1');
    expect(panicIn(['3 T77 before', ...report])).toHaveLength(report.length);
  });

  it.each([
    ['sysrq: Trigger a crash', 'sysrq triggered crash'],
    ['watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [cat:77]', 'softlockup: hung tasks'],
    ['NMI watchdog: Watchdog detected hard LOCKUP on cpu 1', 'Hard LOCKUP'],
    ['INFO: task sync:77 blocked for more than 120 seconds.', 'hung_task: blocked tasks'],
    ['rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:', 'RCU Stall'],
    ['init invoked oom-killer: gfp_mask=0xcc0, order=0', 'Out of memory: compulsory panic_on_oom is enabled'],
    ['------------[ cut here ]------------', 'kernel: panic_on_warn set ...'],
    ['mce: [Hardware Error]: CPU 0: Machine Check Exception: 5', 'Fatal machine check'],
    ['==================================================================', 'KASAN: panic_on_warn set ...'],
  ])('begin with "%s"', (opening, reason) => {
    const lines = [opening, 'Call Trace:', ' foo+0x1/0x2', `Kernel panic - not syncing: ${reason}`];
    expect(panicIn(['0.1 C1 an ordinary line', ...at(1, 'C1', lines)])).toEqual(lines);
  });

  it('do not begin with a finished report if its context went on with something else', () => {
    const log = [
      ...at(1, 'T1', [
        '------------[ cut here ]------------',
        'WARNING: at mm/x.c:1',
        '---[ end trace 0 ]---',
      ]),
      ...at(1.1, 'T1', [
        'Freeing unused kernel memory',
        'Kernel panic - not syncing: VFS: Unable to mount root fs',
      ]),
    ];
    expect(panicIn(log)).toEqual(['Kernel panic - not syncing: VFS: Unable to mount root fs']);
  });

  it('do not begin with an unfinished report from more than a second before', () => {
    const log = [
      '1 T1 INFO: task sync:1 blocked for more than 120 seconds.',
      '2.5 T1 Kernel panic - not syncing: x',
    ];
    expect(panicIn(log)).toEqual(['Kernel panic - not syncing: x']);
  });

  it('do not begin with the report of another context', () => {
    const log = [...at(1, 'T77', OOPS), '1 T1 Kernel panic - not syncing: Attempted to kill init!'];
    expect(panicIn(log)).toEqual(['Kernel panic - not syncing: Attempted to kill init!']);
  });

  it('begin with the first of several oopses without a pause between them', () => {
    const lines = [
      ...OOPS,
      ...OOPS_END,
      'BUG: unable to handle page fault for address: 0',
      'Kernel panic - not syncing: Fatal exception',
    ];
    expect(panicIn(at(5, 'T77', lines))).toEqual(lines);
  });

  it('are the ones of the first panic: a panic in a panic belongs to it', () => {
    const log = ['1 T1 Kernel panic - not syncing: a', '1 T1 Kernel panic - not syncing: b'];
    expect(panicIn(log)).toHaveLength(2);
  });

  it('are found if records have no context, as before 5.1', () => {
    const lines = [...OOPS, ...OOPS_END, 'Kernel panic - not syncing: Fatal exception'];
    const records = logOf(at(4, 'T1', lines)).map((record) => ({ ...record, caller: null }));
    expect(findPanic(records)).toEqual({ first: 0n, last: null });
  });
});

describe('a log without a panic', () => {
  it('has the lines of the oops that ends it, because kdump starts before a panic is printed', () => {
    expect(panicIn(['3 T77 before', ...at(4, 'T77', OOPS)])).toEqual(OOPS);
  });

  it('has the lines of its last oops, with its afterword and nothing more', () => {
    const second = [
      'Oops: general protection fault, probably for non-canonical address 0xdead: 0000 [#2] SMP',
      ...OOPS_END,
    ];
    const log = [
      ...at(4, 'T77', [...OOPS, ...OOPS_END]),
      ...at(9, 'T78', second),
      '9 T78 cat exits',
      '10 T1 and on',
    ];
    expect(panicIn(log)).toEqual(second);
  });

  it('has no panic in a warning, a stall, or words about one', () => {
    const log = [
      ...at(1, 'T1', [
        '------------[ cut here ]------------',
        'WARNING: CPU: 0 PID: 1 at a.c:1',
        '---[ end trace 0 ]---',
      ]),
      '2 C0 watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [cat:77]',
      '3 T1 Command line: panic=-1 oops=panic',
      '4 T1 he said: Kernel panic - not syncing',
    ];
    expect(panicIn(log)).toBeNull();
  });
});
