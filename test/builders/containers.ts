import { mergeRanges, type Range, subtractRanges } from '../../src/bytes/ranges.ts';
import type { ByteSource } from '../../src/bytes/source.ts';
import type { MemoryImage, Segment } from '../../src/formats/image/image.ts';
import { elfBytes, type SegmentRecipe } from './elf.ts';
import { packed } from './encode.ts';
import { blankPrstatus, noteSegment, vmcoreinfo } from './notes.ts';
import { type Part, PartsSource } from './parts-source.ts';

const PAGE = 4096;

/*
 * The memory of an ELF dump in other containers, made from its segments without copying.
 */

/** lime_mem_range_header of LiME's lime.h. */
export function limeHeader(start: number | bigint, last: number | bigint, version = 1): Uint8Array {
  return packed(32, [
    [0, 4, 0x4c694d45],
    [4, 4, version],
    [8, 8, start],
    [16, 8, last],
  ]);
}

/** A range of memory, and where an ELF file holds it. */
export interface Piece extends Range {
  /** Position in the file. */
  readonly from: number;
}

/** RAM, each range once and ascending, as in /proc/iomem: the kernel image's segment lies inside another. */
export function ramOf(segments: readonly Segment[]): Piece[] {
  let taken: readonly Range[] = [];
  return segments
    .flatMap((s) =>
      s.physical === null ? [] : [{ start: s.physical, size: Number(s.fileSize), from: Number(s.offset) }],
    )
    .map(({ start, size, from }) => ({ start, end: start + size, from }))
    .sort((a, b) => a.start - b.start || b.end - a.end)
    .flatMap((range) => {
      const left = subtractRanges([range], taken).map((r) => ({
        ...r,
        from: range.from + r.start - range.start,
      }));
      taken = mergeRanges([...taken, range]);
      return left;
    });
}

/** The same from the highest address down, in pieces of `size` bytes. */
function downwards(pieces: readonly Piece[], size: number): Piece[] {
  const cut = pieces.flatMap(({ start, end, from }) => {
    const count = Math.ceil((end - start) / size);
    return Array.from({ length: count }, (_, i) => ({
      start: start + i * size,
      end: Math.min(end, start + (i + 1) * size),
      from: from + i * size,
    }));
  });
  return cut.reverse();
}

export const partOf = (source: ByteSource, { start, end, from }: Piece): Part => ({
  source,
  from,
  length: end - start,
});

/**
 * The same memory in an ELF file that holds it from its highest address down. The kernel allocates its memory
 * map at the end of memory, so wherever a file in the usual order is cut, all struct pages are lost.
 */
export function asElfDownwards(file: ByteSource, image: MemoryImage): PartsSource {
  return elfOf(file, downwards(ramOf([...image.segments]), 1 << 24), { notes: notedOf(image) });
}

/** The same memory in an ELF file that ends with the given pages (physical addresses), in that order. */
export function asElfWithLast(file: ByteSource, image: MemoryImage, last: readonly number[]): PartsSource {
  const ram = ramOf([...image.segments]);
  const pages = mergeRanges(last.map((start) => ({ start, end: start + PAGE })));
  const others = ram.flatMap((range) =>
    subtractRanges([range], pages).map((r) => ({ ...r, from: range.from + r.start - range.start })),
  );
  const lasts = last.flatMap((start) => {
    const range = ram.find((r) => start >= r.start && start < r.end);
    return range ? [{ start, end: start + PAGE, from: range.from + start - range.start }] : [];
  });
  return elfOf(file, [...others, ...lasts], { notes: notedOf(image) });
}

const notedOf = ({ vmcoreinfo: text }: MemoryImage) => noteSegment([vmcoreinfo(text?.text ?? '')]);

/** What vm2core writes as VMCOREINFO: readers that insist on a note accept its files. */
export const PLACEHOLDER = 'FAKE1=IGNORE1\nFAKE2=IGNORE2\nFAKE3=IGNORE3\n';
/** Its p_vaddr - p_paddr: the base of the direct map before 4.20, without KASLR. */
const VM2CORE_PAGE_OFFSET = 0xffff_8800_0000_0000n;

/**
 * The same memory as vm2core writes that of a Hyper-V or Azure machine: the notes of two CPUs, all zero, the
 * given VMCOREINFO notes, and each range of memory once, at addresses that are not the kernel's.
 */
export function asVm2core(
  file: ByteSource,
  image: MemoryImage,
  texts: readonly string[] = [PLACEHOLDER],
): PartsSource {
  const notes = noteSegment([blankPrstatus(), blankPrstatus(), ...texts.map(vmcoreinfo)]);
  return elfOf(file, ramOf([...image.segments]), { notes, pageOffset: VM2CORE_PAGE_OFFSET });
}

/** An ELF file of these pieces, whose LOADs have no virtual addresses unless `pageOffset` gives them some. */
function elfOf(
  file: ByteSource,
  pieces: readonly Piece[],
  { notes, pageOffset }: { notes: SegmentRecipe; pageOffset?: bigint },
): PartsSource {
  const notesAt = Math.ceil((64 + 56 * (pieces.length + 1)) / PAGE) * PAGE;
  const size = notesAt + 4 * PAGE;
  let at = size;
  const loads = pieces.map(({ start, end }) => {
    const offset = at;
    at += end - start;
    const vaddr = pageOffset === undefined ? {} : { vaddr: pageOffset + BigInt(start) };
    return { paddr: start, offset, filesz: end - start, ...vaddr };
  });
  const head = elfBytes({ segments: [{ ...notes, offset: notesAt }, ...loads] });
  const parts = [head, { zeros: size - head.length }, ...pieces.map((piece) => partOf(file, piece))];
  return new PartsSource(parts, `${file.path} in another order`);
}

/** LiME's ranges from the highest address down, for the same reason. */
export function asLimeDownwards(file: ByteSource, segments: readonly Segment[]): PartsSource {
  return lime(file, downwards(ramOf(segments), 1 << 24));
}

/** What LiME saves of that memory. */
export function asLime(file: ByteSource, segments: readonly Segment[]): PartsSource {
  return lime(file, ramOf(segments));
}

function lime(file: ByteSource, pieces: readonly Piece[]): PartsSource {
  const parts = pieces.flatMap((piece): Part[] => [
    limeHeader(piece.start, piece.end - 1),
    partOf(file, piece),
  ]);
  return new PartsSource(parts, `${file.path} as LiME`);
}

/** RAM from physical address 0 on, with zeros in place of holes, and its size in bytes. */
export function ramParts(file: ByteSource, segments: readonly Segment[]): { parts: Part[]; size: number } {
  let size = 0;
  const parts = ramOf(segments).flatMap((piece): Part[] => {
    const gap = { zeros: piece.start - size };
    size = piece.end;
    return [gap, partOf(file, piece)];
  });
  return { parts, size };
}

/** The same as a raw image. */
export function asRaw(file: ByteSource, segments: readonly Segment[]): PartsSource {
  return new PartsSource(ramParts(file, segments).parts, `${file.path} as a raw image`);
}
