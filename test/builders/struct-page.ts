import {
  COMPOUND_PAGE_DTOR,
  type Flag,
  HUGETLB_PAGE_DTOR,
  type Shape,
  type TypeName,
} from './kernel-shapes.ts';

/** The contents of a struct page; words that are not given have the kernel's defaults. */
export interface PageSpec {
  readonly flags?: readonly Flag[];
  /** The word at offset 48, by name or raw; -1 (an unmapped page) if absent. */
  readonly type?: TypeName | number;
  readonly mapping?: bigint;
  readonly private?: bigint;
  /** Bit 0 of the compound word. */
  readonly tail?: boolean;
  /** For a compound's first tail: the order and kind of its head. */
  readonly compound?: { readonly order: number; readonly hugetlb: boolean };
  readonly refcount?: number;
  /** The top bits of flags, as the whole upper word. */
  readonly flagsHigh?: number;
}

/** Anonymous memory: PAGE_MAPPING_ANON is bit 0 of mapping (include/linux/page-flags.h). */
export const ANON_MAPPING = 0xffff_8880_0012_3401n;
export const FILE_MAPPING = 0xffff_8880_0012_3400n;

/** A struct page as its kernel writes it, little-endian; `size` is SIZE(page). */
export function encodePage(shape: Shape, spec: PageSpec, size = 64): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, flagsWord(shape, spec.flags ?? []), true);
  view.setUint32(4, spec.flagsHigh ?? 0, true);
  if (spec.tail) view.setBigUint64(8, 0xffff_ea00_0000_0001n, true);
  view.setBigUint64(24, spec.mapping ?? 0n, true);
  view.setBigUint64(40, spec.private ?? 0n, true);
  view.setUint32(48, typeWord(shape, spec.type), true);
  view.setInt32(52, spec.refcount ?? 1, true);
  if (spec.compound) encodeCompound(shape, view, spec.compound);
  return bytes;
}

function flagsWord(shape: Shape, flags: readonly Flag[]): number {
  return flags.reduce((word, flag) => {
    const bit = shape.flags[flag];
    if (bit === undefined) throw new Error(`this kernel has no PG_${flag}`);
    return word + 2 ** bit;
  }, 0);
}

export function typeWord(shape: Shape, type: PageSpec['type']): number {
  const value = typeof type === 'string' ? shape.types[type] : (type ?? -1);
  if (value === undefined) throw new Error(`this kernel has no page type ${type}`);
  return value >>> 0;
}

function encodeCompound(
  shape: Shape,
  view: DataView,
  { order, hugetlb }: { order: number; hugetlb: boolean },
) {
  if (shape.head) {
    view.setUint8(shape.head.dtor, hugetlb ? HUGETLB_PAGE_DTOR : COMPOUND_PAGE_DTOR);
    view.setUint8(shape.head.order, order);
    return;
  }
  const kind = hugetlb && shape.hugetlbFlag !== undefined ? 2 ** shape.hugetlbFlag : 0;
  view.setUint32(0, (view.getUint32(0, true) & ~0xff) | kind | order, true);
}

/** Struct pages by pfn. */
export type Pages = ReadonlyMap<number, PageSpec>;

/** A compound page: the given head, and its tails. */
export function compound(pfn: number, order: number, head: PageSpec, hugetlb = false): [number, PageSpec][] {
  const pages: [number, PageSpec][] = [[pfn, { ...head, flags: ['head', ...(head.flags ?? [])] }]];
  for (let i = 1; i < 2 ** order; i++) {
    pages.push([pfn + i, { tail: true, refcount: 0, ...(i === 1 ? { compound: { order, hugetlb } } : {}) }]);
  }
  return pages;
}

/** A hugetlbfs page, as this kernel marks it; a free one has no mapping. */
export function hugetlb(shape: Shape, pfn: number, order: number): [number, PageSpec][] {
  return compound(pfn, order, shape.types.hugetlb === undefined ? {} : { type: 'hugetlb' }, true);
}

/** A free block of the buddy allocator: only its head says so. */
export function buddy(pfn: number, order: number): [number, PageSpec][] {
  return [[pfn, { type: 'buddy', private: BigInt(order), refcount: 0 }]];
}

/** Struct pages from pfn `first` on, as 32-bit words; blank if not given. */
export function pageWords(shape: Shape, first: number, count: number, pages: Pages, size = 64): Int32Array {
  const bytes = new Uint8Array((count + 1) * size);
  for (let i = 0; i <= count; i++) {
    const spec = pages.get(first + i);
    bytes.set(encodePage(shape, spec ?? {}, size), i * size);
  }
  return new Int32Array(bytes.buffer);
}
