import { textOf } from '../../bytes/text.ts';
import type { KernelLog, LogRecord } from '../log/log-record.ts';
import { openLog } from '../log/open-log.ts';
import { findPanic } from '../log/panic.ts';
import type { Kernel } from '../open/kernel.ts';

/** A task as the kernel names it in a report. */
export interface LoggedTask {
  readonly cpu: number;
  readonly pid: number;
  readonly comm: string;
}

/**
 * What each report says of the task that it is about (dump_stack_print_info, lib/dump_stack.c); with the UID
 * since 6.11. A name has at most 15 characters, and may have blanks.
 */
const TASK =
  /^CPU: (\d{1,4}) (?:UID: \d+ )?PID: (\d{1,10}) Comm: (.{0,15}) (?:Kdump: loaded )?(?:Not tainted|Tainted: )/;

/** Reads such a line; undefined for another one. */
export function taskInLine(text: string): LoggedTask | undefined {
  const [, cpu, pid, comm] = TASK.exec(text) ?? [];
  return comm === undefined ? undefined : { cpu: Number(cpu), pid: Number(pid), comm };
}

/** A panic is at the end of a log. */
const NEWEST = 2 ** 20;

/**
 * Returns the task that panicked by the lines of the panic: the last one that is named on its CPU, because a
 * warning may precede the panic. Whoever can write to the log can forge it.
 * @param cpu that panicked; null where only the log tells
 * @throws InspectError missingInfo, notMapped, notStored or corrupt if there is no access to the log
 */
export function readPanicTask(kernel: Kernel, cpu: number | null): LoggedTask | undefined {
  return panicTaskIn(openLog(kernel), cpu);
}

/** undefined, too, where the CPU is not known and the lines name several. */
export function panicTaskIn(log: Pick<KernelLog, 'entries'>, cpu: number | null): LoggedTask | undefined {
  const lines = findPanic(recordsOf(log));
  if (!lines) return undefined;
  const last = new Map<number, LoggedTask>();
  for (const { position, text } of recordsOf(log)) {
    if (position < lines.first) continue;
    if (lines.last !== null && position > lines.last) break;
    const task = taskInLine(textOf(text));
    if (task) last.set(task.cpu, task);
  }
  if (cpu !== null) return last.get(cpu);
  const [only, ...others] = last.values();
  return others.length === 0 ? only : undefined;
}

function* recordsOf(log: Pick<KernelLog, 'entries'>): Generator<LogRecord> {
  for (const entry of log.entries(NEWEST)) if (entry.kind === 'record') yield entry;
}
