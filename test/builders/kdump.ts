import { deflateSync } from 'node:zlib';
import { snappyCompress } from 'hysnappy';
import { ascii, type Chunk, concat, type Field, flat, packed } from './encode.ts';
import { lzo, zstd } from './kdump-encoders.ts';
import { MemorySource, type SourceOptions } from './memory-source.ts';

export const PAGE = 4096;
const DESCRIPTOR = 24;
const SUB_HEADER = PAGE;
const UTS_FIELDS = ['sysname', 'nodename', 'release', 'version', 'machine', 'domainname'] as const;

/** How a page is encoded, and the flag that says so (DUMP_DH_COMPRESSED_*). */
export const CODECS = {
  none: { flags: 0, encode: (page: Uint8Array) => page },
  zlib: { flags: 1, encode: (page: Uint8Array) => deflateSync(page, { level: 1 }) },
  lzo: { flags: 2, encode: lzo },
  snappy: { flags: 4, encode: (page: Uint8Array) => snappyCompress(page) },
  zstd: { flags: 0x20, encode: zstd },
} as const;
export type CodecName = keyof typeof CODECS;

export type PageRecipe =
  /** Stored, encoded by a codec; not encoded if none is named. */
  | { readonly page: Uint8Array; readonly codec?: CodecName }
  /** Stored as any bytes; `size` replaces their number in the descriptor. */
  | { readonly encoded: Uint8Array; readonly flags: number; readonly size?: number }
  /** Its descriptor says this, and there are no data. */
  | { readonly offset: number; readonly size: number; readonly flags: number }
  /** Exists, but was left out by a filter. */
  | 'excluded'
  /** All zero: points to the page of zeros that all such pages share. */
  | 'zero'
  /** Its descriptor was never written: the writer ran out of space. */
  | 'unwritten';

export interface KdumpRecipe {
  /** By pfn; any other pfn is a hole. */
  readonly pages: ReadonlyMap<number, PageRecipe>;
  readonly signature?: 'KDUMP   ' | 'DISKDUMP';
  /** 6 if absent. */
  readonly version?: number;
  /** Lays the headers out like a 32-bit program. */
  readonly packed32?: boolean;
  /** One more than the highest pfn if absent. */
  readonly maxMapnr?: number;
  /** One bitmap for both, as in a dump from which nothing was left out. */
  readonly singleBitmap?: boolean;
  readonly uts?: Partial<Record<(typeof UTS_FIELDS)[number], string>>;
  readonly timestamp?: number;
  readonly status?: number;
  readonly dumpLevel?: number;
  /** This file has only the pages of these pfns. */
  readonly split?: { readonly start: number; readonly end: number };
  /** phys_base; 0 if absent, as QEMU writes it. */
  readonly physBase?: bigint;
  /** Text at offset_vmcoreinfo. */
  readonly vmcoreinfo?: string;
  /** Notes at offset_note. */
  readonly notes?: Uint8Array;
  readonly eraseinfo?: string;
  /** Fields that shall differ from what was built. */
  readonly header?: Partial<Record<HeaderField, number | bigint>>;
}

/** The fields of both headers that a test may want to change. */
export type HeaderField =
  | 'block_size'
  | 'sub_hdr_size'
  | 'bitmap_blocks'
  | 'max_mapnr'
  | 'split'
  | 'start_pfn'
  | 'end_pfn'
  | 'offset_vmcoreinfo'
  | 'size_vmcoreinfo'
  | 'offset_note'
  | 'size_note'
  | 'offset_eraseinfo'
  | 'size_eraseinfo'
  | 'start_pfn_64'
  | 'end_pfn_64'
  | 'max_mapnr_64';

type Values = Record<HeaderField, number | bigint>;

