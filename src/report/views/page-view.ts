import { PAGE_SIZE } from '../../machine.ts';
import { CONTENTS, isByContents, type PageReport } from '../page-report.ts';
import { ROW_NAMES } from '../row-names.ts';
import { size } from '../units.ts';
import { type Property, properties, strong, title, type View } from '../view.ts';
import { detailProperties } from './page-details-text.ts';

/** Columns before the values. */
const VALUES = 15;

export function pageView(report: PageReport): View {
  const { query, pfn, physical, section, details } = report;
  const all = [
    ...(query ? [{ name: 'address', value: `${query.address} <${query.name}>` }] : []),
    { name: 'class', value: report.class === null ? 'unknown' : ROW_NAMES[report.class] },
    { name: 'because', value: because(report) },
    { name: 'contents', value: contentsText(report) },
    { name: 'section', value: String(section) },
    ...(details ? detailProperties(details, pfn) : noDetails(report)),
    ...structPageProperties(report),
  ];
  return [title([strong(`pfn ${pfn}`), `  physical ${physical}`]), properties(all, VALUES, { indent: 2 })];
}

function noDetails({ detailsError }: PageReport): Property[] {
  if (detailsError === null) return [];
  const lost = "the names of all flags, the zone and the owner need the kernel's types (BTF)";
  return [{ name: 'more', value: `${lost}: ${detailsError}` }];
}

function because(report: PageReport): string {
  const { rule, reason, decidedBy } = report;
  const by = decidedBy === null ? '' : `; its head is pfn ${decidedBy}`;
  return `${rule}: ${reason}${by}${byContents(report)}`;
}

function byContents({ rule, zero, contents }: PageReport): string {
  if (!isByContents(rule) || zero === false) return '';
  if (zero) return '; all its bytes are zero';
  return `; it is ZERO or KERN_DATA by its contents, which are ${CONTENTS[contents]}`;
}

function contentsText({ contents, zero }: PageReport): string {
  return `${CONTENTS[contents]}${zero === null ? '' : zero ? ', all zero' : ', not all zero'}`;
}

function structPageProperties({ structPage: s, structPageError, details }: PageReport): Property[] {
  if (s === null) return [{ name: 'struct page', value: structPageError ?? 'none' }];
  const type = s.pageType === null ? '' : `  page type: ${s.pageType}`;
  const head = s.order > 0 ? `  head of 2^${s.order} pages, ${size(PAGE_SIZE * 2 ** s.order)}` : '';
  const fields = [
    ['flags', `${s.flags}  ${flagsText(s, details)}`.trimEnd()],
    ['_refcount', String(s._refcount)],
    ['_mapcount', `${s._mapcount}${type}`],
    ['mapping', s.mapping],
    ['private', s.private],
    ['compound', `${s.compound ?? 'unknown'}${head}`],
  ] as const;
  return [
    { name: 'struct page', value: s.address },
    ...fields.map(([name, value]) => ({ name, value, depth: 1 })),
  ];
}

/** The flags of a compound's first tail also hold its order. */
function flagsText(
  { flagNames }: NonNullable<PageReport['structPage']>,
  details: PageReport['details'],
): string {
  const order = details?.flagsOrder ?? null;
  return [...(order === null ? [] : [`order ${order}`]), ...flagNames].join(' ');
}
