import type { ByteSource } from '../bytes/source.ts';
import { InspectError } from '../errors.ts';
import { hex } from '../hex.ts';
import { PAGE_SIZE, PHYSICAL_LIMIT } from '../machine.ts';
import type { MemoryImage } from './image/image.ts';
import { plainImage } from './image/plain-image.ts';

/**
 * Opens plain memory, in which byte n is physical address n: what `dd` of a device, an emulator's `pmemsave`
 * or LiME's format "padded" writes. Nothing in the file confirms that it is one, or that it is whole. Memory
 * above 4 GiB lies at its own addresses, so the file must contain the holes.
 * @throws InspectError unsupported, if the file is empty or larger than physical memory can be
 */
export function openRaw(source: ByteSource): MemoryImage {
  const { path, size } = source;
  if (size === 0) throw new InspectError('unsupported', `${path}: the file is empty`, { path });
  if (size > PHYSICAL_LIMIT) {
    const message = `${path}: a raw image of ${hex(size)} bytes is larger than x86_64 can address`;
    throw new InspectError('unsupported', message, { path });
  }
  // Memory ends with a whole page, so a file that ends inside a page has lost the rest of it.
  const ranges = [{ start: 0, end: Math.ceil(size / PAGE_SIZE) * PAGE_SIZE, offset: 0 }];
  return plainImage(source, {
    format: 'raw memory image',
    type: 'RAW',
    ranges,
    warnings: [],
    flat: true,
    incomplete: false,
  });
}