/** A kdump-compressed file, as makedumpfile and QEMU write it, or as neither would. */
export function buildKdump(recipe: KdumpRecipe): Chunk[] {
  const maxMapnr = recipe.maxMapnr ?? Math.max(0, ...recipe.pages.keys()) + 1;
  const blocks = Math.ceil(maxMapnr / 8 / PAGE);
  const bitmaps = recipe.singleBitmap
    ? [bitmap(recipe, isDumped)]
    : [bitmap(recipe, () => true), bitmap(recipe, isDumped)];
  const texts = placeTexts(recipe);
  const subBlocks = Math.ceil((texts.end - SUB_HEADER) / PAGE);
  const first = (1 + subBlocks) * PAGE;
  const descriptors = first + bitmaps.length * blocks * PAGE;
  const data = pageData(recipe, descriptors);
  const values: Values = {
    block_size: PAGE,
    sub_hdr_size: subBlocks,
    bitmap_blocks: bitmaps.length * blocks,
    max_mapnr: maxMapnr % 2 ** 32,
    split: recipe.split ? 1 : 0,
    start_pfn: recipe.split?.start ?? 0,
    end_pfn: recipe.split?.end ?? 0,
    start_pfn_64: recipe.split?.start ?? 0,
    end_pfn_64: recipe.split?.end ?? 0,
    max_mapnr_64: maxMapnr,
    ...texts.values,
    ...(recipe.eraseinfo ? { offset_eraseinfo: data.end, size_eraseinfo: recipe.eraseinfo.length } : {}),
    ...recipe.header,
  };
  return [
    { at: 0n, bytes: mainHeader(recipe, values) },
    { at: BigInt(SUB_HEADER), bytes: subHeader(recipe, values) },
    ...texts.chunks,
    ...bitmaps.map((bytes, i) => ({ at: BigInt(first + i * blocks * PAGE), bytes })),
    ...data.chunks,
    ...(recipe.eraseinfo ? [{ at: BigInt(data.end), bytes: ascii(recipe.eraseinfo) }] : []),
  ];
}

/** A built file, opened. */
export function kdumpSource(recipe: KdumpRecipe, options: SourceOptions = {}): MemorySource {
  return new MemorySource(buildKdump(recipe), options);
}

/** A built file as its bytes, to be written to a disk. */
export function kdumpBytes(recipe: KdumpRecipe): Uint8Array {
  return flat(buildKdump(recipe));
}

/** Position of the first page descriptor in a built file. */
export function descriptorsAt(recipe: KdumpRecipe): number {
  const maxMapnr = recipe.maxMapnr ?? Math.max(0, ...recipe.pages.keys()) + 1;
  const subBlocks = Math.ceil((placeTexts(recipe).end - SUB_HEADER) / PAGE);
  return (1 + subBlocks + (recipe.singleBitmap ? 1 : 2) * Math.ceil(maxMapnr / 8 / PAGE)) * PAGE;
}

const isDumped = (page: PageRecipe) => page !== 'excluded';

/** One bit per page, lowest first. */
function bitmap(recipe: KdumpRecipe, isSet: (page: PageRecipe) => boolean): Uint8Array {
  const maxMapnr = recipe.maxMapnr ?? Math.max(0, ...recipe.pages.keys()) + 1;
  const bits = new Uint8Array(Math.ceil(maxMapnr / 8 / PAGE) * PAGE);
  for (const [pfn, page] of recipe.pages) {
    if (isSet(page)) bits[pfn >> 3] = (bits[pfn >> 3] as number) | (1 << (pfn & 7));
  }
  return bits;
}

/** The notes and VMCOREINFO after the sub header, where makedumpfile puts them. */
function placeTexts({ notes, vmcoreinfo }: KdumpRecipe) {
  const chunks: Chunk[] = [];
  let end = SUB_HEADER + 104;
  const place = (bytes: Uint8Array | undefined) => {
    if (!bytes) return { offset: 0, size: 0 };
    const offset = end;
    chunks.push({ at: BigInt(offset), bytes });
    end += bytes.length;
    return { offset, size: bytes.length };
  };
  const note = place(notes);
  const text = place(vmcoreinfo === undefined ? undefined : ascii(vmcoreinfo));
  const values = {
    offset_note: note.offset,
    size_note: note.size,
    offset_vmcoreinfo: text.offset,
    size_vmcoreinfo: text.size,
    offset_eraseinfo: 0,
    size_eraseinfo: 0,
  };
  return { chunks, end, values };
}

/** The descriptors of the pages of this file, then their data: first the page of zeros, if needed. */
function pageData(recipe: KdumpRecipe, at: number): { chunks: Chunk[]; end: number } {
  const inFile = ([pfn, page]: [number, PageRecipe]) =>
    isDumped(page) && (!recipe.split || (pfn >= recipe.split.start && pfn < recipe.split.end));
  const pages = [...recipe.pages].filter(inFile).sort(([a], [b]) => a - b);
  const chunks: Chunk[] = [];
  let end = at + pages.length * DESCRIPTOR;
  const add = (bytes: Uint8Array) => {
    chunks.push({ at: BigInt(end), bytes });
    end += bytes.length;
    return end - bytes.length;
  };
  const zeros = pages.some(([, page]) => page === 'zero') ? add(new Uint8Array(PAGE)) : 0;
  const descriptors = pages.map(([, page]) => descriptor(page, zeros, add));
  chunks.push({ at: BigInt(at), bytes: concat(...descriptors) });
  return { chunks, end };
}

