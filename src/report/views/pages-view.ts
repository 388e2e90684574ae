import type { Check } from '../../kernel/evidence/check.ts';
import type { PageClass } from '../../pages/classify/page-class.ts';
import { pagesOf, shareOf, sizeText } from '../figure.ts';
import type { FreeCheckRow, PagesReport } from '../pages-report.ts';
import { ROW_NAMES } from '../row-names.ts';
import { plural, size, utc } from '../units.ts';
import {
  BLANK,
  type Block,
  dropped,
  good,
  numbers,
  paragraph,
  type RichText,
  strong,
  table,
  title,
  type View,
  warning,
} from '../view.ts';
import { verdictText } from './check-text.ts';
import { kernelName } from './kernel-name.ts';

/**
 * Descriptions and order are makedumpfile's (print_mem_usage): people who know its table can read this one.
 */
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
  ['zoneDevice', 'Device memory'],
];
/** makedumpfile does not print these rows. They are shown if they have pages. */
const WHEN_ANY: ReadonlySet<PageClass> = new Set(['hwpoison', 'offline', 'uninitialized', 'zoneDevice']);

/** What is shown of a report. */
export interface PagesShown {
  /** Whether the check of FREE is shown zone by zone, not only where nothing explains a difference. */
  readonly check?: boolean | undefined;
}

export function* pagesView(report: PagesReport, { check = false }: PagesShown = {}): View {
  yield title(titleOf(report));
  yield BLANK;
  yield pagesTable(report);
  yield* freeCheck(report, check);
}

function titleOf({ kernel, file }: PagesReport): RichText {
  const crashed = kernel.crashTime === undefined ? '' : `, crashed ${utc(kernel.crashTime)}`;
  return [strong(kernelName(kernel)), ` (${file.format}${crashed})`];
}

function pagesTable(report: PagesReport): Block {
  const { classes, total, unknown } = report;
  const rows: RichText[][] = ROWS.flatMap(([name, description]) => {
    const row = classes[name];
    if (!row || (WHEN_ANY.has(name) && row.pages === 0)) return [];
    const excludable = row.excludable ? 'yes' : 'no';
    return [[ROW_NAMES[name], pagesOf(row), sizeText(row), shareOf(row, total), excludable, description]];
  });
  if (unknown.pages > 0) {
    const share = shareOf(unknown, total);
    rows.push([
      warning('UNKNOWN'),
      String(unknown.pages),
      size(unknown.bytes),
      share,
      '-',
      'The dump cannot tell',
    ]);
  }
  rows.push(['TOTAL', pagesOf(total), sizeText(total), shareOf(total, total), '', totalText(report)]);
  const columns = [
    'TYPE',
    numbers('PAGES'),
    numbers('SIZE'),
    numbers('%'),
    dropped(2, 'EXCLUDABLE'),
    dropped(1, 'DESCRIPTION'),
  ];
  return table(columns, rows, { gap: 1 });
}

function totalText({ compat }: PagesReport): string {
  return compat === null ? 'Each physical page once' : 'Counted as makedumpfile does';
}

/** The self-check of FREE: in how many zones it agrees, and each zone with a difference that nothing explains. */
function* freeCheck({ freeCheck: check, checks }: PagesReport, all: boolean): View {
  if (check === null) return;
  yield BLANK;
  if ('unavailable' in check) {
    yield paragraph([warning('FREE was not checked'), `: ${check.unavailable}`]);
    return;
  }
  const { zones } = check;
  const agree = zones.filter((zone) => agrees(zone, checks)).length;
  const differ = zones.filter((zone) => !isExplained(zone, checks));
  const agreement = `FREE agrees with the kernel's free lists in ${agree} of ${plural(zones.length, 'zone')}`;
  const shown = all ? zones : differ;
  yield paragraph([
    agree === zones.length ? good(agreement) : agreement,
    all ? '' : ' (see --check)',
    shown.length === 0 ? '' : ':',
  ]);
  for (const zone of shown) yield paragraph(zoneText(zone, checks), 2);
}

/** Whether a zone has as many pages on its free lists as were counted, or why not is known. */
function agrees(zone: FreeCheckRow, checks: readonly Check[]): boolean {
  return zone.counted === zone.freeArea || listsOf(zone, checks)?.verdict === 'explained';
}

/** Whether both of a zone's figures are as counted, or why they are not is known. */
function isExplained(zone: FreeCheckRow, checks: readonly Check[]): boolean {
  const counter = checkOf(zone, 'NR_FREE_PAGES', checks);
  return agrees(zone, checks) && (zone.counted === zone.vmStat || counter?.verdict === 'explained');
}

function zoneText(zone: FreeCheckRow, checks: readonly Check[]): RichText {
  const found = `node ${zone.node} ${zone.zone}: ${plural(zone.counted, 'page')}, `;
  return [found, listsText(zone, checks), counterText(zone, checks)];
}

/** Compares a zone with its free lists, and gives the verdict: "the kernel counts 4: CONTRADICTED". */
function listsText(zone: FreeCheckRow, checks: readonly Check[]): RichText {
  if (zone.counted === zone.freeArea) return good('as the kernel counts');
  const lists = listsOf(zone, checks);
  return [`the kernel counts ${zone.freeArea}`, lists ? verdictText(lists) : ''];
}

/** Does the same with the zone's counter, if that has another value. */
function counterText(zone: FreeCheckRow, checks: readonly Check[]): RichText {
  if (zone.vmStat === zone.counted || zone.vmStat === zone.freeArea) return '';
  const counter = checkOf(zone, 'NR_FREE_PAGES', checks);
  return [`; NR_FREE_PAGES ${zone.vmStat}`, counter ? verdictText(counter) : ''];
}

function listsOf(zone: FreeCheckRow, checks: readonly Check[]): Check | undefined {
  return checkOf(zone, 'free_area.nr_free', checks);
}

function checkOf({ node, zone }: FreeCheckRow, name: string, checks: readonly Check[]): Check | undefined {
  return checks.find((check) => check.node === node && check.zone === zone && check.name === name);
}
