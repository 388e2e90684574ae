import { RangeList } from '../../bytes/range-list.ts';
import { countOf, mergeRanges, type Range, subtractRanges } from '../../bytes/ranges.ts';
import { InspectError } from '../../errors.ts';
import { PIECES_LIMIT } from '../../formats/image/described.ts';
import type { AbsentMemory } from '../../formats/image/image.ts';
import { type RamMap, readCrashKernelMemory, readRamMap } from '../../kernel/objects/ram-map.ts';
import type { Kernel, LeftOut } from '../../kernel/open/kernel.ts';
import { withLeftOut } from '../../kernel/open/left-out.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { pfnRanges } from '../struct-pages/pfn-ranges.ts';
import { StructPages } from '../struct-pages/struct-pages.ts';
import { zonesOrNone } from '../zones/try-zones.ts';
import { countPresentPages, type Zone } from '../zones/zones.ts';
import { holesOf, UsedPages } from './used-pages.ts';

type Zeros = Extract<AbsentMemory, { means: 'zero' }>;

/**
 * The kernel of a dump that leaves out memory which is all zero, with that memory: the RAM that its own view
 * has and the file lacks. Other kernels are returned as they are.
 */
export function completeMemory(kernel: Kernel): Kernel {
  const { absent } = kernel.image;
  if (absent?.means !== 'zero' || kernel.leftOut) return kernel;
  return withLeftOut(kernel, leftOutOf(kernel, absent));
}

function leftOutOf(kernel: Kernel, absent: Zeros): LeftOut {
  const typed = new TypedKernel(kernel);
  const crash = attempt(() => crashKernelPfns(typed, absent));
  const ram = crash && attempt(() => trustedRamMap(typed));
  return (
    (crash && ram && attempt(() => byRamMap(kernel, absent, ram, crash))) ??
    attempt(() => byStructPages(kernel, absent, crash)) ??
    NOTHING_KNOWN
  );
}

const NOTHING_KNOWN: LeftOut = {
  ranges: [],
  unclear: {
    pages: 0,
    why: 'which memory the file leaves out because it is all zero is not known',
    areZero: false,
  },
};

function attempt<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof InspectError && error.kind !== 'io') return undefined;
    throw error;
  }
}

/**
 * The kernel's list of RAM, if its zones have as much: a damaged list is not believed.
 * @throws InspectError corrupt, if not; as readRamMap and countPresentPages
 */
function trustedRamMap(typed: TypedKernel): RamMap {
  const map = readRamMap(typed);
  const listed = onlinePages(typed.kernel, wholePages([...map.system, ...map.drivers]));
  const present = countPresentPages(typed.kernel);
  if (listed === present) return map;
  throw new InspectError('corrupt', `the list of RAM has ${listed} pages, the zones have ${present}`);
}

/**
 * The RAM that the file lacks, without the crash kernel's. AVML does not save what drivers added, so that is
 * zero only if the file has a part of it. Of such memory struct pages tell what is plugged in.
 */
function byRamMap(kernel: Kernel, absent: Zeros, map: RamMap, crash: readonly Range[]): LeftOut {
  const system = subtractRanges([...pfnRanges(mergeRanges(map.system))], crash);
  const isSaved = ({ start, end }: Range) => countOf(absent.held.described(start, end)) > 0;
  const used = (ranges: readonly Range[]) => usedPages(kernel, absent, [...pfnRanges(ranges)]);
  const added = used(map.drivers.filter(isSaved));
  const unsaved = countOf(used(map.drivers.filter((range) => !isSaved(range))));
  const why = `${unsaved} pages of memory that a driver added (virtio-mem, kmem) are in no block of the file: AVML does not save them`;
  return {
    ranges: withinGaps(absent, mergeRanges([...system, ...added])),
    unclear: unsaved === 0 ? null : { pages: unsaved, why, areZero: false },
  };
}

/** The used pages among these pfns that the file does not have. */
function usedPages(kernel: Kernel, { held }: Zeros, pfns: readonly Range[]): Range[] {
  if (pfns.length === 0) return [];
  const used = new RangeList();
  const lacking = subtractRanges(pfns, [...pfnRanges(held.described())]);
  for (const section of new UsedPages(kernel, zonesOrNone(kernel)).in(lacking, true))
    for (const { start, end } of section) used.add(start, end);
  if (used.length > PIECES_LIMIT) throw new InspectError('corrupt', 'the struct pages are damaged');
  return [...used];
}

/**
 * The crash kernel's memory, which no vmcore has, and neither has what was made from one. A file that has a
 * part of it saved it like other memory, so what it lacks of it is zero.
 */
function crashKernelPfns(typed: TypedKernel, { held }: Zeros): Range[] {
  const all = mergeRanges(readCrashKernelMemory(typed));
  const unsaved = all.filter(({ start, end }) => countOf(held.described(start, end)) === 0);
  return [...pfnRanges(unsaved)];
}

/**
 * What struct pages show: pages that the allocator has or had. Others were reserved at boot. The zones tell
 * how many pages of RAM there are, so if that is all of them there are no others.
 */
function byStructPages(kernel: Kernel, absent: Zeros, crash: readonly Range[] | undefined): LeftOut {
  const zones = zonesOrNone(kernel);
  const used = usedPages(kernel, absent, [...holesOf(absent.held, zones)]);
  const inZones = mergeRanges(zones.map((zone) => bytesOfZone(zone)));
  const held = inZones.flatMap(({ start, end }) => [...absent.held.described(start, end)]);
  const others =
    countPresentPages(kernel) -
    onlinePages(kernel, wholePages(held)) -
    countOf(used) -
    onlinePages(kernel, crash ?? []);
  const ranges = withinGaps(absent, used);
  return {
    ranges,
    unclear:
      others === 0 ? null : { pages: Math.max(0, others), why: reservedPages(others), areZero: others > 0 },
  };
}

function reservedPages(pages: number): string {
  return pages > 0
    ? `${pages} pages of RAM that were reserved at boot are in no block of the file: either they are all zero, or the crash kernel has them and they were not saved`
    : `the file has ${-pages} pages more than the zones of the kernel`;
}

const bytesOfZone = ({ startPfn, spannedPages }: Zone): Range => ({
  start: startPfn * PAGE_SIZE,
  end: (startPfn + spannedPages) * PAGE_SIZE,
});

/** The pfns of pages that lie wholly in ranges of bytes, which is what zones count. */
function wholePages(ranges: readonly Range[]): Range[] {
  return mergeRanges(ranges).flatMap(({ start, end }) => {
    const pages = { start: Math.ceil(start / PAGE_SIZE), end: Math.floor(end / PAGE_SIZE) };
    return pages.end > pages.start ? [pages] : [];
  });
}

/** How many of these pfns lie in sections that are online. */
function onlinePages(kernel: Kernel, pfns: readonly Range[]): number {
  const structPages = new StructPages(kernel);
  let pages = 0;
  for (const range of pfns)
    for (const { start, end } of structPages.presentParts(range))
      if (!structPages.isOffline(start)) pages += end - start;
  return pages;
}

/** Those of these pages that the file can have left out and does not have, in bytes. */
function withinGaps({ mayBe, held }: Zeros, pfns: readonly Range[]): Range[] {
  const lacking = subtractRanges(pfns, [...pfnRanges(held.described())]);
  return lacking.flatMap(({ start, end }) => [...mayBe.clip(start * PAGE_SIZE, end * PAGE_SIZE)]);
}
