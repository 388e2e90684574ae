import { textOf } from '../../bytes/text.ts';
import { InspectError } from '../../errors.ts';
import type { KernelLog, LogRecord, LostRecords } from '../log/log-record.ts';
import { openLog } from '../log/open-log.ts';
import { findPanic, type PanicLines } from '../log/panic.ts';
import { CAUSE, OOPS, PANIC } from '../log/panic-patterns.ts';
import type { Kernel } from '../open/kernel.ts';

/** Why a kernel died, in words out of its log: who can write to that log can write these. */
export interface PanicReason {
  /** The panic's line, or that of the oops where there is none: kdump can take over before panic() says anything. */
  readonly text: string;
  /** What the oops was about that the panic came of; null where there was none, or where it is the text itself. */
  readonly cause: string | null;
  /** Why the cause, which is null, may be in records that cannot be read; null where it is not. */
  readonly causeLost: string | null;
}

/** Lines of a report before the panic's own: an oops has some 60. */
const REPORT_LINES = 100n;

/** A panic is at the end of a log: of a longer one than any kernel is known to have, only so many records are looked through. */
const NEWEST = 2 ** 20;

/**
 * Takes the reason out of the lines of the panic. null, when there is neither a panic nor an oops in the log.
 * @throws InspectError missingInfo, notMapped, notStored or corrupt, when there is no way into the log
 */
export function readPanicReason(kernel: Kernel): PanicReason | null {
  return panicReasonIn(openLog(kernel));
}

type Records = Pick<KernelLog, 'entries' | 'most'>;

/** @throws InspectError notStored, when records are lost in which it may be */
export function panicReasonIn(log: Records): PanicReason | null {
  const lost: LostRecords[] = [];
  const panic = findPanic(recordsOf(log, lost));
  return panic ? reasonIn(log, panic, lost) : neither(log, lost[0]);
}

/**
 * The records one after the other, for a log may be larger than what this program may take.
 * @param lost gets those that cannot be read and were written
 */
function* recordsOf(log: Records, lost: LostRecords[]): Generator<LogRecord> {
  for (const entry of log.entries(NEWEST)) {
    if (entry.kind === 'record') yield entry;
    else if (entry.cause !== 'unwritten') lost.push(entry);
  }
}

function reasonIn(log: Records, lines: PanicLines, lost: LostRecords[]): PanicReason {
  const { first, said, oops, cause: about } = linesIn(log, lines, lost);
  const cause = oops === undefined ? null : (about ?? oops);
  // Where no panic was found, its line may be in any that are lost after the oops.
  const gap = gapNear(lines.first, said === undefined ? null : lines.last, lost);
  if (said !== undefined) return { text: said, cause, causeLost: cause === null ? gap : null };
  if (gap !== null) throw new InspectError('notStored', `lines of the panic are lost: ${gap}`);
  return { text: cause ?? first ?? '', cause: null, causeLost: null };
}

function linesIn(log: Records, { first, last }: PanicLines, lost: LostRecords[]) {
  const found: Partial<Record<'first' | 'said' | 'oops' | 'cause', string>> = {};
  for (const { position, text: bytes } of recordsOf(log, lost)) {
    if (position < first) continue;
    if (last !== null && position > last) break;
    const text = textOf(bytes);
    found.first ??= text;
    if (PANIC.test(text)) found.said ??= text;
    if (OOPS.test(text)) found.oops ??= text;
    if (CAUSE.test(text)) found.cause ??= text;
  }
  return found;
}

/** Why records between `first`, or the report before it, and `last` cannot be read; null where all can. */
function gapNear(first: bigint, last: bigint | null, lost: readonly LostRecords[]): string | null {
  const gap = lost.find(
    ({ position, count }) =>
      (last === null || position <= last) &&
      (count === null || position + BigInt(count) > first - REPORT_LINES),
  );
  return gap?.reason ?? null;
}

/** That there is no panic is known only of a log that is there as a whole. */
function neither({ most }: Pick<KernelLog, 'most'>, lost: LostRecords | undefined): null {
  const none = 'no panic in what the dump has of the kernel log';
  if (lost) throw new InspectError('notStored', `${none}; ${lost.reason}`);
  if (most === null || most <= NEWEST) return null;
  throw new InspectError('unsupported', `no panic in the last ${NEWEST} records of the kernel log`, {
    hint: 'dmesg --panic looks through all of them',
  });
}
