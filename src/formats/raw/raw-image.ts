import type { Range } from '../../bytes/ranges.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PAGE_SIZE, PHYSICAL_LIMIT } from '../../machine.ts';
import type { OpenOptions } from '../image/format.ts';
import { holeText, LOWEST_HOLE_START } from '../image/hole.ts';
import type { MemoryImage } from '../image/image.ts';
import { type PlainRange, plainImage } from '../image/plain-image.ts';

/**
 * Opens plain memory from physical address 0 on. Nothing in the file confirms that it is one, or that it is
 * whole. There are two kinds. In what `dd` of a device, an emulator's `pmemsave` or LiME's format "padded"
 * writes, byte n is physical address n, and the hole below 4 GiB is in the file. In the memory file of a virtual
 * machine (VMware's .vmem, QEMU's memory-backend-file, Firecracker's snapshot) the RAM above the hole follows
 * the RAM below it. `options.hole` says that it is of the second kind; otherwise the kernel can show it
 * (`placedAround`).
 * @throws InspectError unsupported, if the file is empty or larger than physical memory can be
 */
export function openRaw(source: ByteSource, { hole }: OpenOptions = {}): MemoryImage {
  if (hole) return around(source, hole, 'given');
  const image = rawImage(source, 'raw memory image', undefined);
  if (source.size <= LOWEST_HOLE_START) return image;
  return { ...image, placedAround: (one) => around(source, one, 'proved') };
}

function around(source: ByteSource, hole: Range, how: 'given' | 'proved'): MemoryImage {
  return rawImage(source, `raw memory image with ${how} hole ${holeText(hole)}`, hole);
}

function rawImage(source: ByteSource, format: string, hole: Range | undefined): MemoryImage {
  const { path } = source;
  const ranges = rangesOf(source, hole);
  const size = ranges.at(-1)?.end ?? 0;
  if (size === 0) throw new InspectError('unsupported', `${path}: the file is empty`, { path });
  if (size > PHYSICAL_LIMIT) {
    const message = `${path}: a raw image of memory up to ${hex(size)} is larger than x86_64 can address`;
    throw new InspectError('unsupported', message, { path });
  }
  return plainImage(source, { format, type: 'RAW', ranges, warnings: [], flat: true, incomplete: false });
}

function rangesOf({ size }: ByteSource, hole: Range | undefined): PlainRange[] {
  // Memory ends with a whole page, so a file that ends inside a page has lost the rest of it.
  const bytes = Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
  if (bytes === 0) return [];
  if (hole === undefined || bytes <= hole.start) return [{ start: 0, end: bytes, offset: 0 }];
  const { start, end } = hole;
  return [
    ...(start > 0 ? [{ start: 0, end: start, offset: 0 }] : []),
    { start: end, end: end + bytes - start, offset: start },
  ];
}
