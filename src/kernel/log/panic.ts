import { latin1 } from '../../bytes/words.ts';
import type { LogRecord } from './log-record.ts';

/** The lines of a panic or an oops in a log, by the positions of their records. */
export interface PanicLines {
  readonly first: bigint;
  /** Null when they go on to the end of the log. */
  readonly last: bigint | null;
}

/** panic() of kernel/panic.c */
const PANIC = /^Kernel panic - not syncing/;

/** The line that die() prints for every oops, with the count of them: "Oops: 0002 [#1] SMP" (arch/x86/kernel/dumpstack.c) */
const OOPS = /: [0-9a-f]{4} \[#\d+\]/;

/** The end of an oops or warning (kernel/panic.c). */
const END = /^---\[ end trace /;

/** What may follow it: the registers once more, for those that scrolled away (oops_end), and the thread's end. */
const AFTERWORD =
  /^(RIP|Code|R[A-Z0-9]{2}|FS|CS|CR2|DR[0-9]|PKRU)( ?:|: )|^note: |^Kernel Offset: |^Modules linked in:/;

/** How reports begin that a panic may be the end of. */
const OPENINGS: readonly RegExp[] = [
  // BUG(), WARN() and list corruption; KASAN, UBSAN and lockdep draw a line first.
  /^-+\[ cut here \]-+$/,
  /^={20,}$/,
  /^kernel BUG at /,
  // Page faults, soft lockups, KASAN, bad pages (arch/x86/mm/fault.c, kernel/watchdog.c, mm)
  /^(watchdog: |NMI watchdog: )?BUG: /,
  /^(watchdog|NMI watchdog): (CPU\d+: )?Watchdog detected hard LOCKUP/,
  /^traps: PANIC: |^PANIC: double fault/,
  // Stalls: kernel/hung_task.c, kernel/rcu/tree_stall.h
  /^INFO: task .* blocked for more than /,
  /^(rcu: )?INFO: rcu_?\w* (self-)?detected /,
  / invoked oom-killer: /,
  /^(sysrq: )?(SysRq : )?Trigger a crash/,
  // mce_panic, ghes and unknown NMIs
  /^(mce: |\{\d+\})?\[Hardware Error\]: /,
  /^Uhhuh\. NMI received |^NMI: (PCI system error|IOCK error)/,
];

/** A longer silence of its context ends a report that has no line for its end. Nanoseconds. */
const PAUSE = 1_000_000_000n;

/** Threads and CPUs that may be in the middle of a report at once; of more the one that began first is given up. */
const CONTEXTS = 4096;

/** A report that a context has begun, and not ended for sure. */
interface Report {
  readonly first: bigint;
  last: bigint;
  time: bigint;
  oops: boolean;
  ended: boolean;
}

/**
 * Finds the lines of the panic: from the begin of the report that led to it, to the end of the log. That report is the one
 * that the panicking context (thread or CPU) was in the middle of, or had just ended, when it panicked; without one the
 * panic's own line is the first. A log without a panic may still end in the oops that took the dump (a crash kernel is
 * started before oops_end prints anything more): then the last oops, from the begin of its report to the end of it.
 */
export function findPanic(records: Iterable<LogRecord>): PanicLines | undefined {
  const reports = new Map<string, Report>();
  let oops: Report | undefined;
  for (const record of records) {
    const { caller, position } = record;
    const text = latin1(record.text);
    const context = caller ? `${caller.kind}${caller.id}` : '';
    const report = goesOn(reports.get(context), record, text);
    if (PANIC.test(text)) return { first: report?.first ?? position, last: null };
    if (report) keep(reports, context, report);
    else reports.delete(context);
    if (report?.oops) oops = report;
  }
  return oops && { first: oops.first, last: oops.last };
}

function keep(reports: Map<string, Report>, context: string, report: Report): void {
  reports.set(context, report);
  if (reports.size <= CONTEXTS) return;
  for (const first of reports.keys()) {
    reports.delete(first);
    return;
  }
}

/** The report that a line of its context belongs to, or undefined where it belongs to none. */
function goesOn(before: Report | undefined, { position, time }: LogRecord, text: string): Report | undefined {
  const oops = OOPS.test(text);
  const opens = oops || OPENINGS.some((opening) => opening.test(text));
  const report = before && belongs(before, time, text, opens) ? before : undefined;
  if (!report) {
    return opens ? { first: position, last: position, time, oops, ended: false } : undefined;
  }
  report.last = position;
  report.time = time;
  report.oops ||= oops;
  report.ended ||= END.test(text);
  return report;
}

function belongs(report: Report, time: bigint, text: string, opens: boolean): boolean {
  if (time - report.time > PAUSE) return false;
  return !report.ended || opens || AFTERWORD.test(text) || PANIC.test(text);
}
