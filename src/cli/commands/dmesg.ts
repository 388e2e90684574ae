import { type ErrorKind, InspectError } from '../../errors.ts';
import type { KernelLog, LogEntry, LogRecord, LostRecords } from '../../kernel/log/log-record.ts';
import { openLog } from '../../kernel/log/open-log.ts';
import { findPanic, type PanicLines } from '../../kernel/log/panic.ts';
import { type LogReport, logJson, missingText } from '../../report/dmesg-report.ts';
import { lastOf } from '../options/log-filter.ts';
import type { Session } from '../session/session.ts';

export interface DmesgAsked {
  readonly level?: ReadonlySet<number>;
  /** Nanoseconds since boot. */
  readonly since?: bigint;
  readonly last?: number;
  readonly panic?: boolean;
}

/** Lost records that get a warning each; more are only counted. */
const TOLD = 8;

/** `dmesg`: the kernel log. Its records are read while the report is written. */
export function report({ image, kernel: open, options }: Session, asked: DmesgAsked): LogReport {
  const log = openLog(open());
  if (asked.level && !log.hasLevels)
    throw new InspectError('missingInfo', 'the records of this kernel log have no level');
  const losses = new Losses(log);
  return {
    schema: 'kdump-inspect/dmesg/1',
    entries: wanted(log, { ...asked, json: options.json === true }, image.path, losses),
    warnings: losses.warnings,
    get complete() {
      return losses.complete;
    },
    get failure() {
      return losses.failure(image.path);
    },
  };
}

export { dmesgView as view } from '../../report/views/dmesg-view.ts';
export { logJson as json };

export function failed({ failure }: LogReport): InspectError | undefined {
  return failure;
}

interface Wanted extends DmesgAsked {
  readonly json: boolean;
}

/** The entries that were asked for, in the order of the log. In JSON lost records have their own lines. */
function wanted(log: KernelLog, options: Wanted, path: string, losses: Losses): Iterable<LogEntry> {
  const panic = options.panic ? panicOf(log, path) : undefined;
  const chosen = (entries: Iterable<LogEntry>) =>
    filtered(options.json ? entries : withoutLost(entries, () => {}), options);
  const lines = () => within(log.entries(), panic);
  const told = chosen(losses.told(lines()));
  return options.last === undefined ? told : lastOf(options.last, told, chosen(lines()));
}

function panicOf(log: KernelLog, path: string): PanicLines {
  let whole = true;
  const panic = findPanic(
    withoutLost(log.entries(), () => {
      whole = false;
    }),
  );
  if (panic) return panic;
  const where = whole ? 'the kernel log' : 'the part of the kernel log that the dump has';
  throw new InspectError('missingInfo', `${path}: there is no panic and no oops in ${where}`, {
    path,
    hint: 'without --panic the whole log is shown',
  });
}

function* withoutLost(
  entries: Iterable<LogEntry>,
  onLost: (lost: LostRecords) => void,
): Generator<LogRecord> {
  for (const entry of entries) {
    if (entry.kind === 'record') yield entry;
    else onLost(entry);
  }
}

function* within(entries: Iterable<LogEntry>, panic: PanicLines | undefined): Generator<LogEntry> {
  for (const entry of entries) {
    if (panic && endOf(entry) <= panic.first) continue;
    if (panic && panic.last !== null && entry.position > panic.last) return;
    yield entry;
  }
}

/** The position after an entry; that of a lost rest of a log is unknown. */
function endOf(entry: LogEntry): bigint {
  if (entry.kind === 'record') return entry.position + 1n;
  return entry.count === null ? 1n << 64n : entry.position + BigInt(entry.count);
}

function* filtered(entries: Iterable<LogEntry>, { level, since }: Wanted): Generator<LogEntry> {
  const passes = (record: LogRecord) =>
    (!level || (record.level !== null && level.has(record.level))) &&
    (since === undefined || record.time >= since);
  for (const entry of entries) if (entry.kind === 'lost' || passes(entry)) yield entry;
}

/** Collects what is lost of a log while its entries are read. */
class Losses {
  readonly #log: KernelLog;
  readonly warnings: string[] = [];
  complete = true;
  /** How many could be read. */
  #records = 0;
  /** What kind of loss the first one is. */
  #kind: ErrorKind | undefined;

  constructor(log: KernelLog) {
    this.#log = log;
  }

  /** Passes entries on. After the last one all losses are known. */
  *told(entries: Iterable<LogEntry>): Generator<LogEntry> {
    let lost = 0;
    for (const entry of entries) {
      if (entry.kind === 'record') this.#records++;
      else this.#tell(entry, ++lost);
      yield entry;
    }
    const { doubts } = this.#log;
    for (const doubt of doubts) this.warnings.push(doubt);
    this.complete &&= doubts.length === 0;
    if (lost > TOLD)
      this.warnings.push(`and ${lost - TOLD} more places in the log where records are missing`);
  }

  /** Why nothing is shown, if none of the records can be read. Known after the last entry. */
  failure(path: string): InspectError | undefined {
    if (this.complete || this.#records > 0) return undefined;
    const message = `${path}: no record of the kernel log can be read: ${this.warnings.join('; ')}`;
    return new InspectError(this.#kind ?? 'corrupt', message, { path });
  }

  #tell(lost: LostRecords, nth: number): void {
    if (lost.cause !== 'unwritten') {
      this.complete = false;
      this.#kind ??= lost.cause === 'absent' ? 'notStored' : 'corrupt';
    }
    if (nth <= TOLD) this.warnings.push(missingText(lost));
  }
}
