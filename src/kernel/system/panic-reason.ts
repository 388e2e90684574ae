import { InspectError } from '../../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { KernelLog, LogRecord, LostRecords } from '../log/log-record.ts';
import { openLog } from '../log/open-log.ts';
import { findPanic, type PanicLines } from '../log/panic.ts';
import { textOf } from '../types/struct-reader.ts';

/** panic() of kernel/panic.c */
const PANIC = /^Kernel panic - not syncing/;
/** How the lines begin that say what an oops is about (arch/x86/mm/fault.c, arch/x86/kernel/traps.c, lib/bug.c). */
const CAUSE =
  /^(BUG: |kernel BUG at |general protection fault|divide error|invalid opcode|traps: PANIC|watchdog: BUG: |NMI watchdog: )/;
/** The line that die() prints for every oops, with the count of them. */
const OOPS = /: [0-9a-f]{4} \[#\d+\]/;

/** Why a kernel died, in words out of its log: who can write to that log can write these. */
export interface PanicReason {
  /** The panic's line, or that of the oops where there is none: kdump can take over before panic() says anything. */
  readonly text: string;
  /** What the oops was about that the panic came of; null where there was none, or where it is the text itself. */
  readonly cause: string | null;
}

/** A panic is at the end of a log: of a longer one than any kernel is known to have, only so many records are looked through. */
const NEWEST = 2 ** 20;

/**
 * Takes the reason out of the lines of the panic. null, when there is neither a panic nor an oops in the log.
 * @throws InspectError missingInfo, notMapped, notStored or corrupt, when there is no way into the log
 */
export function readPanicReason(kernel: Kernel): PanicReason | null {
  const log = openLog(kernel);
  let lost: LostRecords | undefined;
  const panic = findPanic(
    recordsOf(log, (entry) => {
      if (entry.cause !== 'unwritten') lost ??= entry;
    }),
  );
  return panic ? reasonIn(log, panic) : neither(log, lost);
}

/** The records one after the other, for a log may be larger than what this program may take. */
function* recordsOf(log: KernelLog, onLost: (lost: LostRecords) => void = () => {}): Generator<LogRecord> {
  for (const entry of log.entries(NEWEST)) {
    if (entry.kind === 'record') yield entry;
    else onLost(entry);
  }
}

function reasonIn(log: KernelLog, { first, last }: PanicLines): PanicReason {
  const found: Partial<Record<'first' | 'said' | 'oops' | 'cause', string>> = {};
  for (const { position, text: bytes } of recordsOf(log)) {
    if (position < first) continue;
    if (last !== null && position > last) break;
    const text = textOf(bytes);
    found.first ??= text;
    if (PANIC.test(text)) found.said ??= text;
    if (OOPS.test(text)) found.oops ??= text;
    if (CAUSE.test(text)) found.cause ??= text;
  }
  const cause = found.oops === undefined ? null : (found.cause ?? found.oops);
  const { said } = found;
  return said === undefined ? { text: cause ?? found.first ?? '', cause: null } : { text: said, cause };
}

/** That there is no panic is known only of a log that is there as a whole. */
function neither({ most }: KernelLog, lost: LostRecords | undefined): null {
  const none = 'no panic in what the dump has of the kernel log';
  if (lost) throw new InspectError('notStored', `${none}; ${lost.reason}`);
  if (most === null || most <= NEWEST) return null;
  throw new InspectError('unsupported', `no panic in the last ${NEWEST} records of the kernel log`, {
    hint: 'dmesg --panic looks through all of them',
  });
}
