import { ABSENCES } from '../absence.ts';
import { hex, hex64 } from '../hex.ts';
import { PAGE_SIZE } from '../machine.ts';
import type { PageClass } from '../pages/classify/page-class.ts';
import type { PageDetails } from '../pages/details/details.ts';
import type { PageExplanation } from '../pages/explain/explain.ts';
import type { StructPage } from '../pages/explain/struct-page.ts';
import { type PageDetailsReport, pageDetailsReport } from './page-details.ts';
import type { Report } from './report.ts';

/** The document of `page --json`. */
export interface PageReport extends Report {
  readonly schema: 'kdump-inspect/page/1';
  readonly file: { readonly path: string; readonly format: string };
  /** The virtual address that was asked about, as it was written; only if it had to be looked up. */
  readonly query?: { readonly name: string; readonly address: string };
  readonly pfn: number;
  readonly physical: string;
  readonly section: number;
  /** null if the dump does not tell. */
  readonly class: PageClass | null;
  readonly rule: string;
  readonly reason: string;
  /** The pfn of the head of the block or compound that decided, if that is another page. */
  readonly decidedBy: number | null;
  readonly contents: PageExplanation['contents'];
  readonly zero: boolean | null;
  readonly structPage:
    | (Omit<StructPage, 'address' | 'flags' | 'mapping' | 'private' | 'compound'> & {
        readonly address: string;
        readonly flags: string;
        readonly mapping: string;
        readonly private: string;
        readonly compound: string | null;
      })
    | null;
  readonly structPageError: string | null;
  /** What the kernel's types (BTF) add; null without them, and without a struct page. */
  readonly details: PageDetailsReport | null;
  /** Why there are no details; null if there are some. */
  readonly detailsError: string | null;
}

/** The further explanation of a page, or why there is none. */
export type DetailsFact = { readonly value: PageDetails | null } | { readonly missing: string };

export function pageReport(
  page: PageExplanation,
  details: DetailsFact,
  { file, query, warnings, complete }: Pick<PageReport, 'file' | 'query' | 'warnings' | 'complete'>,
): PageReport {
  const { structPage: s } = page;
  const known = 'value' in details ? details.value : null;
  return {
    schema: 'kdump-inspect/page/1',
    file,
    ...(query ? { query } : {}),
    pfn: page.pfn,
    physical: hex(page.pfn * PAGE_SIZE),
    section: page.section,
    class: page.class,
    rule: page.rule,
    reason: page.reason,
    decidedBy: page.decidedBy,
    contents: page.contents,
    zero: page.zero,
    structPage: s && {
      ...s,
      flagNames: known?.flagNames ?? s.flagNames,
      address: hex(s.address),
      flags: hex64(s.flags),
      mapping: hex64(s.mapping),
      private: hex64(s.private),
      compound: s.compound === null ? null : hex64(s.compound),
    },
    structPageError: page.structPageError,
    details: known && pageDetailsReport(known),
    detailsError: 'missing' in details ? details.missing : null,
    warnings,
    complete,
  };
}

/** Where the contents of a page are, in words. */
export const CONTENTS: Record<PageReport['contents'], string> = { stored: 'stored', ...ABSENCES };

/** Whether a rule keeps the page, so that its contents say whether it is ZERO or KERN_DATA. */
export function isByContents(rule: PageReport['rule']): boolean {
  return KEEPING.has(rule);
}

const KEEPING: ReadonlySet<string> = new Set(['kernel', 'tail', 'badOrder', 'noStructPage']);
