import { type Figure, figureOf, pagesOf, shareOf, sizeText } from '../figure.ts';
import { USAGE_NAMES } from '../usage-names.ts';
import type { UsageReport, UsageTypeRow } from '../usage-report.ts';
import { BARS, type Block, dropped, numbers, type RichText, table } from '../view.ts';

/** These rows are shown even if they are empty. */
const ALWAYS: ReadonlySet<string> = new Set([
  'anonymous',
  'fileCache',
  'shmem',
  'slab',
  'free',
  'notAttributed',
]);

/** A row as it is shown. */
interface Row {
  readonly name: string;
  readonly figure: Figure;
  readonly description: string;
}

/**
 * What memory is used for, the largest first, free memory among the others: that shows best whether memory is
 * short. The total follows, and what is no part of it.
 */
export function usageTypes(report: UsageReport): Block {
  const { total } = report;
  const types = typeRows(report);
  const [largest] = types;
  const longest = (largest && least(largest.figure)) || 1;
  const rows = types.map((row) => cells(row, total, { bar: (least(row.figure) ?? 0) / longest }));
  rows.push(cells({ name: 'total', figure: total, description: 'Each physical page once' }, total));
  const outside = crashKernelOutside(report);
  if (outside) rows.push(cells(outside, UNKNOWN));
  const numbered = [numbers('PAGES'), numbers('SIZE'), numbers('%')];
  return table(['TYPE', ...numbered, BARS, dropped(1, 'DESCRIPTION')], rows);
}

const UNKNOWN: Figure = { pages: null, bytes: null };

function cells({ name, figure, description }: Row, total: Figure, bar: RichText = ''): RichText[] {
  return [name, pagesOf(figure), sizeText(figure), shareOf(figure, total), bar, description];
}

function typeRows(report: UsageReport): Row[] {
  const shown = report.types.filter((row) => ALWAYS.has(row.type) || least(row) !== 0);
  const rows = shown.map((row) => typeRow(row, report));
  const inDump = report.crashKernel?.inDump;
  if (inDump?.pages)
    rows.push({ name: CRASH_KERNEL, figure: inDump, description: 'Reserved by crashkernel=' });
  // Those of unknown size last, after those of none.
  return rows.sort((a, b) => (least(b.figure) ?? -1) - (least(a.figure) ?? -1));
}

const CRASH_KERNEL = 'crash kernel';

/** The crash kernel's memory is a row of its own, not a part of what is reserved. */
function typeRow(row: UsageTypeRow, { crashKernel }: UsageReport): Row {
  const [name, description] = USAGE_NAMES[row.type];
  const { pages } = row;
  const own = row.type === 'reserved' ? (crashKernel?.inDump.pages ?? 0) : 0;
  return { name, description, figure: pages === null || own === 0 ? row : figureOf({ pages: pages - own }) };
}

/** What the dump lacks of the crash kernel's memory; undefined for nothing. */
function crashKernelOutside({ crashKernel }: UsageReport): Row | undefined {
  const [reserved, inDump] = [crashKernel?.reserved.pages, crashKernel?.inDump.pages];
  if (typeof reserved !== 'number' || typeof inDump !== 'number' || reserved === inDump) return undefined;
  const figure = figureOf({ pages: reserved - inDump });
  return { name: CRASH_KERNEL, figure, description: 'Not in the dump or total' };
}

function least({ pages, atLeast }: Figure): number | undefined {
  return pages ?? atLeast?.pages;
}
