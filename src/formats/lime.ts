import type { ByteSource } from '../bytes/source.ts';
import { struct, u32, u64 } from '../bytes/struct.ts';
import { latin1 } from '../bytes/words.ts';
import { InspectError } from '../errors.ts';
import { hex } from '../hex.ts';
import { PHYSICAL_LIMIT } from '../machine.ts';
import { unsupported } from './elf/header.ts';
import type { MemoryImage } from './image/image.ts';
import { type PlainRange, plainImage } from './image/plain-image.ts';

/** LIME_MAGIC 0x4C694D45, as it is stored in the file */
const MAGIC = 'EMiL';
const VERSION = 1;
/** A range is a "System RAM" entry of /proc/iomem. No machine has this many. */
const RANGES_LIMIT = 100_000;

/** lime_mem_range_header of LiME's lime.h; e_addr is the last byte of the range, not the first after it */
const header = struct('LiME header', 32, { version: u32(4), s_addr: u64(8), e_addr: u64(16) });

/** Whether a file that starts like this is a LiME image (format "lime"; format "padded" is a raw image). */
export function isLime(start: Uint8Array): boolean {
  return latin1(start.subarray(0, MAGIC.length)) === MAGIC;
}

/**
 * Opens an image that the LiME module saved: every range of System RAM, each after its header. The file has
 * neither a list of ranges nor an end mark, so one that ends between two ranges looks whole. LiME writes
 * zeros for the rest of a page that a range starts or ends in, and for what it could not read in time.
 * @throws InspectError unsupported or corrupt
 */
export function openLime(source: ByteSource): MemoryImage {
  const ranges: PlainRange[] = [];
  let at = 0;
  while (at + header.size <= source.size && ranges.length <= RANGES_LIMIT) {
    const range = rangeAt(source, at);
    ranges.push(range);
    at = range.offset + (range.end - range.start);
  }
  if (ranges.length > RANGES_LIMIT)
    throw corrupt(source, at, `it has more than ${RANGES_LIMIT} ranges, which no machine has`);
  if (ranges.length === 0) throw corrupt(source, 0, 'it ends inside its first header');
  const cutInHeader = at < source.size;
  const warnings = cutInHeader
    ? [`the LiME image ends inside a header at offset ${hex(at)}: it was cut short`]
    : [];
  return plainImage(source, { format: 'LiME image', type: 'RAM', ranges, warnings, incomplete: cutInHeader });
}

function rangeAt(source: ByteSource, at: number): PlainRange {
  const bytes = new Uint8Array(header.size);
  const got = bytes.subarray(0, source.read(at, bytes));
  const { version, s_addr, e_addr } = header.decode(got, 0, at);
  if (!isLime(got))
    throw corrupt(source, at, 'there is no header, though one must follow the previous range');
  if (version !== VERSION)
    throw unsupported(source.path, `a LiME image of version ${version}; only version 1 is known`);
  if (e_addr < s_addr || e_addr >= BigInt(PHYSICAL_LIMIT)) {
    throw corrupt(source, at, `it claims memory from ${hex(s_addr)} to ${hex(e_addr)}`);
  }
  return { start: Number(s_addr), end: Number(e_addr) + 1, offset: at + header.size };
}

function corrupt({ path }: ByteSource, offset: number, what: string): InspectError {
  return new InspectError('corrupt', `${path}: LiME header at offset ${hex(offset)}: ${what}`, {
    path,
    offset,
  });
}
