import { InspectError } from '../../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { LogEntry, LogRecord } from '../log/log-record.ts';
import { openLog } from '../log/open-log.ts';
import { findPanic } from '../log/panic.ts';
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

/**
 * Takes the reason out of the lines of the panic. null, when there is neither a panic nor an oops in the log.
 * @throws InspectError missingInfo, notMapped, notStored or corrupt, when there is no way into the log
 */
export function readPanicReason(kernel: Kernel): PanicReason | null {
  const entries = [...openLog(kernel).entries()];
  const records = entries.filter((entry): entry is LogRecord => entry.kind === 'record');
  const panic = findPanic(records);
  if (!panic) return neither(entries);
  const lines = records.filter(
    ({ position }) => position >= panic.first && position <= (panic.last ?? position),
  );
  const texts = lines.map(({ text }) => textOf(text));
  const said = texts.find((text) => PANIC.test(text));
  const oops = texts.find((text) => OOPS.test(text));
  const cause = oops === undefined ? null : (texts.find((text) => CAUSE.test(text)) ?? oops);
  return said === undefined ? { text: cause ?? texts[0] ?? '', cause: null } : { text: said, cause };
}

/** That there is no panic is known only of a log that is there as a whole. */
function neither(entries: readonly LogEntry[]): null {
  const lost = entries.find((entry) => entry.kind === 'lost' && entry.cause !== 'unwritten');
  if (lost?.kind !== 'lost') return null;
  throw new InspectError('notStored', `no panic in what the dump has of the kernel log; ${lost.reason}`);
}
