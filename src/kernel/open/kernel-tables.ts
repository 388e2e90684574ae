import type { MemoryImage } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import { START_KERNEL_MAP } from '../../machine.ts';
import type { TriedValue } from '../evidence/methods.ts';
import { AddressSpace, explainWalk } from '../paging/address-space.ts';
import { PageWalker } from '../paging/page-walk.ts';
import { missingKey, type Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { findLevels } from './paging-levels.ts';

export interface Root {
  readonly name: string;
  /** Virtual address in the image mapping. */
  readonly address: bigint;
}

/**
 * init_top_pgt since 4.13 (65ade2f872b4), init_level4_pgt before; swapper_pg_dir names the same table in
 * both.
 */
export function rootSymbol(info: Vmcoreinfo): Root {
  for (const name of ['init_top_pgt', 'init_level4_pgt', 'swapper_pg_dir']) {
    const address = info.symbol(name);
    if (address !== undefined) return { name, address };
  }
  throw missingKey('SYMBOL(init_top_pgt)', 'no virtual address can be translated');
}

/** NUMBER(sme_mask), since Linux 5.1: the entry bit that is not part of the physical address. */
export function encryptionMaskOf(info: Vmcoreinfo): bigint {
  return BigInt(info.number('sme_mask') ?? 0);
}

/** The page tables of a kernel if its image lies where a value of phys_base puts it. */
export class KernelTables {
  /** Physical address of the root table in bytes. */
  readonly physical: number;
  readonly levels: TriedValue;
  readonly #image: MemoryImage;
  readonly #info: Vmcoreinfo;
  readonly #root: Root;
  readonly #physBase: bigint;
  readonly #spaces = new Map<4 | 5, AddressSpace>();

  constructor(image: MemoryImage, info: Vmcoreinfo, root: Root, physBase: bigint) {
    this.#image = image;
    this.#info = info;
    this.#root = root;
    this.#physBase = physBase;
    this.physical = Number(BigInt.asUintN(52, root.address - START_KERNEL_MAP + physBase));
    this.levels = findLevels(info, image, (levels) => this.#refute(levels === 5n ? 5 : 4));
  }

  /** Why these are not its page tables; undefined if they are, with 4 or 5 levels. */
  get refuted(): string | undefined {
    if (this.levels.value !== null) return undefined;
    const noted = this.levels.candidates.find(({ value }) => value !== null)?.value;
    return this.#refute(noted === 5n ? 5 : 4);
  }

  space(levels: 4 | 5): AddressSpace {
    const { memory, live } = this.#image;
    const tables = { memory, root: this.physical, levels, encryptionMask: encryptionMaskOf(this.#info) };
    const space = this.#spaces.get(levels) ?? new AddressSpace(new PageWalker(tables), memory, live);
    this.#spaces.set(levels, space);
    return space;
  }

  /**
   * Why so many levels are not right: the kernel's text must translate to where phys_base puts it, or its root
   * table if VMCOREINFO does not say where its text is.
   */
  #refute(levels: 4 | 5): string | undefined {
    const stext = this.#info.symbol('_stext');
    const { name, address } = stext === undefined ? this.#root : { name: '_stext', address: stext };
    const wanted = address - START_KERNEL_MAP + this.#physBase;
    const { result } = this.space(levels).walk(address);
    if (result.kind !== 'mapped') return `then ${name} (${hex(address)}) ${explainWalk(result, address)}`;
    if (BigInt(result.physical) === wanted) return undefined;
    return `the page tables map ${name} to ${hex(result.physical)}, not ${hex(wanted)}`;
  }
}
