import { GrowingFloats } from '../../bytes/growing-floats.ts';
import { type FlatRecord, RECORD_HEADER } from './records.ts';

/**
 * Records in the order in which they were written, 32 bytes per run. makedumpfile and QEMU write through
 * buffers of one size, so the memory in an ELF file is one run of records, however large it is: the records
 * follow each other both in this file and in the one that was flattened. A kdump-compressed file alternates
 * between page descriptors and page data, so most of its records are runs of their own.
 */
export class RecordRuns {
  readonly #targets = new GrowingFloats();
  readonly #positions = new GrowingFloats();
  readonly #sizes = new GrowingFloats();
  readonly #counts = new GrowingFloats();

  get length(): number {
    return this.#targets.length;
  }

  add({ target, size, position }: FlatRecord): void {
    const last = this.length - 1;
    if (
      last >= 0 &&
      this.#sizes.at(last) === size &&
      this.end(last) === target &&
      this.#next(last) === position
    ) {
      this.#counts.set(last, this.#counts.at(last) + 1);
      return;
    }
    this.#targets.push(target);
    this.#positions.push(position);
    this.#sizes.push(size);
    this.#counts.push(1);
  }

  /** Where a run starts in the file that was flattened, in bytes. */
  start(run: number): number {
    return this.#targets.at(run);
  }

  /** Where a run ends there. */
  end(run: number): number {
    return this.#targets.at(run) + this.#sizes.at(run) * this.#counts.at(run);
  }

  /** Bytes per record of a run. */
  recordSize(run: number): number {
    return this.#sizes.at(run);
  }

  /** Where this file holds a byte of a run, and how many bytes of its record are left from there on. */
  locate(run: number, target: number): { readonly position: number; readonly left: number } {
    const size = this.#sizes.at(run);
    const inside = target - this.#targets.at(run);
    const record = Math.floor(inside / size);
    const offset = inside - record * size;
    return {
      position: this.#positions.at(run) + record * (size + RECORD_HEADER) + offset,
      left: size - offset,
    };
  }

  /** Where the data of one more record of a run would be. */
  #next(run: number): number {
    return this.#positions.at(run) + this.#counts.at(run) * (this.#sizes.at(run) + RECORD_HEADER);
  }
}
