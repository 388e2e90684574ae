import { countOf, mergeRanges, type Range } from '../../src/bytes/ranges.ts';
import type { MemoryImage, Segment } from '../../src/formats/image/image.ts';
import { type Kernel, openKernel } from '../../src/kernel/open/kernel.ts';
import { type KeyChanges, vmcoreinfoText } from './kernel-keys.ts';
import { SHAPES, type Shape } from './kernel-shapes.ts';
import { BuiltMemory, type MemoryPlan } from './memory.ts';
import { BuiltTables, KIB4, MIB2 } from './page-tables.ts';
import { SECTION_SHIFT, type SectionPlan, writeSections } from './sections.ts';
import { encodePage, type PageSpec } from './struct-page.ts';

export const START_KERNEL_MAP = 0xffff_ffff_8000_0000n;
/** CONFIG_PHYSICAL_START: an unmoved image is linked and loaded here. */
export const LINKED_AT = 0x100_0000;
/** Bytes of the kernel image. */
export const IMAGE_BYTES = MIB2;
/** Memory below 2 MiB for page tables, the section array and struct pages; e820 reserves page 0. */
export const ARENA: Range = { start: 0x1000, end: MIB2 };
export const PAGES_PER_SECTION = 32768;
/** Struct pages of a section, of 64 bytes. */
const MAP_BYTES = MIB2;

/** Places in the image; bytes from _stext. */
export const IN_IMAGE = {
  root: 0x1000,
  memSection: 0x3000,
  nodeData: 0x4000,
  names: 0x5000,
  variables: 0x6000,
};

/** The bases of a kernel without KASLR (Documentation/arch/x86/x86_64/mm.rst). */
const BASES = {
  4: { pageOffset: 0xffff_8880_0000_0000n, vmemmap: 0xffff_ea00_0000_0000n },
  5: { pageOffset: 0xff11_0000_0000_0000n, vmemmap: 0xffd4_0000_0000_0000n },
};

export interface KernelPlan extends Omit<MemoryPlan, 'described'> {
  readonly shape?: Shape;
  readonly levels?: 4 | 5;
  readonly pageOffset?: bigint;
  readonly vmemmap?: bigint;
  readonly kernelOffset?: bigint;
  readonly physBase?: bigint;
  readonly smeMask?: bigint;
  /** Memory for page tables, the section array and struct pages; ARENA if absent. */
  readonly arena?: Range;
  /** RAM besides the arena and the image; bytes. */
  readonly ram?: readonly Range[];
  /** RAM that the kernel has, with struct pages, but the dump does not describe. */
  readonly undescribed?: readonly Range[];
  readonly sections?: SectionPlan;
  readonly pages?: Iterable<readonly [number, PageSpec]>;
  readonly structPageSize?: number;
  /** Whether struct pages outside `pages` were never written; normally the kernel writes them all at boot. */
  readonly unwritten?: boolean;
  readonly keys?: KeyChanges;
  /** VMCOREINFO text instead of the kernel's own; null for none. */
  readonly text?: string | null;
  readonly segments?: readonly Segment[];
}

/** Returns the memory of `count` pages from pfn `first` on, in bytes. */
export function pfns(first: number, count: number): Range {
  return { start: first * KIB4, end: (first + count) * KIB4 };
}

/** A kernel in built memory. */
export class BuiltKernel {
  readonly memory: BuiltMemory;
  readonly tables: BuiltTables;
  readonly shape: Shape;
  readonly levels: 4 | 5;
  readonly pageOffset: bigint;
  readonly vmemmap: bigint;
  /** Virtual and physical address of the image's first byte. */
  readonly stext: bigint;
  readonly imageAt: number;
  readonly described: readonly Range[];
  readonly structPageSize: number;
  readonly #plan: KernelPlan;
  /** Memory with the struct pages of a section, if each has its own; bytes. */
  readonly #maps: readonly Range[];
  readonly #text: string | null;
  /** All blank struct pages share this page, with the contents that the kernel writes at boot. */
  readonly #blank: number;
  readonly #arena: Range;
  #next: number;

