import { partsHeld } from '../../bytes/parts-held.ts';
import { countOf } from '../../bytes/ranges.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { struct, u32 } from '../../bytes/struct.ts';
import { latin1, toNul } from '../../bytes/words.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { headerLayoutOf, problem, tooShort } from './header-layout.ts';
import { type HeaderLayout, LAYOUTS, type MainHeader, type SubHeader } from './layouts.ts';
import { type Signature, signatureOf } from './signature.ts';

/** DUMP_DH_COMPRESSED_INCOMPLETE: the writer ran out of space (makedumpfile's diskdump_mod.h) */
const INCOMPLETE = 0x8;
/** DUMP_DH_EXCLUDED_VMEMMAP: makedumpfile -e left out the struct pages of excluded pages */
const EXCLUDED_VMEMMAP = 0x10;
/** A physical address has at most 52 bits, so a pfn has at most 40. */
const PFN_LIMIT = 2 ** 40;
const UTS_LENGTH = 65;
/** Bytes of the main header in its longest layout. */
const MAIN_SIZE = LAYOUTS.reduce((most, { main }) => Math.max(most, main.size), 0);

const start = struct('kdump header', 402, { header_version: u32(8) });

/** Where something lies in the file, in bytes. */
export interface FilePlace {
  readonly offset: number;
  readonly size: number;
}

/** What the headers of one file say, checked against the size of the file. */
export interface KdumpHeader {
  readonly signature: Signature;
  readonly version: number;
  /** From struct new_utsname; empty in files that QEMU wrote. Hostile text. */
  readonly uts: { readonly release: string; readonly version: string; readonly machine: string };
  /** The system's names and the time of the crash, undecoded: the same in all parts of a split dump. */
  readonly identity: string;
  readonly incomplete: boolean;
  readonly excludedVmemmap: boolean;
  /** makedumpfile's -d. */
  readonly dumpLevel: number;
  /** One more than the highest possible pfn. */
  readonly maxMapnr: number;
  /** As makedumpfile found it in the dumped memory; 0 from QEMU, which does not look for it. */
  readonly physBase: bigint;
  /**
   * "Page exists" and "page is in the dump"; the same bitmap if nothing was left out. Each covers maxMapnr.
   */
  readonly bitmap1: FilePlace;
  readonly bitmap2: FilePlace;
  /** Position of the first page descriptor. */
  readonly descriptors: number;
  /** The pfns of this part of a split dump, end exclusive; null for a whole dump. */
  readonly split: { readonly start: number; readonly end: number } | null;
  readonly vmcoreinfo: FilePlace | null;
  readonly notes: FilePlace | null;
  readonly eraseinfo: FilePlace | null;
}

/**
 * The headers of a kdump-compressed file.
 * @throws InspectError unsupported, if it is for another machine; corrupt, if the file ends inside its bitmaps,
 * or if sizes contradict each other
 */
export function readKdumpHeader(source: ByteSource): KdumpHeader {
  const held = headerBlocks(source);
  const version = start.decode(held).header_version;
  const signature = signatureOf(held) ?? 'KDUMP   ';
  const uts = utsOf(held);
  if (uts.machine !== '' && uts.machine !== 'x86_64') {
    throw problem(
      source,
      'unsupported',
      `the dump of a kernel for ${printable(uts.machine)}; only x86_64 is supported`,
      272,
    );
  }
  const layout = headerLayoutOf(source, held);
  const main = layout.main.decode(held);
  const sub = subHeader(layout, signature, version, held);
  const maxMapnr = maxMapnrOf(source, main, sub, version);
  return {
    signature,
    version,
    uts,
    identity: latin1(held.subarray(12, layout.main.size - 40)),
    incomplete: (main.status & INCOMPLETE) !== 0,
    excludedVmemmap: (main.status & EXCLUDED_VMEMMAP) !== 0,
    dumpLevel: sub?.dump_level ?? 0,
    maxMapnr,
    physBase: BigInt.asIntN(64, sub?.phys_base ?? 0n),
    ...places(source, main, maxMapnr),
    split: splitOf(source, sub, version, maxMapnr),
    vmcoreinfo: since(3, version, sub?.offset_vmcoreinfo, sub?.size_vmcoreinfo),
    notes: since(4, version, sub?.offset_note, sub?.size_note),
    eraseinfo: since(5, version, sub?.offset_eraseinfo, sub?.size_eraseinfo),
  };
}

/** Both header blocks. A flattened file does not hold what lies between them; if cut, a read ends there. */
function headerBlocks(source: ByteSource): Uint8Array {
  const bytes = new Uint8Array(2 * PAGE_SIZE);
  const main = source.read(0, bytes.subarray(0, PAGE_SIZE));
  const sub = main < MAIN_SIZE ? 0 : source.read(PAGE_SIZE, bytes.subarray(PAGE_SIZE));
  return bytes.subarray(0, sub === 0 ? main : PAGE_SIZE + sub);
}

