import { hex } from '../../hex.ts';
import { LEAST_MODULES_START } from '../../kernel/modules/module-area.ts';
import {
  findStackAreas,
  isStackArea,
  readSpareStacks,
  type SpareStacks,
  type StackAreas,
} from '../../kernel/objects/kernel-stacks.ts';
import {
  readVmallocAreas,
  VM_ALLOC,
  VM_IOREMAP,
  VM_MAP,
  type VmallocArea,
} from '../../kernel/objects/vmalloc.ts';
import { Symbolizer } from '../../kernel/symbols/symbolizer.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import type { Problems } from './problems.ts';

/** What areas are for. */
export type VmallocKind = 'stack' | 'vmalloc' | 'code' | 'map' | 'ioremap' | 'other';

/** The areas that were requested at one place in the kernel's code. */
export interface VmallocCaller {
  /** name+0x12/0x40 [module], as in /proc/vmallocinfo; the address where no symbol is known. */
  readonly caller: string;
  readonly kind: VmallocKind;
  readonly areas: number;
  /** Pages that the areas own, or that they map and others own (kind map). */
  readonly pages: number;
  /** Bytes of address space, guard pages included. */
  readonly size: number;
}

/** The vmalloc region by its users. */
export interface VmallocUses {
  /**
   * Pages of areas made by vmalloc(), without those below; in the modules' region these are modules, BPF
   * programs and trampolines.
   */
  readonly pages: number;
  readonly codePages: number;
  /**
   * Those of the kernel's stacks, including stacks kept for new tasks; null where stacks are not made by
   * vmalloc().
   */
  readonly stackPages: number | null;
  /**
   * Pages of stacks that no task has; null where stacks are not made by vmalloc(), and where that cannot be
   * read.
   */
  readonly spareStacks: SpareStacks | null;
  readonly areas: number;
  readonly callers: readonly VmallocCaller[];
  /** Whether all of the lists could be read. If not, all these figures are least values. */
  readonly whole: boolean;
}

/**
 * Names the `top` largest users. @param tasks whose stacks show what areas of stacks look like
 * @throws InspectError as readVmallocAreas and findStackAreas do
 */
export function vmallocUses(
  typed: TypedKernel,
  tasks: readonly bigint[],
  top: number,
  problems: Problems,
): VmallocUses {
  const { areas, problems: wrong, whole } = readVmallocAreas(typed);
  problems.found(wrong, whole);
  const stacks = findStackAreas(typed, tasks, areas);
  const symbols = new Symbolizer(typed);
  const owned = (kind: VmallocKind) =>
    areas.reduce((sum, area) => sum + (vmallocKind(area, stacks) === kind ? area.pages : 0), 0);
  const callers = byCaller(areas, stacks)
    .slice(0, top)
    .map(({ address, ...group }) => ({ ...group, caller: callerName(symbols, address) }));
  for (const { module, error } of symbols.unreadable)
    problems.unnamed(`the symbols of module ${module}`, error);
  return {
    pages: owned('vmalloc'),
    codePages: owned('code'),
    stackPages: stacks ? owned('stack') : null,
    spareStacks:
      stacks &&
      spareStacks(
        typed,
        tasks,
        areas.filter((area) => isStackArea(area, stacks)),
        problems,
      ),
    areas: areas.length,
    whole,
    callers,
  };
}

function spareStacks(
  typed: TypedKernel,
  tasks: readonly bigint[],
  areas: readonly VmallocArea[],
  problems: Problems,
): SpareStacks | null {
  return problems.attempt('stacks that no task has', () => readSpareStacks(typed, tasks, areas));
}

/** What an area is for. */
export function vmallocKind(area: VmallocArea, stacks: StackAreas | null): VmallocKind {
  const { flags, address } = area;
  if (stacks && isStackArea(area, stacks)) return 'stack';
  if ((flags & VM_ALLOC) !== 0) return address >= LEAST_MODULES_START ? 'code' : 'vmalloc';
  if ((flags & VM_IOREMAP) !== 0) return 'ioremap';
  return (flags & VM_MAP) === 0 ? 'other' : 'map';
}

interface Group {
  readonly address: bigint;
  readonly kind: VmallocKind;
  areas: number;
  pages: number;
  size: number;
}

/** Largest first, by pages, then by address space. */
function byCaller(areas: readonly VmallocArea[], stacks: StackAreas | null): Group[] {
  const groups = new Map<string, Group>();
  for (const area of areas) {
    const kind = vmallocKind(area, stacks);
    const key = `${area.caller} ${kind}`;
    const group = groups.get(key) ?? { address: area.caller, kind, areas: 0, pages: 0, size: 0 };
    group.areas++;
    group.pages += area.pages;
    group.size += area.size;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.pages - a.pages || b.size - a.size);
}

/** The place in the code that requested an area, as /proc/vmallocinfo writes it. */
export function callerName(symbols: Symbolizer, address: bigint): string {
  const found = symbols.locate(address);
  if (!found) return hex(address);
  const module = found.module === undefined ? '' : ` [${found.module}]`;
  return `${found.symbol.name}+${hex(found.offset)}/${hex(found.size)}${module}`;
}