  constructor(plan: KernelPlan = {}) {
    this.#plan = plan;
    this.#arena = plan.arena ?? ARENA;
    this.#next = this.#arena.start;
    this.shape = plan.shape ?? SHAPES['6.12'];
    this.levels = plan.levels ?? 4;
    this.pageOffset = plan.pageOffset ?? BASES[this.levels].pageOffset;
    this.vmemmap = plan.vmemmap ?? BASES[this.levels].vmemmap;
    this.structPageSize = plan.structPageSize ?? 64;
    const { kernelOffset = 0n, physBase = 0n, smeMask = 0n } = plan;
    this.stext = START_KERNEL_MAP + BigInt(LINKED_AT) + kernelOffset;
    this.imageAt = Number(this.stext - START_KERNEL_MAP + physBase);
    const image = { start: this.imageAt, end: this.imageAt + IMAGE_BYTES };
    this.#maps = Object.values(plan.sections?.maps ?? {}).map((at) => ({ start: at, end: at + MAP_BYTES }));
    this.described = mergeRanges([this.#arena, image, ...this.#maps, ...(plan.ram ?? [])]);
    this.memory = new BuiltMemory({ ...plan, described: this.described });
    const root = this.imageAt + IN_IMAGE.root;
    const allocate = () => this.allocate(KIB4);
    this.tables = new BuiltTables({ memory: this.memory, root, levels: this.levels, smeMask, allocate });
    this.#blank = this.allocate(KIB4);
    this.#initialize(this.#blank);
    this.#mapMemory(mergeRanges([...this.described, ...(plan.undescribed ?? [])]));
    const facts = { shape: this.shape, levels: this.levels, physBase, kernelOffset, smeMask };
    const memSection = writeSections(this, this.presentSections(), plan.sections);
    const keys = { 'SIZE(page)': `${this.structPageSize}`, ...memSection.keys, ...plan.keys };
    const own = vmcoreinfoText(
      { ...facts, stext: this.stext, root: this.inImage(IN_IMAGE.root), memSection },
      keys,
    );
    this.#text = plan.text === undefined ? own : plan.text;
    for (const [pfn, spec] of plan.pages ?? []) this.setPage(pfn, spec);
  }

  /** Returns the physical address of a free, zeroed part of the arena; whole pages are page-aligned. */
  allocate(bytes: number): number {
    const at = bytes % KIB4 === 0 ? Math.ceil(this.#next / KIB4) * KIB4 : this.#next;
    this.#next = at + bytes;
    if (this.#next > this.#arena.end) throw new Error('the arena is full');
    return at;
  }

  /** Returns the virtual address in the direct map. */
  direct(physical: number): bigint {
    return this.pageOffset + BigInt(physical);
  }

  /** Returns the virtual address in the image mapping. */
  inImage(offset: number): bigint {
    return this.stext + BigInt(offset);
  }

  /** Returns the sections with any RAM. */
  presentSections(): number[] {
    const sections = mergeRanges([...this.described, ...(this.#plan.undescribed ?? [])]).flatMap((range) => {
      const [first, last] = [range.start, range.end - 1].map((at) =>
        Math.floor(at / KIB4 / PAGES_PER_SECTION),
      );
      return Array.from({ length: (last ?? 0) - (first ?? 0) + 1 }, (_, i) => (first ?? 0) + i);
    });
    const absent = this.#plan.sections?.absent ?? [];
    return [...new Set(sections)].filter((section) => !absent.includes(section));
  }

  /** Returns the virtual address of a struct page. */
  structPageAt(pfn: number): bigint {
    const { maps } = this.#plan.sections ?? {};
    if (!maps) return this.vmemmap + BigInt(pfn * this.structPageSize);
    const inSection = pfn % PAGES_PER_SECTION;
    const map = maps[(pfn - inSection) / PAGES_PER_SECTION];
    if (map === undefined) throw new Error(`pfn ${pfn} has no struct page`);
    return this.direct(map + inSection * this.structPageSize);
  }

  /** Writes a struct page; a blank page of the vmemmap gets its own memory first. */
  setPage(pfn: number, spec: PageSpec): void {
    const section = Math.floor(pfn / PAGES_PER_SECTION);
    const flagsHigh = ((spec.flagsHigh ?? 0) | this.#sectionBits(section)) >>> 0;
    const bytes = encodePage(this.shape, { ...spec, flagsHigh }, this.structPageSize);
    for (let i = 0; i < bytes.length; i += 8) {
      const at = this.structPageAt(pfn) + BigInt(i);
      this.memory.write(this.vmemmapBacking(at) + Number(at % BigInt(KIB4)), bytes.subarray(i, i + 8));
    }
  }

  /** Returns the physical address of a page of the vmemmap, which is made if it was blank. */
  vmemmapBacking(virtual: bigint): number {
    if (this.#plan.sections?.maps) return Number(virtual - (virtual % BigInt(KIB4)) - this.pageOffset);
    const page = virtual - (virtual % BigInt(KIB4));
    const smeMask = this.#plan.smeMask ?? 0n;
    const entry = this.memory.peekU64(this.tables.entryAt(page, KIB4)) & ~smeMask;
    const backing = Number(entry & 0x000f_ffff_ffff_f000n);
    if (backing !== this.#blank) return backing;
    const own = this.allocate(KIB4);
    this.#initialize(own);
    this.tables.map(page, own);
    return own;
  }

  /** Fills a page of the vmemmap with new struct pages, as many as fit whole. */
  #initialize(page: number, flagsHigh = 0): void {
    if (this.#plan.unwritten) return;
    const bytes = encodePage(this.shape, { flagsHigh }, this.structPageSize);
    for (let at = 0; at + bytes.length <= KIB4; at += bytes.length) this.memory.write(page + at, bytes);
  }

  /** Returns the upper half of flags with the number of a section. */
  #sectionBits(section: number): number {
    return this.#plan.sections?.maps ? section << SECTION_SHIFT : 0;
  }

  /** Unmaps the page of the vmemmap with a struct page. */
  unmapStructPage(pfn: number): void {
    const at = this.structPageAt(pfn);
    this.tables.set(at - (at % BigInt(KIB4)), KIB4, 0n);
  }

  #mapMemory(ram: readonly Range[]): void {
    this.tables.map(this.stext, this.imageAt, MIB2);
    for (const { start, end } of mergeRanges(ram.map(wholeLargePages))) {
      this.tables.mapRange(this.direct(start), start, end - start);
    }
    const { maps } = this.#plan.sections ?? {};
    for (const [section, map] of Object.entries(maps ?? {})) {
      for (let at = map; at < map + MAP_BYTES; at += KIB4) this.#initialize(at, this.#sectionBits(+section));
    }
    if (maps) return;
    const sectionBytes = PAGES_PER_SECTION * this.structPageSize;
    for (const section of this.presentSections()) {
      for (let at = 0; at < sectionBytes; at += KIB4) {
        this.tables.map(this.structPageAt(section * PAGES_PER_SECTION) + BigInt(at), this.#blank);
      }
    }
  }

  /** The image's LOAD first, as in kdump, then all RAM, including the image's. */
  get segments(): readonly Segment[] {
    if (this.#plan.segments) return this.#plan.segments;
    const image = { start: this.imageAt, end: this.imageAt + IMAGE_BYTES };
    return [
      segment(this.stext, image),
      ...this.described.map((range) => segment(this.direct(range.start), range)),
    ];
  }

  get image(): MemoryImage {
    const { segments, memory } = this;
    const text = this.#text;
    return {
      format: 'made-up',
      path: 'made-up.core',
      bytes: null,
      live: false,
      memory,
      segments,
      notes: [],
      vmcoreinfo: text === null ? null : { text, source: 'made-up' },
      warnings: [],
      makedumpfile: {
        originalPages: segments.reduce((sum, s) => sum + Number(s.memorySize) / KIB4, 0),
        looked: () => memory.stored,
      },
      registers: [],
      statistics: { reads: 0, bytes: 0 },
      close() {},
    };
  }

  open(): Kernel {
    return openKernel(this.image);
  }

  /** What the arena, the image and maps add to a census; no exclusion rule matches any of their pages. */
  get own(): { readonly pages: number; readonly zero: number; readonly kernelData: number } {
    const image = { start: this.imageAt, end: this.imageAt + IMAGE_BYTES };
    const all = [this.#arena, image, ...this.#maps];
    const pages = countOf(all) / KIB4;
    const written = this.memory.nonZeroPfns().filter((pfn) => {
      const at = pfn * KIB4;
      return all.some((range) => at >= range.start && at < range.end);
    });
    return { pages, zero: pages - written.length, kernelData: written.length };
  }
}

/** A LOAD with all its contents in the file. */
export function segment(virtual: bigint | null, range: Range): Segment {
  const size = BigInt(range.end - range.start);
  return {
    type: 'LOAD',
    virtual,
    physical: range.start,
    memorySize: size,
    fileSize: size,
    offset: 0x1000n,
    missing: 0n,
  };
}

/** The kernel maps its RAM in 2 MiB pages and rounds outwards. */
function wholeLargePages({ start, end }: Range): Range {
  return { start: Math.floor(start / MIB2) * MIB2, end: Math.ceil(end / MIB2) * MIB2 };
}
