import { InspectError, reasonOf } from '../../errors.ts';

/** Who printed a record: a thread by its pid, or a CPU outside of any thread (printk_caller_id, kernel/printk/printk.c). */
export interface Caller {
  readonly kind: 'thread' | 'cpu';
  readonly id: number;
}

/** The device that a record is about, in the kernel's spelling: pci, +pci:0000:00:01.0 (struct dev_printk_info). */
export interface LogDevice {
  readonly subsystem: string;
  readonly device: string;
}

/** One record of the kernel log. What a kernel does not say of its records is null. */
export interface LogRecord {
  readonly kind: 'record';
  /** Orders the records of one log; no two have the same. */
  readonly position: bigint;
  /** The kernel's own number of it, counted from boot. */
  readonly sequence: bigint | null;
  /** Nanoseconds since boot (local_clock). */
  readonly time: bigint;
  /** 0 emerg to 7 debug. */
  readonly level: number | null;
  /** 0 kern, 1 user, ... (include/linux/syslog.h and syslog(3)). */
  readonly facility: number | null;
  /** Whether it goes on with the line of an earlier record (LOG_CONT), with which the kernel could not merge it. */
  readonly continuation: boolean | null;
  readonly caller: Caller | null;
  readonly device: LogDevice | null;
  /** Whether `dmesg --clear` hid it from later readers of that kernel. */
  readonly cleared: boolean | null;
  /** Its text as the kernel keeps it, without a newline at its end; control characters may be in it. */
  readonly text: Uint8Array;
}

/** Why there is no text: these are different answers and stay apart. */
export type LossCause =
  /** The dump does not have the memory that it is in. */
  | 'absent'
  /** The structures that lead to it contradict each other. */
  | 'damaged'
  /** Nothing is lost: its writer had not finished, or the kernel had no room for the text. */
  | 'unwritten';

/** Records that cannot be had, one after the other. */
export interface LostRecords {
  readonly kind: 'lost';
  /** As LogRecord.position, of the first of them. */
  readonly position: bigint;
  /** Number of the first of them. */
  readonly sequence: bigint | null;
  /** How many; null where the way to the next one is lost, too. */
  readonly count: number | null;
  readonly cause: LossCause;
  /** What is wrong with the first of them. */
  readonly reason: string;
}

export type LogEntry = LogRecord | LostRecords;

/** The kernel log of a dump, however that kernel kept it. */
export interface KernelLog {
  /** Whether its records have a level and a facility. */
  readonly hasLevels: boolean;
  /** How many records there may be at most; null where only reading them all tells. */
  readonly most: number | null;
  /** What is wrong with it besides records that are lost, as far as it was read; sentences. */
  readonly doubts: readonly string[];
  /**
   * All of it, oldest first, read as it is asked for. What cannot be had is told in its place and stops nothing.
   * @param newest how many records at the end are wanted, where the log tells which those are
   */
  entries(newest?: number): Generator<LogEntry>;
}

/** LOG_CONT (kernel/printk/internal.h) */
const LOG_CONT = 8;

/** facility, and flags in 5 bits below level in 3: two bytes (struct printk_info, struct printk_log). */
export function decodePriority(bytes: Uint8Array, at: number | null) {
  const [facility, byte] = at === null ? [] : bytes.subarray(at, at + 2);
  if (facility === undefined || byte === undefined)
    return { facility: null, level: null, continuation: null };
  return { facility, level: byte >> 5, continuation: (byte & LOG_CONT) !== 0 };
}

/** The top bit tells a CPU from a thread. */
export function decodeCaller(caller_id: number): Caller {
  return { kind: caller_id >>> 31 === 1 ? 'cpu' : 'thread', id: caller_id & 0x7fff_ffff };
}

/** Where records are lost, and how many. */
type LostPlace = Pick<LostRecords, 'position' | 'sequence' | 'count'>;

/** Records that cannot be had, for a reason. */
export function lost(place: LostPlace, cause: LossCause, reason: string): LostRecords {
  return { kind: 'lost', ...place, cause, reason };
}

/** The same for what an InspectError says of `what`; any other error is thrown on. */
export function lostBy(error: unknown, place: LostPlace, what: string): LostRecords {
  const reason = `${what}: ${reasonOf(error)}`;
  const absent = error instanceof InspectError && (error.kind === 'notStored' || error.kind === 'io');
  return lost(place, absent ? 'absent' : 'damaged', reason);
}

/** The same entries, with neighbours that are lost for the same cause told as one. */
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
