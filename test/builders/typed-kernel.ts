import { TypedKernel } from '../../src/kernel/types/typed-kernel.ts';
import type { BuiltBtf } from './btf.ts';
import { imageSymbols, kernelWithSymbols, stextOf } from './kallsyms.ts';
import type { BuiltKernel } from './kernel.ts';

/** Places of BTF and of objects in the image; bytes from _stext. */
const BTF_IN_IMAGE = 0x10_0000;
const DATA_IN_IMAGE = 0x18_0000;

/** A kernel with BTF, and with room for objects in its image. */
export class BuiltTypedKernel {
  readonly kernel: BuiltKernel;
  #typed: TypedKernel | undefined;

  /**
   * @param symbols offsets in the data, by name
   * @param blob BTF; null for a kernel without it
   */
  constructor(
    btf: BuiltBtf | null,
    symbols: Readonly<Record<string, number>> = {},
    blob = btf?.bytes() ?? null,
  ) {
    const stext = stextOf({});
    const at = (offset: number) => stext + BigInt(offset);
    const named = Object.entries(symbols).map(([name, offset]) => [name, DATA_IN_IMAGE + offset] as const);
    const own = blob
      ? [
          ['__start_BTF', BTF_IN_IMAGE] as const,
          ['__stop_BTF', BTF_IN_IMAGE + blob.length] as const,
          ...named,
        ]
      : named;
    const all = [
      ...imageSymbols(stext),
      ...own.map(([name, offset]) => ({ type: 'd', name, address: at(offset) })),
    ];
    all.sort((a, b) => (a.address < b.address ? -1 : 1));
    this.kernel = kernelWithSymbols({}, { symbols: all });
    if (blob) this.kernel.memory.write(this.kernel.imageAt + BTF_IN_IMAGE, blob);
  }

  /** Opened when first needed, because page tables that were read are kept. */
  get typed(): TypedKernel {
    this.#typed ??= new TypedKernel(this.kernel.open());
    return this.#typed;
  }

  /** Returns the virtual address of a place in the data. */
  at(offset: number): bigint {
    return this.kernel.inImage(DATA_IN_IMAGE + offset);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.kernel.memory.write(this.kernel.imageAt + DATA_IN_IMAGE + offset, bytes);
  }

  writeU64(offset: number, value: bigint): void {
    this.kernel.memory.writeU64(this.kernel.imageAt + DATA_IN_IMAGE + offset, value);
  }

  /** Links list_heads at these places, one of which is the head of the list. */
  linkList(...places: readonly number[]): void {
    places.forEach((place, i) => {
      const following = places[(i + 1) % places.length] as number;
      this.writeU64(place, this.at(following));
      this.writeU64(following + 8, this.at(place));
    });
  }
}
