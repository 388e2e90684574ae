import { InspectError, reasonOf } from '../../errors.ts';

/**
 * Who printed a record: a thread by its pid, or a CPU outside thread context (printk_caller_id,
 * kernel/printk/printk.c).
 */
export interface Caller {
  readonly kind: 'thread' | 'cpu';
  readonly id: number;
}

/** The device of a record, in the kernel's notation: pci, +pci:0000:00:01.0 (struct dev_printk_info). */
export interface LogDevice {
  readonly subsystem: string;
  readonly device: string;
}

/** A record of the kernel log. What the kernel does not record is null. */
export interface LogRecord {
  readonly kind: 'record';
  /** Orders the records of a log; unique. */
  readonly position: bigint;
  /** The kernel's number of the record, counted from boot. */
  readonly sequence: bigint | null;
  /** Nanoseconds since boot (local_clock). */
  readonly time: bigint;
  /** 0 emerg to 7 debug. */
  readonly level: number | null;
  /** 0 kern, 1 user, ... (include/linux/syslog.h and syslog(3)). */
  readonly facility: number | null;
  /** Whether it continues the line of an earlier record (LOG_CONT) that the kernel could not append to. */
  readonly continuation: boolean | null;
  readonly caller: Caller | null;
  readonly device: LogDevice | null;
  /** Whether `dmesg --clear` hid it from later readers. */
  readonly cleared: boolean | null;
  /** Its text as the kernel keeps it, without the final newline; may contain control characters. */
  readonly text: Uint8Array;
}

/** Why a record has no text; these are different answers. */
export type LossCause =
  /** The dump lacks its memory. */
  | 'absent'
  /** The structures that lead to it are inconsistent. */
  | 'damaged'
  /** Nothing is lost: its writer had not finished, or the kernel had no space for the text. */
  | 'unwritten';

/** One or more consecutive records that cannot be read. */
export interface LostRecords {
  readonly kind: 'lost';
  /** LogRecord.position of the first of them. */
  readonly position: bigint;
  /** Number of the first of them. */
  readonly sequence: bigint | null;
  /** How many; null if the way to the next record is lost, too. */
  readonly count: number | null;
  readonly cause: LossCause;
  /** Why the first of them cannot be read. */
  readonly reason: string;
}

export type LogEntry = LogRecord | LostRecords;

/** The kernel log of a dump, in any form. */
export interface KernelLog {
  /** Whether its records have level and facility. */
  readonly hasLevels: boolean;
  /** Maximum number of records; null if it is known only after reading all. */
  readonly most: number | null;
  /** Problems other than lost records, as far as the log was read; sentences. */
  readonly doubts: readonly string[];
  /**
   * Yields all entries, oldest first, read on demand. Lost records are reported in their place and do not end
   * the log.
   * @param newest how many records at the end are wanted; ignored by a log that cannot find them without
   * reading all
   */
  entries(newest?: number): Generator<LogEntry>;
}

/** LOG_CONT (kernel/printk/internal.h) */
const LOG_CONT = 8;

/**
 * Decodes two bytes: facility, then 5 bits of flags below 3 of level (struct printk_info, struct printk_log).
 */
export function decodePriority(bytes: Uint8Array, at: number | null) {
  const [facility, byte] = at === null ? [] : bytes.subarray(at, at + 2);
  if (facility === undefined || byte === undefined)
    return { facility: null, level: null, continuation: null };
  return { facility, level: byte >> 5, continuation: (byte & LOG_CONT) !== 0 };
}

/** The top bit distinguishes a CPU from a thread. */
export function decodeCaller(caller_id: number): Caller {
  return { kind: caller_id >>> 31 === 1 ? 'cpu' : 'thread', id: caller_id & 0x7fff_ffff };
}

/** Which records are lost. */
type LostPlace = Pick<LostRecords, 'position' | 'sequence' | 'count'>;

/** Makes an entry for lost records. */
export function lost(place: LostPlace, cause: LossCause, reason: string): LostRecords {
  return { kind: 'lost', ...place, cause, reason };
}

/** Makes an entry for records that are lost to an InspectError; any other error is thrown on. */
export function lostBy(error: unknown, place: LostPlace, what: string): LostRecords {
  const reason = `${what}: ${reasonOf(error)}`;
  const absent = error instanceof InspectError && (error.kind === 'notStored' || error.kind === 'io');
  return lost(place, absent ? 'absent' : 'damaged', reason);
}

/** Merges neighbouring lost entries that have the same cause. */
export function* mergeLost(entries: Iterable<LogEntry>): Generator<LogEntry> {
  let held: LostRecords | undefined;
  for (const entry of entries) {
    if (held && entry.kind === 'lost' && entry.cause === held.cause) {
      const count = held.count === null || entry.count === null ? null : held.count + entry.count;
      held = { ...held, count };
      continue;
    }
    if (held) yield held;
    held = entry.kind === 'lost' ? entry : undefined;
    if (entry.kind === 'record') yield entry;
  }
  if (held) yield held;
}
