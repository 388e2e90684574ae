import type { ErrorKind } from '../errors.ts';
import { hex } from '../hex.ts';
import type { Candidate, TriedValue } from '../kernel/evidence/methods.ts';
import type { KernelLayout } from '../kernel/layout/layout.ts';
import type { Report } from './report.ts';
import type { VmcoreinfoChoice } from './vmcoreinfo-choice.ts';

/** A value in JSON: what is believed, its source, and what each method found. */
export interface LayoutValue {
  readonly value: string | null;
  readonly source: string | null;
  readonly candidates: readonly (Omit<Candidate, 'value'> & { readonly value: string | null })[];
}

export const LAYOUT_VALUES = [
  'pageOffset',
  'physBase',
  'kernelOffset',
  'vmemmap',
  'vmallocStart',
  'pageTableRoot',
  'smeMask',
  'levels',
] as const;
type ValueName = (typeof LAYOUT_VALUES)[number];

/** The document of `layout --json`. */
export interface LayoutReport extends Report, Record<ValueName, LayoutValue> {
  readonly schema: 'kdump-inspect/layout/1';
  readonly file: { readonly path: string; readonly format: string };
  readonly kernel: { readonly release: string | null };
  readonly vmcoreinfo: VmcoreinfoChoice;
  readonly pagingLevels: 4 | 5;
  readonly kallsyms: KernelLayout['kallsyms'];
}

/** The name of each value in the kernel, and its meaning. */
export const LAYOUT_NAMES: Record<ValueName, readonly [name: string, meaning: string]> = {
  pageOffset: ['page_offset', 'virtual address of the direct map of all memory'],
  physBase: ['phys_base', 'address of the kernel image minus its link address'],
  kernelOffset: ['kernel offset', 'KASLR slide of the kernel image'],
  vmemmap: ['vmemmap', 'virtual address of struct page 0'],
  vmallocStart: ['vmalloc start', 'virtual address of the vmalloc area'],
  pageTableRoot: ['page table root', 'physical address of the top page table'],
  levels: ['paging levels', 'levels of the page tables, 4 or 5'],
  smeMask: ['sme_mask', 'the physical address bit of AMD memory encryption'],
};

function shown({ value, source, candidates }: TriedValue): LayoutValue {
  const text = (v: bigint | null) => (v === null ? null : hex(v));
  return {
    value: text(value),
    source,
    candidates: candidates.map((c) => ({ ...c, value: text(c.value) })),
  };
}

interface LayoutFacts extends Pick<LayoutReport, 'file' | 'kernel' | 'vmcoreinfo'> {
  /** Reasons to doubt the VMCOREINFO that it is based on. */
  readonly doubts: readonly string[];
  /** Whether an error of this kind means that the dump has lost something. */
  readonly isLost: (kind: ErrorKind) => boolean;
}

export function layoutReport(layout: KernelLayout, facts: LayoutFacts): LayoutReport {
  const { file, kernel, vmcoreinfo, doubts, isLost } = facts;
  const values = Object.fromEntries(LAYOUT_VALUES.map((name) => [name, shown(layout[name])])) as Record<
    ValueName,
    LayoutValue
  >;
  const lost = LAYOUT_VALUES.filter((name) => isUnknownByLoss(layout[name], isLost));
  return {
    schema: 'kdump-inspect/layout/1',
    file,
    kernel,
    vmcoreinfo,
    ...values,
    pagingLevels: layout.pagingLevels,
    kallsyms: layout.kallsyms,
    warnings: [
      ...doubts,
      ...lost.map(
        (name) => `${LAYOUT_NAMES[name][0]}: it is unknown because the dump is damaged or truncated`,
      ),
      ...LAYOUT_VALUES.flatMap((name) => disagreements(LAYOUT_NAMES[name][0], values[name])),
    ],
    complete: lost.length === 0,
  };
}

function isUnknownByLoss({ value, failures = [] }: TriedValue, isLost: LayoutFacts['isLost']): boolean {
  return value === null && failures.some(isLost);
}

/** A sentence for each method that found another value than the one believed. */
function disagreements(name: string, { value, source, candidates }: LayoutValue): string[] {
  const believed = candidates.find(
    (c) => c.verdict === 'believed' && c.source === 'option' && c.reason.includes(';'),
  );
  const others = candidates.filter((c) => c.verdict === 'differs' || c.verdict === 'refuted');
  return [
    ...(believed ? [`${name}: the given value is not what the dump says: ${believed.reason}`] : []),
    ...others.map(
      (c) => `${name}: ${c.source} says ${c.value}, ${source ?? 'nothing'} ${value ?? ''} (${c.reason})`,
    ),
  ];
}
