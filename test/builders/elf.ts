import { type Chunk, type Field, flat, packed } from './encode.ts';
import { MemorySource, type SourceOptions } from './memory-source.ts';

export const PT_LOAD = 1;
export const PT_NOTE = 4;
/** What /proc/kcore writes if there is no physical address. */
export const NO_PADDR = 0xffff_ffff_ffff_ffffn;
const PN_XNUM = 0xffff;
const EHDR_SIZE = 64;
const PHDR_SIZE = 56;
const SHDR_SIZE = 64;
const PAGE = 4096;

/** One program header and the bytes that it stands for. */
export interface SegmentRecipe {
  /** PT_LOAD if absent. */
  readonly type?: number;
  readonly data?: Uint8Array;
  /** p_offset; the next free page of the file if absent. */
  readonly offset?: number | bigint;
  readonly vaddr?: bigint;
  readonly paddr?: number | bigint;
  /** p_filesz; the length of the data if absent. */
  readonly filesz?: number | bigint;
  /** p_memsz; p_filesz if absent. */
  readonly memsz?: number | bigint;
  /** p_align; 0 if absent. */
  readonly align?: number;
}

/** Fields of the ELF header that shall differ from what was built. */
export interface HeaderLies {
  readonly class?: number;
  readonly data?: number;
  readonly type?: number;
  readonly machine?: number;
  readonly phoff?: number | bigint;
  readonly shoff?: number | bigint;
  readonly phentsize?: number;
  readonly phnum?: number;
  readonly flags?: number;
}

export interface ElfRecipe {
  readonly segments: readonly SegmentRecipe[];
  /** Where the program headers lie; right after the headers before them if absent. */
  readonly phoff?: number;
  /** Puts the count into section header 0; a number replaces the true count. */
  readonly extendedCount?: true | number;
  readonly header?: HeaderLies;
}

/** An ELF64 core file for x86_64, as a kernel, QEMU or makedumpfile writes it, or as none of them would. */
export function buildElf(recipe: ElfRecipe): Chunk[] {
  const extended = recipe.extendedCount !== undefined;
  const phoff = recipe.phoff ?? EHDR_SIZE + (extended ? SHDR_SIZE : 0);
  const { headers, data } = place(recipe.segments, phoff + recipe.segments.length * PHDR_SIZE);
  const count = recipe.extendedCount === true ? recipe.segments.length : (recipe.extendedCount ?? 0);
  const section: Chunk = { at: BigInt(EHDR_SIZE), bytes: packed(SHDR_SIZE, [[44, 4, count]]) };
  const header = elfHeader(recipe.header ?? {}, {
    phoff,
    shoff: extended ? EHDR_SIZE : 0,
    phnum: extended ? PN_XNUM : recipe.segments.length,
  });
  return [
    { at: 0n, bytes: header },
    ...(extended ? [section] : []),
    ...headers.map((bytes, i) => ({ at: BigInt(phoff + i * PHDR_SIZE), bytes })),
    ...data,
  ];
}

/** A built file, opened. */
export function elfSource(recipe: ElfRecipe, options: SourceOptions = {}): MemorySource {
  return new MemorySource(buildElf(recipe), options);
}

/** A built file as its bytes, to be written to a disk. */
export function elfBytes(recipe: ElfRecipe): Uint8Array {
  return flat(buildElf(recipe));
}

/**
 * The file offset of an address in /proc/kcore: the bits below the sign, after its headers
 * (kc_vaddr_to_offset, fs/proc/kcore.c).
 */
export function kcoreOffset(vaddr: bigint, levels: 4 | 5 = 4): bigint {
  return (vaddr & ((1n << (levels === 4 ? 47n : 56n)) - 1n)) + 0x4000n;
}

interface Places {
  readonly phoff: number;
  readonly shoff: number;
  readonly phnum: number;
}

/** Elf64_Ehdr of the System V gABI, chapter 4. */
function elfHeader(lies: HeaderLies, places: Places): Uint8Array {
  const fields: Field[] = [
    [4, 1, lies.class ?? 2],
    [5, 1, lies.data ?? 1],
    [6, 1, 1],
    [16, 2, lies.type ?? 4],
    [18, 2, lies.machine ?? 62],
    [20, 4, 1],
    [32, 8, lies.phoff ?? places.phoff],
    [40, 8, lies.shoff ?? places.shoff],
    [48, 4, lies.flags ?? 0],
    [52, 2, EHDR_SIZE],
    [54, 2, lies.phentsize ?? PHDR_SIZE],
    [56, 2, lies.phnum ?? places.phnum],
    [58, 2, SHDR_SIZE],
    [60, 2, places.shoff === 0 ? 0 : 1],
  ];
  const bytes = packed(EHDR_SIZE, fields);
  bytes.set([0x7f, 0x45, 0x4c, 0x46]);
  return bytes;
}

/** Program headers, and the data of each at its offset or on the next free page. */
function place(segments: readonly SegmentRecipe[], after: number): { headers: Uint8Array[]; data: Chunk[] } {
  const data: Chunk[] = [];
  let free = BigInt(after);
  const headers = segments.map((segment) => {
    const bytes = segment.data ?? new Uint8Array(0);
    const offset = BigInt(segment.offset ?? pageAfter(free));
    if (segment.offset === undefined) free = offset + BigInt(bytes.length);
    if (bytes.length > 0) data.push({ at: offset, bytes });
    return programHeader(segment, offset, BigInt(segment.filesz ?? bytes.length));
  });
  return { headers, data };
}

/** Elf64_Phdr of the System V gABI, chapter 5. */
function programHeader(segment: SegmentRecipe, offset: bigint, filesz: bigint): Uint8Array {
  return packed(PHDR_SIZE, [
    [0, 4, segment.type ?? PT_LOAD],
    [4, 4, 7],
    [8, 8, offset],
    [16, 8, segment.vaddr ?? 0n],
    [24, 8, segment.paddr ?? 0n],
    [32, 8, filesz],
    [40, 8, segment.memsz ?? filesz],
    [48, 8, segment.align ?? 0],
  ]);
}

function pageAfter(position: bigint): bigint {
  const page = BigInt(PAGE);
  return ((position + page - 1n) / page) * page;
}
