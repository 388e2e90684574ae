import { InspectError } from '../../errors.ts';
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

/** More losses than these are counted and not told one by one. */
const TOLD = 8;

/** `dmesg`: the kernel log, whose records are read as the report is gone through. */
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
    get records() {
      return losses.records;
    },
  };
}

export { dmesgView as view } from '../../report/views/dmesg-view.ts';
export { logJson as json };

/** Nothing at all can be had of what was asked for. */
export function failed({ complete, records }: LogReport): boolean {
  return !complete && records === 0;
}

interface Wanted extends DmesgAsked {
  readonly json: boolean;
}

/** What was asked for, in the log's order. In JSON lost records have lines of their own. */
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
  const where = whole ? 'the kernel log' : 'what the dump has of the kernel log';
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

/** The first position behind an entry: of the rest of a log, none is known. */
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

/** What cannot be had of a log, as it is come upon. */
class Losses {
  readonly #log: KernelLog;
  readonly warnings: string[] = [];
  complete = true;
  /** Those that can be had. */
  records = 0;

  constructor(log: KernelLog) {
    this.#log = log;
  }

  /** Passes entries on; when it ends all is told. */
  *told(entries: Iterable<LogEntry>): Generator<LogEntry> {
    let lost = 0;
    for (const entry of entries) {
      if (entry.kind === 'record') this.records++;
      else this.#tell(entry, ++lost);
      yield entry;
    }
    const { doubts } = this.#log;
    for (const doubt of doubts) this.warnings.push(doubt);
    this.complete &&= doubts.length === 0;
    if (lost > TOLD)
      this.warnings.push(`and ${lost - TOLD} more places in the log where records are missing`);
  }

  #tell(lost: LostRecords, nth: number): void {
    if (lost.cause !== 'unwritten') this.complete = false;
    if (nth <= TOLD) this.warnings.push(missingText(lost));
  }
}
