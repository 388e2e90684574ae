import { hex } from '../../hex.ts';
import { findStackAreas, isStackArea } from '../../kernel/objects/kernel-stacks.ts';
import { readCrashKernelMemory } from '../../kernel/objects/ram-map.ts';
import { readVmallocAreas, type VmallocArea } from '../../kernel/objects/vmalloc.ts';
import { Symbolizer } from '../../kernel/symbols/symbolizer.ts';
import { listTasks } from '../../kernel/tasks/task-listing.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { imagePfns } from '../struct-pages/kernel-image.ts';
import { memmapPieces } from '../struct-pages/memmap.ts';
import { callerName, vmallocKind } from '../usage/vmalloc.ts';
import type { PageOwner } from './owner.ts';

/** How many pointers to struct pages are searched: those of 64 GiB of vmalloc. */
const POINTERS_LIMIT = 1 << 24;

/**
 * The owner of memory that was reserved at boot: the kernel image, the crash kernel, or the memory map.
 * @param physical bytes
 */
export function bootOwner(typed: TypedKernel, physical: number): PageOwner | null {
  const image = imagePfns(typed);
  const pfn = Math.floor(physical / PAGE_SIZE);
  if (pfn >= image.start && pfn < image.end) {
    const address = typed.symbol('_text') + BigInt(physical - image.start * PAGE_SIZE);
    const found = typed.symbols.nearest(address);
    return { kind: 'kernelImage', symbol: found ? `${found.symbol.name}+${hex(found.offset)}` : null };
  }
  if (isCrashKernels(typed, physical)) return { kind: 'crashKernel' };
  for (const { start, end, section } of memmapPieces(typed)) {
    if (pfn >= start && pfn < end) return { kind: 'memmap', section };
  }
  return null;
}

/** Whether memory is reserved for the kernel that saves the dump of this one. @param physical bytes */
function isCrashKernels(typed: TypedKernel, physical: number): boolean {
  // A kernel that cannot reserve memory (CONFIG_CRASH_DUMP=n) has no such variable.
  if (typed.findSymbol('crashk_res') === undefined) return false;
  return readCrashKernelMemory(typed).some(({ start, end }) => physical >= start && physical < end);
}

/**
 * The owner of a page that nothing marks: an area of vmalloc(), which has a list of its pages and may be a
 * kernel stack.
 * @param structPage address of its struct page; @throws InspectError as readVmallocAreas does
 */
export function listedOwner(typed: TypedKernel, structPage: bigint): PageOwner | null {
  const { areas } = readVmallocAreas(typed);
  let left = POINTERS_LIMIT;
  for (const area of areas) {
    if (area.pagesAt === 0n || area.pages === 0 || area.pages > left) continue;
    left -= area.pages;
    const pointers = new BigUint64Array(typed.space.bytes(area.pagesAt, 8 * area.pages).buffer);
    const index = pointers.indexOf(structPage);
    if (index >= 0) return areaOwner(typed, area, index, areas);
  }
  return null;
}

function areaOwner(
  typed: TypedKernel,
  area: VmallocArea,
  index: number,
  areas: readonly VmallocArea[],
): PageOwner {
  const { tasks } = listTasks(typed);
  const stacks = findStackAreas(
    typed,
    tasks.map(({ address }) => address),
    areas,
  );
  if (stacks && isStackArea(area, stacks)) {
    const reader = typed.reader('task_struct', 'stack');
    const task = tasks.find(({ address }) => reader.load(address).big('stack') === area.address);
    return {
      kind: 'kernelStack',
      address: area.address,
      task: task ? { pid: task.pid, comm: task.comm } : null,
    };
  }
  return {
    kind: 'vmalloc',
    area: vmallocKind(area, null),
    caller: callerName(new Symbolizer(typed), area.caller),
    address: area.address,
    offset: index * PAGE_SIZE,
  };
}
