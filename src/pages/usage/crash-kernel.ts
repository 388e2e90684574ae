import { countOf, mergeRanges, type Range, subtractRanges } from '../../bytes/ranges.ts';
import { InspectError } from '../../errors.ts';
import { readCrashKernelMemory, readRamMap } from '../../kernel/objects/ram-map.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { usesIn } from '../attribution/attribution.ts';
import { useKeys } from '../attribution/choose-keys.ts';
import { pfnRanges } from '../struct-pages/pfn-ranges.ts';

/** Memory that is reserved for the kernel that saves a dump (crashkernel=). Both figures are pages. */
export interface CrashKernelMemory {
  /** As the kernel says. */
  readonly reserved: number;
  /** Those of them that the dump describes; a vmcore lacks them all. Their struct pages are of reserved pages. */
  readonly inDump: number;
}

const NONE: CrashKernelMemory = { reserved: 0, inDump: 0 };

/**
 * Asks the kernel, and compares with its list of RAM, with the struct pages in the dump, and with what the dump
 * lacks. A kernel that cannot reserve memory (CONFIG_CRASH_DUMP=n) has no such variable.
 * @throws InspectError corrupt, where one of these contradicts it; as readCrashKernelMemory
 */
export function crashKernelMemory(typed: TypedKernel): CrashKernelMemory {
  if (typed.symbols.hasData && typed.findSymbol('crashk_res') === undefined) return NONE;
  const bytes = mergeRanges(readCrashKernelMemory(typed));
  const ram = ramOf(typed);
  const strange = ram ? countOf(subtractRanges(bytes, ram)) : 0;
  if (strange > 0) throw contradicted(`${strange} bytes of it are not in the kernel's list of RAM`);
  if (ram && isMoreLacking(typed, bytes, ram)) throw contradicted('the dump lacks RAM next to it, too');
  return { reserved: countOf(pfnRanges(bytes)), inDump: pagesInDump(typed, bytes) };
}

/** @throws InspectError corrupt, if other pages than reserved ones are among them */
function pagesInDump(typed: TypedKernel, bytes: readonly Range[]): number {
  const { memory } = typed.kernel.image;
  const described = [...pfnRanges(bytes.flatMap(({ start, end }) => [...memory.described(start, end)]))];
  if (described.length === 0) return 0;
  const { total, uses, exact } = usesIn(typed, described, useKeys(typed));
  const others = total - uses.reserved - uses.hwpoison;
  if (exact && others > 0) throw contradicted(`${others} of its ${total} pages are not reserved`);
  return uses.reserved;
}

/** Whether a page of RAM beside memory that the dump lacks is lacking, too. Only zeros may be left out so. */
function isMoreLacking({ kernel }: TypedKernel, bytes: readonly Range[], ram: readonly Range[]): boolean {
  const { memory, absent } = kernel.image;
  const isThere = ({ start, end }: Range) => countOf(memory.described(start, end)) > 0;
  const isRam = (page: Range) => subtractRanges([page], ram).length === 0;
  const lacking = bytes.filter((range) => !isThere(range));
  const beside = lacking.flatMap(({ start, end }) => [
    { start: start - PAGE_SIZE, end: start },
    { start: end, end: end + PAGE_SIZE },
  ]);
  return absent?.means !== 'zero' && beside.some((page) => isRam(page) && !isThere(page));
}

function ramOf(typed: TypedKernel): Range[] | undefined {
  try {
    return mergeRanges(readRamMap(typed).system);
  } catch (error) {
    if (error instanceof InspectError && error.kind !== 'io') return undefined;
    throw error;
  }
}

function contradicted(why: string): InspectError {
  return new InspectError('corrupt', why, {});
}
