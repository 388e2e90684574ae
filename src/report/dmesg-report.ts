import type { InspectError } from '../errors.ts';
import type { Caller, LogEntry, LogRecord, LostRecords } from '../kernel/log/log-record.ts';
import { jsonLine } from './escape.ts';
import { jsonInteger } from './json-integer.ts';
import { facilityName, levelName } from './log-names.ts';
import type { Report } from './report.ts';

/** A log whose entries are read while they are iterated, once. What is lost is known after the last one. */
export interface LogReport extends Report {
  readonly schema: 'kdump-inspect/dmesg/1';
  readonly entries: Iterable<LogEntry>;
  /** Why there is nothing to show, if no record can be read. */
  readonly failure?: InspectError | undefined;
}

/** A line of `dmesg --json`: one record, or records that are lost. */
export interface LogRow {
  readonly schema: 'kdump-inspect/dmesg/1';
  /** The kernel's number of the record; text past 2^53, null before 5.10. */
  readonly sequence: number | string | null;
  /** Nanoseconds since boot, text past 2^53; null for a lost record. */
  readonly time: number | string | null;
  readonly level: string | null;
  readonly facility: string | null;
  /** T and the pid of a thread, or C and the number of a CPU. */
  readonly caller: string | null;
  readonly device: { readonly subsystem: string; readonly device: string } | null;
  /** Whether it continues the line of an earlier record. */
  readonly continuation: boolean | null;
  /** Whether `dmesg --clear` hid it. */
  readonly cleared: boolean | null;
  readonly text: string | null;
  /** Whether the record could be read; in the last line, whether all could. */
  readonly complete: boolean;
  /** Only in the last line: what is wrong with the log. */
  readonly warnings?: readonly string[];
  /** Instead of a text: how many records are lost, from `sequence` on, and why. */
  readonly missing?: { readonly records: number | null; readonly cause: string; readonly reason: string };
}

const SCHEMA = 'kdump-inspect/dmesg/1' as const;

/** Characters written at once: writing each record by itself would take longer than everything else. */
const PIECE = 1 << 16;

function* inPieces(lines: Iterable<string>): Generator<string> {
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** JSON Lines. The last line also has what concerns the whole log, which is known only then. */
export function logJson(report: LogReport): Generator<string> {
  return inPieces(jsonLines(report));
}

function* jsonLines(report: LogReport): Generator<string> {
  let last: LogRow | undefined;
  for (const entry of report.entries) {
    if (last) yield `${jsonLine(last)}\n`;
    last = logRow(entry);
  }
  const { warnings, complete } = report;
  if (!last && warnings.length === 0) return;
  last ??= { ...NOTHING, complete };
  yield `${jsonLine({ ...last, complete: last.complete && complete, warnings })}\n`;
}

export function logRow(entry: LogRecord | LostRecords): LogRow {
  if (entry.kind === 'lost') return missingRow(entry);
  const { level, facility, caller, device, continuation, cleared } = entry;
  return {
    schema: SCHEMA,
    sequence: entry.sequence === null ? null : jsonInteger(entry.sequence),
    time: jsonInteger(entry.time),
    level: level === null ? null : levelName(level),
    facility: facility === null ? null : facilityName(facility),
    caller: caller && callerText(caller),
    device,
    continuation,
    cleared,
    text: unicode(entry.text),
    complete: true,
  };
}

/** A line that is not about any record. */
const NOTHING = {
  schema: SCHEMA,
  ...{ sequence: null, time: null, level: null, facility: null, caller: null, device: null },
  ...{ continuation: null, cleared: null, text: null },
} as const;

function missingRow({ sequence, count, cause, reason }: LostRecords): LogRow {
  return {
    ...NOTHING,
    sequence: sequence === null ? null : jsonInteger(sequence),
    complete: cause === 'unwritten',
    missing: { records: count, cause, reason },
  };
}

/** What is missing, as a sentence. */
export function missingText({ sequence, count, cause, reason }: LostRecords): string {
  const which = sequence === null ? 'of the log' : count === 1 ? `${sequence}` : `from ${sequence} on`;
  const records =
    count === null
      ? 'the rest'
      : count === 1
        ? sequence === null
          ? 'a record'
          : 'record'
        : `${count} records`;
  const what = cause === 'unwritten' ? 'without a text' : 'missing';
  return `${records} ${which} ${count === 1 || count === null ? 'is' : 'are'} ${what}: ${reason}`;
}

/** T and a pid, or C and the number of a CPU. */
export function callerText({ kind, id }: Caller): string {
  return `${kind === 'cpu' ? 'C' : 'T'}${id}`;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Valid UTF-8 is decoded; in any other text, bytes that are not ASCII are written \xNN. */
function unicode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : escapedByte(byte))).join(
      '',
    );
  }
}

export const escapedByte = (byte: number) => `\\x${byte.toString(16).padStart(2, '0')}`;