function utsOf(held: Uint8Array): KdumpHeader['uts'] {
  const field = (n: number) => latin1(toNul(held.subarray(12 + n * UTS_LENGTH, 12 + (n + 1) * UTS_LENGTH)));
  return { release: field(2), version: field(3), machine: field(4) };
}

const printable = (text: string) => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 20);

/** The sub header; undefined in diskdump files, which have registers in its place. */
function subHeader(
  layout: HeaderLayout,
  signature: string,
  version: number,
  held: Uint8Array,
): SubHeader | undefined {
  if (signature === 'DISKDUMP' || version < 1) return undefined;
  return layout.sub.decode(held, PAGE_SIZE);
}

/**
 * The real max_mapnr. Below version 6 the header has only its lower 32 bits. The rest follows from the size
 * of the bitmaps, because both cover all pfns and not a block more (makedumpfile, the arithmetic of
 * prepare_bitmap2_buffer).
 */
function maxMapnrOf(
  source: ByteSource,
  main: MainHeader,
  sub: SubHeader | undefined,
  version: number,
): number {
  const { max_mapnr, bitmap_blocks } = main;
  if (version >= 6 && sub !== undefined && sub.max_mapnr_64 !== 0n) {
    const wide = Number(sub.max_mapnr_64);
    if (wide <= bitmap_blocks * PAGE_SIZE * 8 && wide <= PFN_LIMIT) return wide;
    const covered = `${bitmap_blocks} bitmap blocks cover ${bitmap_blocks * PAGE_SIZE * 8} pages`;
    throw problem(source, 'corrupt', `max_mapnr_64 is ${sub.max_mapnr_64}, but ${covered}`, PAGE_SIZE + 96);
  }
  const covered = Math.floor(bitmap_blocks / 2) * PAGE_SIZE * 8;
  const wide = max_mapnr + Math.floor(Math.max(0, covered - max_mapnr) / 2 ** 32) * 2 ** 32;
  return blocksFor(wide) * PAGE_SIZE * 8 === covered ? wide : max_mapnr;
}

const blocksFor = (pages: number) => Math.ceil(pages / 8 / PAGE_SIZE);

/** Where the bitmaps and the descriptors lie. There are two bitmaps if there are enough blocks for two. */
function places(
  source: ByteSource,
  main: MainHeader,
  maxMapnr: number,
): Pick<KdumpHeader, 'bitmap1' | 'bitmap2' | 'descriptors'> {
  const { sub_hdr_size, bitmap_blocks } = main;
  const first = (1 + sub_hdr_size) * PAGE_SIZE;
  const size = Math.ceil(maxMapnr / 8);
  const isPair = bitmap_blocks >= 2 * blocksFor(maxMapnr);
  const second = isPair ? first + Math.floor(bitmap_blocks / 2) * PAGE_SIZE : first;
  if (second + size > source.size) throw tooShort(source, second + size);
  for (const offset of [first, second]) refuseLost(source, offset, size);
  const descriptors = first + bitmap_blocks * PAGE_SIZE;
  return { bitmap1: { offset: first, size }, bitmap2: { offset: second, size }, descriptors };
}

/** @throws InspectError corrupt, if a part of a bitmap is lost: it would read as pages that do not exist */
function refuseLost(source: ByteSource, offset: number, size: number): void {
  const held = countOf(partsHeld(source, BigInt(offset), BigInt(size)));
  if (held === size) return;
  const what = `a bitmap needs ${size} bytes, but the file has ${held} of them: it is cut short`;
  throw problem(source, 'corrupt', what, offset);
}

function splitOf(
  source: ByteSource,
  sub: SubHeader | undefined,
  version: number,
  maxMapnr: number,
): KdumpHeader['split'] {
  if (version < 2 || sub === undefined || sub.split === 0) return null;
  const [from, to] = version >= 6 ? [sub.start_pfn_64, sub.end_pfn_64] : [sub.start_pfn, sub.end_pfn];
  if (from <= to && to <= BigInt(maxMapnr)) return { start: Number(from), end: Number(to) };
  throw problem(
    source,
    'corrupt',
    `the part is for pfn ${from} to ${to}, but max_mapnr is ${maxMapnr}`,
    PAGE_SIZE + 16,
  );
}

/** A place in the file that the header states since version `first`; null if there is none. */
function since(first: number, version: number, offset?: bigint, size?: bigint): FilePlace | null {
  if (version < first || !offset || !size) return null;
  return { offset: Number(offset), size: Number(size) };
}
