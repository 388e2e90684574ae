import type { Range } from '../../bytes/ranges.ts';
import { latin1 } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PHYSICAL_LIMIT } from '../../machine.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** No machine has more top entries in /proc/iomem. */
const ENTRIES_LIMIT = 100_000;
const RAM = 'System RAM\0';
const POINTER = 8;

/**
 * struct resource begins with start, end and name (include/linux/ioport.h); `parent`, `sibling` and `child`
 * follow each other.
 */
const NAME = 2 * POINTER;
/** Offset of `parent`: after `desc` since 4.6 (43ee493bde78), after `flags` before. */
const PARENTS = [5 * POINTER, 4 * POINTER] as const;

/**
 * The kernel's own list of RAM, in bytes: the top entries "System RAM" of /proc/iomem, which LiME and AVML
 * save. The crash kernel's memory lies inside.
 * @throws InspectError missingInfo without the symbol; corrupt for a list that is not one; as reading memory
 */
export function readRamMap(typed: TypedKernel): Range[] {
  const root = typed.symbol('iomem_resource');
  const parentAt = parentOffset(typed, root);
  const ram: Range[] = [];
  let [at, last] = [pointerAt(typed, root, parentAt + 2 * POINTER), -1];
  for (let entries = 0; at !== 0n; at = pointerAt(typed, at, parentAt + POINTER)) {
    const range = resourceAt(typed, at);
    // Siblings are sorted and do not overlap, so a list that does not end is noticed.
    if (range.start <= last || range.end <= range.start || ++entries > ENTRIES_LIMIT)
      throw new InspectError('corrupt', `the list of resources is damaged at ${hex(at)}`, { address: at });
    if (isRam(typed, at)) ram.push(range);
    last = range.end - 1;
  }
  return ram;
}

/**
 * Memory that is reserved for the crash kernel, in bytes; none where none is.
 * @throws InspectError missingInfo without the symbols; as reading memory
 */
export function readCrashKernelMemory(typed: TypedKernel): Range[] {
  const all = ['crashk_low_res', 'crashk_res'].map((symbol) => {
    const address = typed.symbol(symbol);
    // They are variables with a name from the start (kernel/crash_core.c).
    if (pointerAt(typed, address, NAME) === 0n)
      throw new InspectError('corrupt', `${symbol} has no name`, { address });
    return resourceAt(typed, address);
  });
  return all.filter(({ start, end }) => start > 0 && end > start);
}

const pointerAt = ({ space }: TypedKernel, object: bigint, offset: number) =>
  space.u64(object + BigInt(offset));

function resourceAt(typed: TypedKernel, at: bigint): Range {
  const [start, end] = [pointerAt(typed, at, 0), pointerAt(typed, at, POINTER) + 1n];
  const limit = BigInt(PHYSICAL_LIMIT);
  return { start: Number(start < limit ? start : limit), end: Number(end < limit ? end : limit) };
}

function isRam(typed: TypedKernel, at: bigint): boolean {
  const name = pointerAt(typed, at, NAME);
  return name !== 0n && latin1(typed.space.bytes(name, RAM.length)) === RAM;
}

/** The parent of the first entry is the root. */
function parentOffset(typed: TypedKernel, root: bigint): number {
  const found = PARENTS.find((offset) => {
    const child = pointerAt(typed, root, offset + 2 * POINTER);
    return child !== 0n && tryPointer(typed, child, offset) === root;
  });
  if (found !== undefined) return found;
  throw new InspectError('corrupt', `iomem_resource at ${hex(root)} has no entries`, { address: root });
}

function tryPointer(typed: TypedKernel, object: bigint, offset: number): bigint | undefined {
  try {
    return pointerAt(typed, object, offset);
  } catch (error) {
    if (error instanceof InspectError && error.kind !== 'io') return undefined;
    throw error;
  }
}
