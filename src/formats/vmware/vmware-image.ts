import type { ByteSource } from '../../bytes/source.ts';
import { unsupported } from '../elf/header.ts';
import type { DumpFiles, OpenOptions } from '../image/format.ts';
import type { MemoryImage } from '../image/image.ts';
import { type PlainRange, plainImage } from '../image/plain-image.ts';
import { wrapWherever } from '../image/wrap-image.ts';
import { openRaw } from '../raw/raw-image.ts';
import { vmwareRegisters } from './cpus.ts';
import { corruptState, readState } from './groups.ts';
import { type SavedMemory, savedMemory } from './regions.ts';
import { isVmwareState, MAGIC } from './signature.ts';
import type { Tag } from './tags.ts';

const VMSS2CORE = "convert it to a core file with VMware's vmss2core -N6";

/**
 * Opens the state of a VMware machine: memory is in it, or in the other file, the .vmem.
 * @throws InspectError unsupported, if there is no memory, or it is compressed; corrupt
 */
export function openVmware(files: DumpFiles, options: OpenOptions): MemoryImage {
  const source = files.find((file) => isVmwareState(headOf(file))) ?? files[0];
  const state = readState(source, ['memory', 'cpu']);
  const [memory, cpu] = ['memory', 'cpu'].map((name) => state.groups.find((group) => group.name === name));
  if (!memory) throw unsupported(source.path, 'the state of a VMware machine without its memory');
  const saved = savedMemory(source, state, memory);
  const image = saved.block
    ? imageInState(source, saved.regions, saved.block)
    : imageOfVmem(files.find((file) => file !== source) ?? missing(source), saved, options);
  const partial = state.id === MAGIC.partial ? ['the state is marked as one of a part of the machine'] : [];
  return wrapWherever(image, {
    path: files[0].path,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    registers: cpu ? vmwareRegisters(source, state, cpu) : [],
    warnings: [...image.warnings, ...partial],
    close: () => {
      for (const file of files) file.close();
    },
  });
}

function headOf(file: ByteSource): Uint8Array {
  const start = new Uint8Array(4);
  return start.subarray(0, file.read(0, start));
}

/** @throws InspectError unsupported */
function missing({ path }: ByteSource): never {
  throw unsupported(
    path,
    'the state of a VMware machine whose memory is in another file',
    'put its .vmem beside it under the same name, or give both files: pages STATE MEMORY',
  );
}

/** @throws InspectError unsupported, if memory is compressed; corrupt, if a region is not in the block */
function imageInState(source: ByteSource, regions: readonly PlainRange[], block: Tag): MemoryImage {
  if (block.compressed)
    throw unsupported(source.path, 'the state of a VMware machine with compressed memory', VMSS2CORE);
  const whole = [{ start: 0, end: block.size, offset: 0 }];
  const ranges = regions.length === 0 ? whole : regions;
  if (ranges.some(({ start, end, offset }) => offset + end - start > block.size))
    throw corruptState(source, block.at, 'a region of memory ends past the block that has it');
  return listed(source, 'VMware state with memory', shifted(ranges, block.at), []);
}

function shifted(ranges: readonly PlainRange[], by: number): PlainRange[] {
  return ranges.map((range) => ({ ...range, offset: range.offset + by }));
}

/** Without regions, memory is in one piece, as in a raw image. */
function imageOfVmem(vmem: ByteSource, { regions }: SavedMemory, options: OpenOptions): MemoryImage {
  const format = 'VMware memory file with its state';
  if (regions.length === 0) return { ...openRaw(vmem, options), format };
  const end = regions.reduce((most, range) => Math.max(most, range.offset + range.end - range.start), 0);
  const more = `${vmem.size - end} bytes of ${vmem.path} are in no region of the state: it may be of another time`;
  return listed(vmem, format, regions, vmem.size > end ? [more] : []);
}

/** The state lists all memory of the machine, so none can be missing after the end. */
function listed(
  source: ByteSource,
  format: string,
  ranges: readonly PlainRange[],
  warnings: readonly string[],
): MemoryImage {
  const traits = { format, type: 'RAM', flat: true, incomplete: false, listsAll: true };
  return plainImage(source, { ...traits, ranges, warnings });
}
