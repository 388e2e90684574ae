import type { Range } from '../../bytes/ranges.ts';
import type { ByteSource, ReadStatistics } from '../../bytes/source.ts';
import { Windows } from '../../bytes/windows.ts';
import type { OnProgress } from '../../bytes/work.ts';
import { InspectError } from '../../errors.ts';
import { layOver, type Overlay } from './overlay.ts';
import { walkRecords } from './records.ts';
import { RecordRuns } from './runs.ts';

/**
 * Files with more runs of records are not indexed: 2^21 runs take 100 MB. An ELF file has a handful of runs,
 * however large it is. Compressed dumps have one run per 23 KiB (QEMU) or 32 KiB (makedumpfile), so 2^21 runs
 * are 48 GiB or more.
 */
const RUNS_LIMIT = 2 ** 21;
/** A truncated file lacks the rest of two or three tables, not thousands of scattered pieces. */
const GAPS_LIMIT = 10_000;

/**
 * A read that continues past a record of at most this size also reads the record's neighbours: a page may be
 * spread over four thousand records.
 */
const SMALL_RECORD = 2048;
/** Progress is reported whenever this many records, plus one, have been read. The sum is a power of two. */
const PROGRESS_MASK = 2 ** 16 - 1;

/**
 * The file that was flattened, as `makedumpfile -R` would restore it, but without restoring it. In a whole
 * file, bytes that no record has are zeros, because -R leaves a hole there (it seeks and writes). In a
 * truncated file they may be anything: they are `lost`, and a read ends before them.
 */
export class FlattenedSource implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly isProcfs = false;
  readonly cutShort: boolean;
  readonly lost: readonly Range[];
  readonly #file: ByteSource;
  readonly #runs = new RecordRuns();
  readonly #overlay: Overlay;
  readonly #windows: Windows;
  #last = 0;

  /**
   * Reads all record headers once. There may be a hundred million.
   * @throws InspectError corrupt, for records that no file could hold; unsupported, if there are too many
   * runs
   */
  constructor(file: ByteSource, onReading: OnProgress = () => {}) {
    let records = 0;
    this.path = file.path;
    this.#file = file;
    this.#windows = new Windows(file, { size: 65_536, count: 4 });
    const whole = walkRecords(file, (record) => {
      this.#runs.add(record);
      if (this.#runs.length > RUNS_LIMIT)
        throw tooScattered(file.path, `its records lie in more than ${RUNS_LIMIT} runs`);
      if ((++records & PROGRESS_MASK) === 0) onReading(record.position, file.size);
    });
    onReading(file.size, file.size);
    this.cutShort = !whole;
    this.#overlay = layOver(this.#runs);
    this.size = this.#furthestEnd();
    this.lost = whole ? [] : this.#gaps();
  }

  /** The same as MemoryImage's `indexBytes`. */
  get indexBytes(): number {
    return 3 * (32 * this.#runs.length + 16 * this.#overlay.length);
  }

  get statistics(): ReadStatistics {
    return this.#file.statistics;
  }

  read(position: number | bigint, into: Uint8Array): number {
    const start = Number(position);
    const length = Math.max(0, Math.min(into.length, this.size - start));
    let done = 0;
    while (done < length) {
      const part = this.#readPart(start + done, into.subarray(done, length));
      if (part === 0) break;
      done += part;
    }
    return done;
  }

  close(): void {
    this.#file.close();
  }

  /** Reads from one record, or fills one gap with zeros. Returns how many bytes; 0 if there are none. */
  #readPart(target: number, into: Uint8Array): number {
    const piece = this.#pieceAt(target);
    const end = piece < 0 ? 0 : this.#endOf(piece);
    if (target >= end) {
      if (this.cutShort) return 0;
      const gap = Math.min(into.length, this.#startOf(piece + 1) - target);
      into.fill(0, 0, gap);
      return gap;
    }
    const run = this.#overlay.run(piece);
    const { position, left } = this.#runs.locate(run, target);
    const part = into.subarray(0, Math.min(left, end - target));
    const goesOn = part.length < into.length && this.#runs.recordSize(run) <= SMALL_RECORD;
    if (!goesOn) return this.#file.read(position, part);
    const bytes = this.#windows.at(position, part.length);
    part.set(bytes);
    return bytes.length;
  }

  /**
   * The piece that holds a byte. Most reads go forward, so the last piece and the next one are tried first.
   */
  #pieceAt(target: number): number {
    for (const piece of [this.#last, this.#last + 1]) {
      if (
        piece < this.#overlay.length &&
        target >= this.#overlay.start(piece) &&
        target < this.#startOf(piece + 1)
      ) {
        this.#last = piece;
        return piece;
      }
    }
    const piece = this.#overlay.before(target);
    this.#last = Math.max(0, piece);
    return piece;
  }

  #startOf(piece: number): number {
    return piece < this.#overlay.length ? this.#overlay.start(piece) : this.size;
  }

  #endOf(piece: number): number {
    const next = piece + 1 < this.#overlay.length ? this.#overlay.start(piece + 1) : Number.POSITIVE_INFINITY;
    return Math.min(this.#runs.end(this.#overlay.run(piece)), next);
  }

  #furthestEnd(): number {
    let end = 0;
    for (let run = 0; run < this.#runs.length; run++) end = Math.max(end, this.#runs.end(run));
    return end;
  }

  #gaps(): Range[] {
    const gaps: Range[] = [];
    let before = 0;
    for (let piece = 0; piece < this.#overlay.length; piece++) {
      const start = this.#overlay.start(piece);
      if (start > before) gaps.push({ start: before, end: start });
      if (gaps.length > GAPS_LIMIT)
        throw tooScattered(
          this.path,
          `it was cut short, and more than ${GAPS_LIMIT} separate parts are missing`,
        );
      before = this.#endOf(piece);
    }
    return gaps;
  }
}

function tooScattered(path: string, what: string): InspectError {
  return new InspectError(
    'unsupported',
    `${path}: flattened file: ${what}, which is too scattered to index`,
    {
      path,
      hint: 'rearrange it first: makedumpfile -R VMCORE < FILE',
    },
  );
}
