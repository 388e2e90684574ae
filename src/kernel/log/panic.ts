import { latin1 } from '../../bytes/words.ts';
import type { LogRecord } from './log-record.ts';
import { AFTERWORD, END, OOPS, OPENINGS, PANIC } from './panic-patterns.ts';

/** The lines of a panic or an oops in a log, as positions of records. */
export interface PanicLines {
  readonly first: bigint;
  /** null if they go on to the end of the log. */
  readonly last: bigint | null;
}

/** A longer pause of its context ends a report that has no last line; nanoseconds. */
const PAUSE = 1_000_000_000n;

/**
 * How many threads and CPUs may be in the middle of a report at once; beyond, the oldest report is dropped.
 */
const CONTEXTS = 4096;

/** A report that a context has begun. */
interface Report {
  readonly first: bigint;
  last: bigint;
  time: bigint;
  oops: boolean;
  ended: boolean;
}

/**
 * Finds the lines of the panic, from the start of the report that led to it to the end of the log. That
 * report is the one that the panicking context (thread or CPU) was printing or had just finished; without
 * one, the panic's own line is the first. A log without a panic may still end in the oops that triggered the
 * dump, because a crash kernel starts before oops_end prints more: then the result is the last oops with its
 * report.
 */
export function findPanic(records: Iterable<LogRecord>): PanicLines | undefined {
  const reports = new Map<string, Report>();
  let oops: Report | undefined;
  for (const record of records) {
    const { caller, position } = record;
    const text = latin1(record.text);
    const context = caller ? `${caller.kind}${caller.id}` : '';
    const report = continued(reports.get(context), record, text);
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

/** Returns the report that a line belongs to, or undefined if it belongs to none. */
function continued(
  before: Report | undefined,
  { position, time }: LogRecord,
  text: string,
): Report | undefined {
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
