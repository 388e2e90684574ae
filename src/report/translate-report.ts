import type { Absence } from '../absence.ts';
import { hex, hex64 } from '../hex.ts';
import type { Region } from '../kernel/layout/regions.ts';
import type { PageTableWalk, WalkStep } from '../kernel/paging/page-walk.ts';
import { PAGE_SIZE } from '../machine.ts';
import type { Report } from './report.ts';

/** One entry of a walk in JSON. */
export interface StepRow {
  readonly level: string;
  /** Physical address of the table. */
  readonly table: string;
  readonly index: number;
  readonly entry: string;
  readonly flags: readonly string[];
  /** Physical address that the entry leads to: the next table, or the page. */
  readonly to: string;
}

/** A translated address in JSON. */
export interface TranslationRow {
  readonly address: string;
  /** As it was written; only for an address that had to be looked up. */
  readonly query?: string;
  readonly region: Region | null;
  readonly steps: readonly StepRow[];
  readonly result: 'mapped' | 'notMapped' | 'notPresent' | 'notCanonical' | 'noTable';
  /** The result as the end of a sentence. */
  readonly explanation: string;
  readonly physical: string | null;
  readonly pfn: number | null;
  readonly pageSize: number | null;
  /** Whether the dump has the contents of the address; null if the address is not mapped. */
  readonly contents: 'stored' | Absence | null;
}

interface TranslateSummary extends Report {
  readonly schema: 'kdump-inspect/translate/1';
  readonly file: { readonly path: string; readonly format: string };
  readonly pagingLevels: 4 | 5;
  readonly pageTableRoot: string;
  /** Whether every address leads to memory. */
  readonly mapped: boolean;
  /** Whether all page tables that were needed could be read. */
  readonly complete: boolean;
  /** Whether no translation is contradicted by where the direct map and the kernel image lie. */
  readonly consistent: boolean;
}

/** The document of `translate --json`. */
export interface TranslateReport extends TranslateSummary {
  readonly translations: readonly TranslationRow[];
}

/**
 * The same with rows that are made while they are iterated, once, because there may be a hundred thousand.
 * What the report says about all of them is known after the last one.
 */
export interface TranslateFindings extends TranslateSummary {
  readonly translations: Iterable<TranslationRow>;
}

/** What the walk itself does not say. */
export interface TranslationFacts {
  readonly walk: PageTableWalk;
  readonly flagsOf: (step: WalkStep) => readonly string[];
  readonly region: Region | null;
  readonly explanation: string;
  readonly contents: 'stored' | Absence | null;
}

function stepRow({ level, table, index, entry }: WalkStep, flags: readonly string[]): StepRow {
  return {
    level: level.name,
    table: hex(table),
    index,
    entry: hex64(entry.raw),
    flags,
    to: hex(entry.physical),
  };
}

export function translationRow({
  walk,
  flagsOf,
  region,
  explanation,
  contents,
}: TranslationFacts): TranslationRow {
  const { result } = walk;
  const mapped = result.kind === 'mapped' ? result : undefined;
  return {
    address: hex(walk.address),
    region,
    steps: walk.steps.map((step) => stepRow(step, flagsOf(step))),
    result: result.kind,
    explanation,
    physical: mapped ? hex(mapped.physical) : null,
    pfn: mapped ? Math.floor(mapped.physical / PAGE_SIZE) : null,
    pageSize: mapped ? mapped.pageSize : null,
    contents,
  };
}
