import { vmcoreinfo } from './note-text.ts';
import { pageTables } from './page-tables.ts';
import { structPage } from './struct-pages.ts';
import { STRUCTURE_AIMS } from './structures.ts';
import { btf, kallsyms, logRing, memSection } from './tables.ts';
import type { Aim } from './target.ts';
import { VARIABLE_AIMS } from './variables.ts';

/** What is changed, by the kind under which it is counted. A kind may have several aims, taken in turn. */
export const KINDS: Readonly<Record<string, readonly Aim[]>> = merge(
  { 'struct pages': structPage },
  STRUCTURE_AIMS,
  VARIABLE_AIMS,
  { BTF: btf, kallsyms, VMCOREINFO: vmcoreinfo, 'page tables': pageTables, mem_section: memSection },
  { 'log ring': logRing },
);

function merge(...parts: readonly Readonly<Record<string, Aim>>[]): Record<string, Aim[]> {
  const all: Record<string, Aim[]> = {};
  for (const part of parts)
    for (const [kind, aim] of Object.entries(part)) all[kind] = [...(all[kind] ?? []), aim];
  return all;
}

/** How often each kind is picked; 1 if absent. Kinds on which most figures depend are picked more often. */
export const WEIGHTS: Readonly<Record<string, number>> = {
  'struct pages': 3,
  'slab caches': 2,
  tasks: 2,
  VMCOREINFO: 2,
  'super blocks and files': 2,
  BTF: 2,
};
