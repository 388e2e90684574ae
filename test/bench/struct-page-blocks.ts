import { SHAPES } from '../builders/kernel-shapes.ts';
import { ANON_MAPPING, encodePage, FILE_MAPPING, type PageSpec } from '../builders/struct-page.ts';

/** Struct pages of one section of 128 MiB: what one 2 MiB page of the vmemmap holds. */
export const SECTION_PAGES = 32768;
const STRUCT_PAGE = 64;
const SHAPE = SHAPES['6.12'];

const ANONYMOUS: PageSpec = { flags: ['lru', 'swapbacked'], mapping: ANON_MAPPING };
const CACHE: PageSpec = { flags: ['lru'], mapping: FILE_MAPPING };
const PRIVATE_CACHE: PageSpec = { flags: ['lru', 'private'], mapping: FILE_MAPPING };
const SLAB: PageSpec = { type: 'slab' };
const KERNEL: PageSpec = {};

/** What a section is filled with, and how many pages of it are in free blocks of each order. */
export interface Block {
  readonly bytes: Buffer;
  readonly freeBlocks: number[];
}

/** Fills the struct pages of a section, from its first page on. */
class Writer {
  readonly bytes = Buffer.alloc(SECTION_PAGES * STRUCT_PAGE);
  readonly freeBlocks: number[] = new Array(11).fill(0);
  at = 0;

  get left(): number {
    return SECTION_PAGES - this.at;
  }

  page(spec: PageSpec): void {
    this.bytes.set(encodePage(SHAPE, spec), this.at++ * STRUCT_PAGE);
  }

  /** Single pages, all alike. */
  pages(spec: PageSpec, count: number): void {
    for (let i = 0; i < count; i++) this.page(spec);
  }

  /** A free block: only its head says so; the others are as their last use left them, which is blank. */
  free(order: number): void {
    this.page({ type: 'buddy', private: BigInt(order), refcount: 0 });
    this.pages({ refcount: 0 }, 2 ** order - 1);
    this.freeBlocks[order] = (this.freeBlocks[order] ?? 0) + 1;
  }

  compound(head: PageSpec, order: number, hugetlb = false): void {
    this.page({ ...head, flags: [...(head.flags ?? []), 'head'] });
    this.page({ tail: true, compound: { order, hugetlb } });
    this.pages({ tail: true, refcount: 0 }, Math.min(this.left, 2 ** order - 2));
  }
}

function block(fill: (writer: Writer) => void): Block {
  const writer = new Writer();
  fill(writer);
  if (writer.left !== 0) throw new Error(`a section of the benchmark has ${writer.left} pages left`);
  return writer;
}

/** Repeats what `unit` writes until the section is full. */
const filled = (unit: (writer: Writer) => void) =>
  block((writer) => {
    while (writer.left > 0) unit(writer);
  });

/** 256 pages in the mix of a machine in use: single pages, small folios, small free blocks. */
function mixed(writer: Writer): void {
  writer.pages(ANONYMOUS, 40);
  writer.pages(CACHE, 17);
  writer.pages(PRIVATE_CACHE, 3);
  writer.free(2);
  writer.compound(CACHE, 5);
  writer.pages(ANONYMOUS, 32);
  writer.compound(CACHE, 6);
  writer.compound(ANONYMOUS, 6);
}

/** The sections that make up a benchmark's memory, by what fills them. */
export const BLOCKS = {
  free: () => filled((writer) => writer.free(10)),
  hugePages: () => filled((writer) => writer.compound(ANONYMOUS, 9)),
  mixed: () => filled(mixed),
  folios: () =>
    filled((writer) => {
      writer.compound(CACHE, 7);
      writer.compound(CACHE, 4);
      writer.compound(PRIVATE_CACHE, 4);
      writer.free(5);
      writer.free(6);
    }),
  /** 256 pages of the kernel, otherwise mixed. */
  kernel: () =>
    filled((writer) => {
      if (writer.at % 4096 === 0) {
        writer.compound(SLAB, 3);
        writer.compound(SLAB, 3);
        writer.compound(SLAB, 3);
        writer.pages(KERNEL, 8);
        writer.free(5);
        for (let i = 0; i < 3; i++) writer.compound(CACHE, 6);
      }
      mixed(writer);
    }),
  /** The head of a huge page of 1 GiB; seven sections of tails follow it. */
  giganticHead: () => block((writer) => writer.compound({ type: 'hugetlb' }, 18, true)),
  giganticTail: () => filled((writer) => writer.page({ tail: true, refcount: 0 })),
  /** The section that holds the dump's own tables below `pages`. */
  own: (pages: number) =>
    block((writer) => {
      writer.pages(KERNEL, pages);
      writer.free(Math.min(10, Math.log2(pages & -pages)));
      while (writer.left > 0) writer.free(Math.min(10, Math.log2(writer.at & -writer.at)));
    }),
};