/** page_desc_t */
function descriptor(page: PageRecipe, zeros: number, add: (bytes: Uint8Array) => number): Uint8Array {
  const of = (offset: number, size: number, flags: number) =>
    packed(DESCRIPTOR, [
      [0, 8, offset],
      [8, 4, size],
      [12, 4, flags],
    ]);
  if (page === 'unwritten' || page === 'excluded') return of(0, 0, 0);
  if (page === 'zero') return of(zeros, PAGE, 0);
  if ('encoded' in page) return of(add(page.encoded), page.size ?? page.encoded.length, page.flags);
  if ('offset' in page) return of(page.offset, page.size, page.flags);
  const { encoded, flags } = encodedPage(page.page, page.codec);
  return of(add(encoded), encoded.length, flags);
}

/** A page as a codec stores it; as it is, if it does not shrink. */
export function encodedPage(page: Uint8Array, name: CodecName = 'none') {
  const codec = CODECS[name];
  const encoded = codec.encode(page);
  return encoded.length < PAGE
    ? { encoded, flags: codec.flags }
    : { encoded: page, flags: CODECS.none.flags };
}

/** struct disk_dump_header */
function mainHeader(recipe: KdumpRecipe, values: Values): Uint8Array {
  const at = recipe.packed32 ? 412 : 424;
  const bytes = packed(PAGE, [
    [8, 4, recipe.version ?? 6],
    [recipe.packed32 ? 404 : 408, 4, recipe.timestamp ?? 0],
    [at, 4, recipe.status ?? 0],
    [at + 4, 4, values.block_size],
    [at + 8, 4, values.sub_hdr_size],
    [at + 12, 4, values.bitmap_blocks],
    [at + 16, 4, values.max_mapnr],
    [at + 36, 4, 1],
  ]);
  bytes.set(ascii(recipe.signature ?? 'KDUMP   '));
  const uts = { sysname: 'Linux', release: '6.1.0', machine: 'x86_64', ...recipe.uts };
  UTS_FIELDS.forEach((name, i) => {
    bytes.set(ascii((uts as Record<string, string>)[name] ?? '').subarray(0, 65), 12 + 65 * i);
  });
  return bytes;
}

/** struct kdump_sub_header; fields newer than the file's version are zero, as its writer left them. */
function subHeader(recipe: KdumpRecipe, values: Values): Uint8Array {
  const version = recipe.version ?? 6;
  const level: Field[] = [
    [0, recipe.packed32 ? 4 : 8, BigInt.asUintN(recipe.packed32 ? 32 : 64, recipe.physBase ?? 0n)],
    [recipe.packed32 ? 4 : 8, 4, recipe.dumpLevel ?? 31],
  ];
  const fields = recipe.packed32 ? FIELDS_32 : FIELDS_64;
  const written = fields.filter(([, , , since]) => version >= since);
  return packed(104, [...level, ...written.map(([name, at, width]): Field => [at, width, values[name]])]);
}

type SubField = readonly [name: HeaderField, at: number, width: 4 | 8, since: number];

const FIELDS_64: readonly SubField[] = [
  ['split', 12, 4, 2],
  ['start_pfn', 16, 8, 2],
  ['end_pfn', 24, 8, 2],
  ['offset_vmcoreinfo', 32, 8, 3],
  ['size_vmcoreinfo', 40, 8, 3],
  ['offset_note', 48, 8, 4],
  ['size_note', 56, 8, 4],
  ['offset_eraseinfo', 64, 8, 5],
  ['size_eraseinfo', 72, 8, 5],
  ['start_pfn_64', 80, 8, 6],
  ['end_pfn_64', 88, 8, 6],
  ['max_mapnr_64', 96, 8, 6],
];
const FIELDS_32: readonly SubField[] = [
  ['split', 8, 4, 2],
  ['start_pfn', 12, 4, 2],
  ['end_pfn', 16, 4, 2],
  ['offset_vmcoreinfo', 20, 8, 3],
  ['size_vmcoreinfo', 28, 4, 3],
  ['offset_note', 32, 8, 4],
  ['size_note', 40, 4, 4],
  ['offset_eraseinfo', 44, 8, 5],
  ['size_eraseinfo', 52, 4, 5],
  ['start_pfn_64', 56, 8, 6],
  ['end_pfn_64', 64, 8, 6],
  ['max_mapnr_64', 72, 8, 6],
];
