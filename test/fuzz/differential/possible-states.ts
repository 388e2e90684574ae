import type { Difference } from './compare.ts';
import { general } from './compare.ts';

/** A change that makes a state that a kernel can be in: no second witness in the dump tells it from the true one. */
interface PossibleState {
  readonly structure: RegExp;
  readonly field: RegExp;
  /** What it may alter: paths of figures without the names of elements. */
  readonly figures: RegExp;
  /** By how much numbers may differ at most, pages; as they like when left out. */
  readonly pages?: number;
  readonly why: string;
}

const POSSIBLE: readonly PossibleState[] = [
  {
    structure: /^task_struct$/,
    field: /^comm$/,
    figures: /(comm|name)$/,
    why: 'a task may have any name: prctl(PR_SET_NAME)',
  },
  {
    structure: /^task_struct$/,
    field: /^(__state|state|exit_state)$/,
    figures: /(state|stateName|states\.\w+|states)$/,
    why: 'a task may be in any state',
  },
  {
    structure: /^cred$/,
    field: /^e?uid/,
    figures: /\.e?uid$/,
    why: 'a task may run as any user',
  },
  {
    structure: /^inode$/,
    field: /^(i_ino|i_size)$/,
    figures: /files\.largest\[\]\.(inode|size)$/,
    why: 'a file may have any number and any size',
  },
  {
    structure: /^super_block$/,
    field: /^(s_id|s_dev)$/,
    figures: /fileSystem\.(id|device)$/,
    why: 'a file system may have any name and device number',
  },
  {
    structure: /^(avenrun|init_uts_ns|tainted_mask|tk_core|boot_cpu_data)$/,
    field: /.*/,
    figures: /^(load|host|kernel|taint|clock|uptime|cpuModel)\b/,
    why: 'the load, the host name, the taint and the clock may be any',
  },
  {
    structure: /^(total|nr)_swap_pages$/,
    field: /.*/,
    figures: /^swap\./,
    why: 'swap may be of any size',
  },
  {
    structure: /^log$/,
    field: /^text$/,
    figures: /^(records\[\]\.text|crash\.(reason|cause))$/,
    why: 'a record of the log may say anything',
  },
  {
    structure: /^log$/,
    field: /^printk_info$/,
    figures: /^records\[\]\.(time|level|facility|caller|device\b.*|continuation|cleared|text)$/,
    why: 'a record of the log may have any time, level and writer, and a text that is shorter by a few bytes',
  },
  {
    structure: /^page$/,
    field: /.*/,
    figures: /^(structPage\.|details\.(head|mapcounts)\b)/,
    why: 'what `page` shows of a struct page is what stands in it',
  },
  {
    structure: /^page$/,
    field: /^(?!64)/,
    figures: /^(class|rule|decidedBy|structPage\b.*|details\b.*|.*\.(pages|bytes|counted|dirty|difference))$/,
    pages: 1,
    why: 'a struct page is all that says what its page is: one page of another kind',
  },
  {
    structure: /^page table$/,
    field: /.*/,
    figures: /^translations\[\]\.(steps|region|contents)/,
    why: 'what `translate` shows of an entry is what stands in it',
  },
  {
    structure: /^page table$/,
    field: /, (vmalloc|vmemmap|modules|unknown)$/,
    figures: /^translations\b/,
    why: 'these regions may be mapped anywhere: the tables alone say where',
  },
  {
    structure: /^page table$/,
    field: /, (direct map|kernel image)$/,
    figures: /^translations\[\]\.(steps|region|contents|result)/,
    why: 'memory may be taken out of the direct map, and parts of the image freed',
  },
];

/** Why a change is no lie that could be found out; undefined when it could be. */
export function possibleState(
  structure: string,
  field: string,
  differences: readonly Difference[],
): string | undefined {
  return POSSIBLE.find(
    (state) =>
      state.structure.test(structure) &&
      state.field.test(field) &&
      differences.every((difference) => isAllowed(state, difference)),
  )?.why;
}

const PAGE = 4096;

function isAllowed({ figures, pages }: PossibleState, { path, before, after }: Difference): boolean {
  if (!figures.test(general(path))) return false;
  if (pages === undefined || typeof before !== 'number' || typeof after !== 'number') return true;
  return Math.abs(before - after) <= (path.endsWith('bytes') ? pages * PAGE : pages);
}
