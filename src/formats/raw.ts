import type { ByteSource } from '../bytes/source.ts';
import { ExtentMemory } from './extent-memory.ts';
import type { MemoryImage } from './image.ts';

const PAGE = 4096;

/**
 * Opens memory as it is, byte n of the file being physical address n: what `dd` of a device or an emulator's `pmemsave`
 * makes. Nothing in the file can confirm that it is one. Memory that a machine has above 4 GiB lies at its own
 * addresses, so holes must be there as bytes.
 */
export function openRaw(source: ByteSource): MemoryImage {
  const { size } = source;
  const extent = { start: 0, end: size, offset: 0n };
  const memory = new ExtentMemory(source, { extents: [extent], described: [], fileSize: size });
  const segment = { type: 'RAW', virtual: null, physical: 0, offset: 0n, missing: 0n };
  return {
    format: 'raw memory image',
    path: source.path,
    bytes: size,
    live: false,
    memory,
    segments: [{ ...segment, memorySize: BigInt(size), fileSize: BigInt(size) }],
    notes: [],
    vmcoreinfo: null,
    warnings: [],
    makedumpfile: { originalPages: Math.ceil(size / PAGE), looked: () => memory.stored },
    registers: [],
    statistics: source.statistics,
    close: () => source.close(),
  };
}
