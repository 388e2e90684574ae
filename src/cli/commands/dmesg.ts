import { InspectError } from '../../errors.ts';
import type { KernelLog, LogEntry, LogRecord, LostRecords } from '../../kernel/log/log-record.ts';
import { openLog } from '../../kernel/log/open-log.ts';
import { findPanic, type PanicLines } from '../../kernel/log/panic.ts';
import { logRow, logText, missingText } from '../../report/dmesg-report.ts';
import { jsonLine } from '../../report/escape.ts';
import { lastOf } from '../options/log-filter.ts';
import type { CommonOptions } from '../options/options.ts';
import { EXIT, type Output } from '../output/output.ts';
import { withDump } from '../session/session.ts';

export interface DmesgOptions extends CommonOptions {
  readonly level?: ReadonlySet<number>;
  /** Nanoseconds since boot. */
  readonly since?: bigint;
  readonly last?: number;
  readonly panic?: boolean;
}

/** Characters written at once: a record a write would take longer than all else, and the whole log may be large. */
const PIECE = 1 << 16;

/** More losses than these are counted and not told one by one. */
const TOLD = 8;

/** `dmesg`: the kernel log. Returns the exit status. */
export function dmesg(files: readonly string[], options: DmesgOptions): Promise<number> {
  return withDump(files, options, ({ image, kernel, output }) => {
    const log = openLog(kernel());
    if (options.level && !log.hasLevels)
      throw new InspectError('missingInfo', 'the records of this kernel log have no level');
    const losses = new Losses(output);
    print(wanted(log, options, image.path, losses), options.json === true, output);
    return losses.end(log.doubts);
  });
}

/** What was asked for, in the log's order. Lost records are told on stderr, and besides have lines of their own in JSON. */
function wanted(log: KernelLog, options: DmesgOptions, path: string, losses: Losses): Iterable<LogEntry> {
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

function* filtered(entries: Iterable<LogEntry>, { level, since }: DmesgOptions): Generator<LogEntry> {
  const passes = (record: LogRecord) =>
    (!level || (record.level !== null && level.has(record.level))) &&
    (since === undefined || record.time >= since);
  for (const entry of entries) if (entry.kind === 'lost' || passes(entry)) yield entry;
}

function print(entries: Iterable<LogEntry>, json: boolean, output: Output): void {
  let piece = '';
  for (const entry of entries) {
    if (json) piece += `${jsonLine(logRow(entry))}\n`;
    else if (entry.kind === 'record') piece += logText(entry, output.isTerminal);
    if (piece.length < PIECE) continue;
    output.result(piece);
    piece = '';
  }
  output.result(piece);
}

/** Tells on stderr which records cannot be had, as they are come upon. */
class Losses {
  readonly #output: Output;
  #told = 0;
  #more = 0;
  #incomplete = false;
  #records = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  *told(entries: Iterable<LogEntry>): Generator<LogEntry> {
    for (const entry of entries) {
      if (entry.kind === 'lost') this.#tell(entry);
      else this.#records++;
      yield entry;
    }
  }

  #tell(lost: LostRecords): void {
    if (lost.cause !== 'unwritten') this.#incomplete = true;
    if (this.#told++ < TOLD) this.#output.warn(missingText(lost));
    else this.#more++;
  }

  /** The exit status: where there is nothing at all to be had, nothing was done. @param doubts what else is wrong */
  end(doubts: readonly string[]): number {
    for (const doubt of doubts) this.#output.warn(doubt);
    this.#incomplete ||= doubts.length > 0;
    if (this.#more > 0)
      this.#output.warn(`and ${this.#more} more places in the log where records are missing`);
    if (!this.#incomplete) return EXIT.done;
    return this.#records > 0 ? EXIT.incomplete : EXIT.failed;
  }
}
