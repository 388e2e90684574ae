import { ABSENCES } from '../absence.ts';
import { hex, hex64 } from '../hex.ts';
import { PAGE_SIZE } from '../machine.ts';
import type { PageClass } from '../pages/classify/page-class.ts';
import type { PageDetails } from '../pages/details/details.ts';
import type { PageExplanation, StructPage } from '../pages/explain/explain.ts';
import { escapeText } from './escape.ts';
import { type PageDetailsReport, pageDetailsReport } from './page-details.ts';
import { detailLines } from './page-owner-text.ts';
import type { Report } from './report.ts';
import { ROW_NAMES } from './row-names.ts';
import type { Terminal } from './terminal.ts';
import { size } from './units.ts';
import { wrap } from './wrap.ts';

/** The document of `page --json`. */
export interface PageReport extends Report {
  readonly schema: 'kdump-inspect/page/1';
  readonly file: { readonly path: string; readonly format: string };
  readonly pfn: number;
  readonly physical: string;
  readonly section: number;
  /** null where the dump cannot tell. */
  readonly class: PageClass | null;
  readonly rule: string;
  readonly reason: string;
  /** The pfn of the block's or compound's head that decided, when it is another page. */
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
  /** What the kernel's own types (BTF) add; null without them, and without a struct page. */
  readonly details: PageDetailsReport | null;
  /** Why there are no details; null where there are. */
  readonly detailsError: string | null;
}

/** The further explanation of a page, or why there is none. */
export type DetailsFact = { readonly value: PageDetails | null } | { readonly missing: string };

export function pageReport(
  page: PageExplanation,
  details: DetailsFact,
  { file, warnings, complete }: Pick<PageReport, 'file' | 'warnings' | 'complete'>,
): PageReport {
  const { structPage: s } = page;
  const known = 'value' in details ? details.value : null;
  return {
    schema: 'kdump-inspect/page/1',
    file,
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

/** What there is of a page's contents, in words. */
export const CONTENTS: Record<PageReport['contents'], string> = { stored: 'stored', ...ABSENCES };

/** The report for people, ending in a newline. */
export function pageText(report: PageReport, details: DetailsFact, { bold, width }: Terminal): string {
  const lines: [string, string][] = [
    ['class', report.class === null ? 'unknown' : ROW_NAMES[report.class]],
    ['because', because(report)],
    ['contents', contents(report)],
    ['section', String(report.section)],
    ...moreLines(report, details),
    ...structPageLines(report),
  ];
  const title = bold(`pfn ${report.pfn}`);
  return `${title}  physical ${report.physical}\n${lines.map(([k, v]) => `${wrap(`  ${k.padEnd(12)} ${v}`, width, 15)}\n`).join('')}`;
}

function moreLines({ pfn, detailsError }: PageReport, details: DetailsFact): [string, string][] {
  if (detailsError !== null) {
    const lost = 'all flags by name, zone and owner would be here with the types of the kernel (BTF)';
    return [['more', `${lost}: ${escapeText(detailsError)}`]];
  }
  return 'value' in details && details.value ? detailLines(details.value, pfn) : [];
}

function because({ rule, reason, decidedBy, zero }: PageReport): string {
  const by = decidedBy === null ? '' : `; its head is pfn ${decidedBy}`;
  const then =
    zero === true && ['kernel', 'tail', 'badOrder', 'noStructPage'].includes(rule)
      ? '; all its bytes are zero'
      : '';
  return `${rule}: ${reason}${by}${then}`;
}

function contents({ contents: held, zero }: PageReport): string {
  return `${CONTENTS[held]}${zero === null ? '' : zero ? ', all zero' : ', not all zero'}`;
}

function structPageLines({ structPage: s, structPageError, details }: PageReport): [string, string][] {
  if (s === null) return [['struct page', structPageError === null ? 'none' : escapeText(structPageError)]];
  return [
    ['struct page', s.address],
    ['  flags', `${s.flags}  ${flagsText(s, details)}`.trimEnd()],
    ['  _refcount', String(s._refcount)],
    ['  _mapcount', `${s._mapcount}${s.pageType === null ? '' : `  page type: ${s.pageType}`}`],
    ['  mapping', s.mapping],
    ['  private', s.private],
    [
      '  compound',
      `${s.compound ?? 'unknown'}${s.order > 0 ? `  head of 2^${s.order} pages, ${size(PAGE_SIZE * 2 ** s.order)}` : ''}`,
    ],
  ];
}

/** The flags of a compound's first tail hold its order, too. */
function flagsText(
  { flagNames }: NonNullable<PageReport['structPage']>,
  details: PageReport['details'],
): string {
  const order = details?.flagsOrder ?? null;
  return [...(order === null ? [] : [`order ${order}`]), ...flagNames].join(' ');
}
