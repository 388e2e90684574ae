import type { Check } from '../kernel/evidence/check.ts';
import type { PageClass } from '../pages/classify/page-class.ts';
import { inColors, verdictText } from './checks.ts';
import { escapeText } from './escape.ts';
import { pagesOf, shareOf, sizeText } from './figure.ts';
import type { FreeCheckRow, PagesReport } from './pages-report.ts';
import { ROW_NAMES } from './row-names.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { plural, size, utc } from './units.ts';
import { wrap } from './wrap.ts';

/** makedumpfile's descriptions and order (print_mem_usage), so that who knows its table can read this one. */
const ROWS: readonly [PageClass, string][] = [
  ['zero', 'Pages filled with zero'],
  ['nonPrivateCache', 'Cache pages without private flag'],
  ['privateCache', 'Cache pages with private flag'],
  ['user', 'User process pages'],
  ['free', 'Free pages'],
  ['kernelData', 'Dumpable kernel data'],
  ['hwpoison', 'Pages with memory errors'],
  ['offline', 'Logically offline pages'],
  ['uninitialized', 'Struct page never written'],
  ['zoneDevice', 'Memory of devices'],
];
/** Rows that makedumpfile does not print: shown when there are any. */
const WHEN_ANY: ReadonlySet<PageClass> = new Set(['hwpoison', 'offline', 'uninitialized', 'zoneDevice']);

/** The report for people, ending in a newline. */
export function pagesText(report: PagesReport, terminal: Terminal): string {
  return `${title(report, terminal)}\n\n${pagesTable(report, terminal)}${freeCheckText(report, terminal)}`;
}

function title({ kernel, file }: PagesReport, { bold }: Terminal): string {
  const release =
    kernel.release === null ? 'Linux of unknown release' : `Linux ${escapeText(kernel.release)}`;
  const crashed = kernel.crashTime === undefined ? '' : `, crashed ${utc(kernel.crashTime)}`;
  return `${bold(release)} (${file.format}${crashed})`;
}

function pagesTable(report: PagesReport, terminal: Terminal): string {
  const { classes, total, unknown } = report;
  const rows = ROWS.flatMap(([name, description]) => {
    const row = classes[name];
    if (!row || (WHEN_ANY.has(name) && row.pages === 0)) return [];
    const excludable = row.excludable ? 'yes' : 'no';
    return [[ROW_NAMES[name], pagesOf(row), sizeText(row), shareOf(row, total), excludable, description]];
  });
  if (unknown.pages > 0) {
    const share = shareOf(unknown, total);
    rows.push(['UNKNOWN', String(unknown.pages), size(unknown.bytes), share, '-', 'The dump cannot tell']);
  }
  rows.push(['TOTAL', pagesOf(total), sizeText(total), shareOf(total, total), '', totalText(report)]);
  const heading = ['TYPE', 'PAGES', 'SIZE', '%', 'EXCLUDABLE', 'DESCRIPTION'];
  return table({ heading, rows, right: [1, 2, 3], gap: 1 }, terminal);
}

function totalText({ compat }: PagesReport): string {
  return compat === null ? 'Each physical page once' : 'Counted as makedumpfile does';
}

/** What the free lists of a zone have, and what is to be thought of that: "the kernel counts 4: CONTRADICTED". */
function listsText(zone: FreeCheckRow, checks: readonly Check[]): string {
  if (zone.counted === zone.freeArea) return 'as the kernel counts';
  const lists = checkOf(zone, 'free_area.nr_free', checks);
  return `the kernel counts ${zone.freeArea}${lists ? verdictText(lists) : ''}`;
}

/** The same of the zone's counter, where it has something else. */
function counterText(zone: FreeCheckRow, checks: readonly Check[]): string {
  if (zone.vmStat === zone.counted || zone.vmStat === zone.freeArea) return '';
  const counter = checkOf(zone, 'NR_FREE_PAGES', checks);
  return `; NR_FREE_PAGES ${zone.vmStat}${counter ? verdictText(counter) : ''}`;
}

function checkOf({ node, zone }: FreeCheckRow, name: string, checks: readonly Check[]): Check | undefined {
  return checks.find((check) => check.node === node && check.zone === zone && check.name === name);
}

/** What the self-check says, as a paragraph; nothing where there is none to report. */
function freeCheckText({ freeCheck, checks }: PagesReport, terminal: Terminal): string {
  if (freeCheck === null) return '';
  const { width } = terminal;
  if ('unavailable' in freeCheck)
    return `\n${wrap(`FREE was not checked: ${escapeText(freeCheck.unavailable)}`, width, 2)}\n`;
  const lines = freeCheck.zones.map((z) => {
    const said = `${listsText(z, checks)}${counterText(z, checks)}`;
    return `${wrap(`  node ${z.node} ${z.zone}: ${plural(z.counted, 'page')}, ${said}`, width, 4)}\n`;
  });
  return `\nFREE by zone, against the kernel's own free lists:\n${inColors(lines.join(''), terminal)}`;
}
