import { closeSync, openSync, readSync } from 'node:fs';

/**
 * The program headers of an ELF64 file, read here a second time and independently of src/, to compare the
 * program's answers with.
 */
export interface Load {
  readonly offset: bigint;
  readonly virtual: bigint;
  readonly physical: bigint;
  readonly fileSize: bigint;
}

const PT_LOAD = 1;
const pageShift = 12n;
/** /proc/kcore's p_paddr for what is not physical memory: vmalloc, modules, vmemmap. */
const noPhysicalAddress = 2n ** 64n - 1n;
/** Where the kernel maps its image; the direct map of physical memory lies below. */
export const imageMapping = 0xffffffff80000000n;

/** Reads the LOADs from the first bytes of a file. */
export function readLoads(head: Buffer): Load[] {
  const phoff = Number(head.readBigUInt64LE(32));
  const phentsize = head.readUInt16LE(54);
  const phnum = head.readUInt16LE(56);
  return Array.from({ length: phnum }, (_, index) => head.subarray(phoff + index * phentsize))
    .filter((header) => header.readUInt32LE(0) === PT_LOAD)
    .map((header) => ({
      offset: header.readBigUInt64LE(8),
      virtual: header.readBigUInt64LE(16),
      physical: header.readBigUInt64LE(24),
      fileSize: header.readBigUInt64LE(32),
    }));
}

/** How many different physical pages the LOADs hold. They overlap, and may end inside a page. */
export function distinctPages(loads: readonly Load[]): number {
  let pages = 0n;
  let counted = 0n;
  for (const { first, end } of physicalLoads(loads)
    .map(pageRange)
    .toSorted((a, b) => Number(a.first - b.first))) {
    const from = first > counted ? first : counted;
    if (end > from) pages += end - from;
    if (end > counted) counted = end;
  }
  return Number(pages);
}

/** Start of the direct map according to the LOADs of physical memory, all of which must agree. */
export function directMapStart(loads: readonly Load[]): bigint {
  const starts = physicalLoads(loads)
    .filter((load) => load.virtual < imageMapping)
    .map((load) => load.virtual - load.physical);
  const [start, ...others] = new Set(starts);
  if (start === undefined || others.length > 0)
    throw new Error(`LOADs put the direct map at ${starts.join(', ')}`);
  return start;
}

/** The difference between virtual and physical addresses of the kernel image, according to its LOAD. */
export function imageShift(loads: readonly Load[]): bigint {
  const image = physicalLoads(loads).find((load) => load.virtual >= imageMapping);
  if (image === undefined) throw new Error('no LOAD is the kernel image');
  return image.physical - image.virtual;
}

const physicalLoads = (loads: readonly Load[]): Load[] =>
  loads.filter((load) => load.physical !== noPhysicalAddress);

const pageRange = (load: Load): { first: bigint; end: bigint } => ({
  first: load.physical >> pageShift,
  end: (load.physical + load.fileSize + (1n << pageShift) - 1n) >> pageShift,
});

/** Reads a 64-bit variable of the kernel image from a vmcore. */
export function readVariable(vmcore: string, loads: readonly Load[], address: bigint): bigint {
  const load = loads.find(({ virtual, fileSize }) => address >= virtual && address < virtual + fileSize);
  if (load === undefined) throw new Error(`no LOAD has 0x${address.toString(16)}`);
  return readAt(vmcore, 8, load.offset + address - load.virtual).readBigUInt64LE();
}

/** Reads a piece of a file. */
export function readAt(file: string, length: number, position: bigint): Buffer {
  const bytes = Buffer.alloc(length);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, bytes, 0, length, position);
  closeSync(descriptor);
  return bytes;
}
