import type { Range } from '../../bytes/ranges.ts';
import { latin1 } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PHYSICAL_LIMIT } from '../../machine.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { readString } from './c-string.ts';

/** No machine has more entries in /proc/iomem. */
const ENTRIES_LIMIT = 100_000;
const RAM = 'System RAM';
/** Both variables have this name from the start (kernel/crash_core.c). */
const CRASH_KERNEL = 'Crash kernel';
const POINTER = 8;

/**
 * struct resource begins with start, end and name (include/linux/ioport.h); `parent`, `sibling` and `child`
 * follow each other.
 */
const NAME = 2 * POINTER;
/** Offset of `parent`: after `desc` since 4.6 (43ee493bde78), after `flags` before. */
const PARENTS = [5 * POINTER, 4 * POINTER] as const;

/** RAM as /proc/iomem has it, in bytes; ascending. */
export interface RamMap {
  /** The top entries "System RAM", which LiME and AVML save. The crash kernel's memory lies inside. */
  readonly system: readonly Range[];
  /** What drivers added, with their names in the entry: "System RAM (virtio_mem)", "System RAM (kmem)". */
  readonly drivers: readonly Range[];
}

/**
 * The kernel's own list of RAM.
 * @throws InspectError missingInfo without the symbol; corrupt for a list that is not one; as reading memory
 */
export function readRamMap(typed: TypedKernel): RamMap {
  const root = typed.symbol('iomem_resource');
  return new RamList(typed, parentOffset(typed, root)).under(root);
}

class RamList {
  readonly #typed: TypedKernel;
  readonly #parentAt: number;
  readonly #system: Range[] = [];
  readonly #drivers: Range[] = [];
  #entries = 0;

  constructor(typed: TypedKernel, parentAt: number) {
    this.#typed = typed;
    this.#parentAt = parentAt;
  }

  under(root: bigint): RamMap {
    this.#list(root, resourceAt(this.#typed, root), true);
    return { system: this.#system, drivers: this.#drivers };
  }

  /** Children are sorted, lie in their parent and do not overlap, so a list that does not end is noticed. */
  #list(parent: bigint, within: Range, isTop: boolean): void {
    let at = pointerAt(this.#typed, parent, this.#parentAt + 2 * POINTER);
    let next = within.start;
    for (; at !== 0n; at = pointerAt(this.#typed, at, this.#parentAt + POINTER)) {
      const range = resourceAt(this.#typed, at);
      const fits = range.start >= next && range.end > range.start && range.end <= within.end;
      if (!fits || ++this.#entries > ENTRIES_LIMIT)
        throw new InspectError('corrupt', `the list of resources is damaged at ${hex(at)}`, { address: at });
      next = range.end;
      const name = nameAt(this.#typed, at);
      if (isTop && name === `${RAM}\0`) this.#system.push(range);
      else if (name === `${RAM} `) this.#drivers.push(range);
      else this.#list(at, range, false);
    }
  }
}

/**
 * Memory that is reserved for the crash kernel, in bytes; none where none is.
 * @throws InspectError missingInfo without the symbols; as reading memory
 */
export function readCrashKernelMemory(typed: TypedKernel): Range[] {
  const all = ['crashk_low_res', 'crashk_res'].map((symbol) => {
    const address = typed.symbol(symbol);
    if (crashName(typed, address) !== CRASH_KERNEL)
      throw new InspectError('corrupt', `${symbol} is not named "${CRASH_KERNEL}"`, { address });
    return resourceAt(typed, address);
  });
  return all.filter(({ start, end }) => start > 0 && end > start);
}

function crashName(typed: TypedKernel, resource: bigint): string | null {
  const name = pointerAt(typed, resource, NAME);
  return name === 0n ? null : readString(typed.space, name);
}

const pointerAt = ({ space }: TypedKernel, object: bigint, offset: number) =>
  space.u64(object + BigInt(offset));

function resourceAt(typed: TypedKernel, at: bigint): Range {
  const [start, end] = [pointerAt(typed, at, 0), pointerAt(typed, at, POINTER) + 1n];
  const limit = BigInt(PHYSICAL_LIMIT);
  return { start: Number(start < limit ? start : limit), end: Number(end < limit ? end : limit) };
}

/** The first bytes of a name, one more than RAM has. */
function nameAt(typed: TypedKernel, at: bigint): string {
  const name = pointerAt(typed, at, NAME);
  return name === 0n ? '' : latin1(typed.space.bytes(name, RAM.length + 1));
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
