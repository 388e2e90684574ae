import type { ByteSource } from '../bytes/source.ts';
import { InspectError } from '../errors.ts';
import { hex } from '../hex.ts';
import { PAGE_SIZE, PHYSICAL_LIMIT } from '../machine.ts';
import type { MemoryImage } from './image/image.ts';
import { plainImage } from './image/plain-image.ts';

/**
 * Opens memory as it is, byte n of the file being physical address n: what `dd` of a device, an emulator's `pmemsave` or
 * LiME's format "padded" makes. Nothing in the file can confirm that it is one, nor that it is whole. Memory that a
 * machine has above 4 GiB lies at its own addresses, so holes must be there as bytes.
 * @throws InspectError unsupported, for a file that no memory fills
 */
export function openRaw(source: ByteSource): MemoryImage {
  const { path, size } = source;
  if (size === 0) throw new InspectError('unsupported', `${path}: the file is empty`, { path });
  if (size > PHYSICAL_LIMIT) {
    const message = `${path}: a raw image of ${hex(size)} bytes is more than x86_64 can address`;
    throw new InspectError('unsupported', message, { path });
  }
  // Memory ends with a page: a file that ends inside of one has lost the rest of it.
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
