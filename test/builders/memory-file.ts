import type { Range } from '../../src/bytes/ranges.ts';
import type { ByteSource, ReadStatistics } from '../../src/bytes/source.ts';
import type { PhysicalMemory } from '../../src/formats/image/image.ts';

/** Where virtual machines of VMware, and QEMU's pc with 3.5 GiB or more, have no RAM. */
export const USUAL_HOLE: Range = { start: 0xc000_0000, end: 2 ** 32 };

/** The memory file of a virtual machine: the RAM of its ranges, one after the other; what is not there is zero. */
export class MemoryFile implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly isProcfs = false;
  readonly statistics: ReadStatistics = { reads: 0, bytes: 0 };
  readonly #memory: PhysicalMemory;
  readonly #ranges: readonly Range[];

  constructor(memory: PhysicalMemory, ranges: readonly Range[], path = 'machine.vmem') {
    this.#memory = memory;
    this.#ranges = ranges;
    this.path = path;
    this.size = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  read(position: number | bigint, into: Uint8Array): number {
    const length = Math.max(0, Math.min(into.length, this.size - Number(position)));
    let offset = 0;
    for (const { start, end } of this.#ranges) {
      const from = Math.max(offset, Number(position));
      const to = Math.min(offset + end - start, Number(position) + length);
      if (from < to)
        this.#fill(start + from - offset, into.subarray(from - Number(position), to - Number(position)));
      offset += end - start;
    }
    this.statistics.reads++;
    this.statistics.bytes += length;
    return length;
  }

  /** Memory without contents is zero, such as what a filter left out of the dump that it comes from. */
  #fill(address: number, into: Uint8Array): void {
    if (this.#memory.readPadded(address, into)) into.fill(0);
  }

  close(): void {}
}

/** Where such a file has a physical address; undefined in the hole. */
export function placeAround({ start, end }: Range, physical: number): number | undefined {
  if (physical < start) return physical;
  return physical < end ? undefined : physical - (end - start);
}
