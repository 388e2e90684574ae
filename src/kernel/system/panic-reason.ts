import { textOf } from '../../bytes/text.ts';
import { InspectError } from '../../errors.ts';
import type { KernelLog, LogRecord, LostRecords } from '../log/log-record.ts';
import { openLog } from '../log/open-log.ts';
import { findPanic, type PanicLines } from '../log/panic.ts';
import { CAUSE, OOPS, PANIC, PANIC_ALONE } from '../log/panic-patterns.ts';
import type { Kernel } from '../open/kernel.ts';

/** Why a kernel died, quoted from its log: whoever can write to the log can forge it. */
export interface PanicReason {
  /** The panic's line, or the oops's if there is none: kdump may take over before panic() prints anything. */
  readonly text: string;
  /**
   * What the oops that led to the panic was about; null if there was no oops, or if this is the text itself.
   */
  readonly cause: string | null;
  /** If the cause is null: why it may be in records that cannot be read; null if it is not. */
  readonly causeLost: string | null;
}

/** Lines of a report before the panic's own: an oops has some 60. */
const REPORT_LINES = 100n;

/**
 * A panic is at the end of a log: only so many records are searched, more than any kernel is known to have.
 */
const NEWEST = 2 ** 20;

/**
 * Returns the reason from the lines of the panic, or null if the log has neither a panic nor an oops.
 * @throws InspectError missingInfo, notMapped, notStored or corrupt if there is no access to the log
 */
export function readPanicReason(kernel: Kernel): PanicReason | null {
  return panicReasonIn(openLog(kernel));
}

type Records = Pick<KernelLog, 'entries' | 'most'>;

/** @throws InspectError notStored if the reason may be in lost records */
export function panicReasonIn(log: Records): PanicReason | null {
  const lost: LostRecords[] = [];
  const panic = findPanic(recordsOf(log, lost));
  return panic ? reasonIn(log, panic, lost) : neither(log, lost[0]);
}

/**
 * Yields the records one by one: a log may be larger than the memory of this program.
 * @param lost collects records that were written but cannot be read
 */
function* recordsOf(log: Records, lost: LostRecords[]): Generator<LogRecord> {
  for (const entry of log.entries(NEWEST)) {
    if (entry.kind === 'record') yield entry;
    else if (entry.cause !== 'unwritten') lost.push(entry);
  }
}

function reasonIn(log: Records, lines: PanicLines, lost: LostRecords[]): PanicReason {
  const { first, panic, oops, cause: about } = linesIn(log, lines, lost);
  const cause = oops === undefined ? null : (about ?? oops);
  // If no panic was found, its line may be in any records lost after the oops.
  const gap = gapNear(lines.first, panic === undefined ? null : lines.last, lost);
  if (panic !== undefined) return { text: panic, cause, causeLost: cause === null ? gap : null };
  if (gap !== null) throw new InspectError('notStored', `lines of the panic are lost: ${gap}`);
  return { text: cause ?? first ?? '', cause: null, causeLost: null };
}

function linesIn(log: Records, { first, last }: PanicLines, lost: LostRecords[]) {
  const found: Partial<Record<'first' | 'panic' | 'oops' | 'cause', string>> = {};
  let unfinished: LogRecord | undefined;
  for (const record of recordsOf(log, lost)) {
    const { position, text: bytes } = record;
    if (position < first) continue;
    if (last !== null && position > last) break;
    const text = textOf(bytes);
    found.first ??= text;
    if (unfinished !== undefined && isSameCaller(unfinished, record)) {
      found.panic = `${found.panic} ${text}`;
      unfinished = undefined;
    }
    if (PANIC.test(text) && found.panic === undefined) {
      found.panic = text;
      if (PANIC_ALONE.test(text)) unfinished = record;
    }
    if (OOPS.test(text)) found.oops ??= text;
    if (CAUSE.test(text)) found.cause ??= text;
  }
  return found;
}

/** Kernels before 5.10 do not record callers. */
function isSameCaller({ caller: a }: LogRecord, { caller: b }: LogRecord): boolean {
  return a?.kind === b?.kind && a?.id === b?.id;
}

/** Returns why records between the report before `first` and `last` cannot be read; null if all can. */
function gapNear(first: bigint, last: bigint | null, lost: readonly LostRecords[]): string | null {
  const gap = lost.find(
    ({ position, count }) =>
      (last === null || position <= last) &&
      (count === null || position + BigInt(count) > first - REPORT_LINES),
  );
  return gap?.reason ?? null;
}

/** Only a complete log shows that there was no panic. */
function neither({ most }: Pick<KernelLog, 'most'>, lost: LostRecords | undefined): null {
  const none = 'no panic in the part of the kernel log that the dump has';
  if (lost) throw new InspectError('notStored', `${none}; ${lost.reason}`);
  if (most === null || most <= NEWEST) return null;
  throw new InspectError('unsupported', `no panic in the last ${NEWEST} records of the kernel log`, {
    hint: 'dmesg --panic searches all of them',
  });
}
