import { PAGE_SIZE } from '../machine.ts';
import { checkLine, inColors } from './checks.ts';
import { escapeText } from './escape.ts';
import { type Figure, pagesOf, shareOf, sizeText } from './figure.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { plural, size } from './units.ts';
import { USAGE_NAMES } from './usage-names.ts';
import type { UsageReport } from './usage-report.ts';
import type { FileRow, SlabRow } from './usage-rows.ts';
import { wrap } from './wrap.ts';

/** The report for people, ending in a newline. */
export function usageText(report: UsageReport, terminal: Terminal): string {
  const sections = [
    ...(report.by === 'type' ? [typeTable(report, terminal), checksText(report, terminal)] : []),
    slabText(report, terminal),
    fileText(report, terminal),
    processText(report, terminal),
    vmallocText(report, terminal),
    moduleText(report, terminal),
    hugetlbText(report, terminal),
  ];
  return `${title(report, terminal)}\n\n${sections.filter((text) => text !== '').join('\n')}`;
}

function title({ kernel, file }: UsageReport, { bold }: Terminal): string {
  const release =
    kernel.release === null ? 'Linux of unknown release' : `Linux ${escapeText(kernel.release)}`;
  return `${bold(release)} (${file.format})`;
}

/** Rows that are there even when they are empty. */
const ALWAYS: ReadonlySet<string> = new Set([
  'anonymous',
  'fileCache',
  'shmem',
  'slab',
  'free',
  'notAttributed',
]);

function typeTable({ types, total }: UsageReport, terminal: Terminal): string {
  const none = ({ pages, atLeast }: Figure) => pages === 0 || atLeast?.pages === 0;
  const shown = types.filter((row) => !none(row) || ALWAYS.has(row.type));
  const rows = shown.map((row) => [
    USAGE_NAMES[row.type][0],
    pagesOf(row),
    sizeText(row),
    shareOf(row, total),
    USAGE_NAMES[row.type][1],
  ]);
  rows.push(['total', pagesOf(total), sizeText(total), shareOf(total, total), 'Each physical page once']);
  const heading = ['TYPE', 'PAGES', 'SIZE', '%', 'DESCRIPTION'];
  return table({ heading, rows, right: [1, 2, 3] }, terminal);
}

/** Each check of the machine as a whole; of nodes and zones those that have something to say. */
function checksText({ checks }: UsageReport, terminal: Terminal): string {
  if (checks.length === 0) return '';
  const shown = checks.filter(({ node, verdict }) => node === undefined || verdict !== 'equal');
  const lines = shown.map((check) => `${wrap(`  ${checkLine(check)}`, terminal.width, 4)}\n`);
  const equal = checks.length - shown.length;
  const places = equal === 0 ? '' : `  ${plural(equal, 'counter')} of nodes and zones: the same\n`;
  return `Against the kernel's own counters, in pages:\n${inColors(lines.join(''), terminal)}${places}`;
}

/** "91", or "89–93" where it is only known to be between. */
function activeText({ active, activeRange }: SlabRow): string {
  return active === null && activeRange ? `${activeRange.atLeast}–${activeRange.atMost}` : count(active);
}

const count = (value: number | null) => (value === null ? '?' : String(value));
const bytesOf = (bytes: number | null) => (bytes === null ? '?' : size(bytes));

function slabText({ slabs }: UsageReport, terminal: Terminal): string {
  if (!slabs) return '';
  const rows = slabs.largest.map((s) => [
    escapeText(s.name),
    activeText(s),
    count(s.objects),
    count(s.objectSize),
    count(s.slabs),
    pagesOf(s),
    sizeText(s),
  ]);
  const heading = ['CACHE', 'ACTIVE', 'OBJECTS', 'OBJSIZE', 'SLABS', 'PAGES', 'SIZE'];
  const unlisted = slabs.unlisted.pages
    ? `${plural(slabs.unlisted.pages, 'page')} of slabs belong to no cache listed.\n`
    : '';
  return `${largest(slabs.largest.length, slabs.caches, slabs.countExact, 'slab cache')}${table({ heading, rows, right: [1, 2, 3, 4, 5, 6] }, terminal)}${unlisted}`;
}

/** "The 5 largest of 126 slab caches:" */
function largest(shown: number, all: number, exact: boolean, one: string, many = `${one}s`): string {
  const total = `${exact ? '' : 'at least '}${all} ${all === 1 ? one : many}`;
  if (shown === 0) return exact ? `No ${many}\n` : `No ${many} could be read\n`;
  return shown < all ? `The ${shown} largest of ${total}:\n` : `${upperFirst(total)}:\n`;
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function fileText({ files }: UsageReport, terminal: Terminal): string {
  if (!files) return '';
  const rows = files.largest.map((file) => [
    pagesOf(file),
    sizeText(file),
    file.dirty === null ? '-' : String(file.dirty),
    file.fileSystem ? escapeText(file.fileSystem.type) : '?',
    fileName(file),
  ]);
  const heading = ['PAGES', 'SIZE', 'DIRTY', 'TYPE', 'FILE'];
  const nouns = ['file in memory', 'files in memory'] as const;
  return `${largest(files.largest.length, files.count, files.countExact, ...nouns)}${table({ heading, rows, right: [0, 1, 2] }, terminal)}`;
}

function fileName({ path, names, deleted, inode, fileSystem, mapping }: FileRow): string {
  if (!fileSystem) return `no file, but pages point at ${mapping}`;
  const fs = `${escapeText(fileSystem.type)} ${fileSystem.device} (${escapeText(fileSystem.id)})`;
  if (path === null) return `inode ${inode} of ${fs}`;
  const where =
    names === 'other' ? ' (in another mount namespace)' : names === 'fileSystem' ? ' (not mounted)' : '';
  return `${escapeText(path)}${deleted ? ' (deleted)' : where}`;
}

function processText({ processes }: UsageReport, terminal: Terminal): string {
  if (!processes) return '';
  const rows = processes.largest.map((p) => [
    String(p.pid),
    escapeText(p.name),
    ...[p.rss, p.anon, p.file, p.shmem, p.swap].map((pages) =>
      bytesOf(pages === null ? null : pages * PAGE_SIZE),
    ),
    bytesOf(p.pageTableBytes),
  ]);
  const heading = ['PID', 'NAME', 'RSS', 'ANON', 'FILE', 'SHMEM', 'SWAP', 'TABLES'];
  const { count: all, countExact } = processes;
  const head = largest(processes.largest.length, all, countExact, 'process', 'processes');
  return `${head}${table({ heading, rows, right: [0, 2, 3, 4, 5, 6, 7] }, terminal)}`;
}

function vmallocText({ vmalloc }: UsageReport, terminal: Terminal): string {
  if (!vmalloc) return '';
  const rows = vmalloc.largest.map((v) => [
    pagesOf(v),
    sizeText(v),
    count(v.areas),
    v.kind,
    escapeText(v.caller),
  ]);
  const heading = ['PAGES', 'SIZE', 'AREAS', 'KIND', 'CALLER'];
  const least = vmalloc.countExact ? '' : 'at least ';
  return `The largest of ${least}${plural(vmalloc.areas, 'vmalloc area')}, by caller:\n${table({ heading, rows, right: [0, 1, 2] }, terminal)}`;
}

function moduleText({ modules }: UsageReport, terminal: Terminal): string {
  if (!modules || (modules.count === 0 && modules.countExact)) return '';
  const rows = modules.largest.map((m) => [m.bytes === null ? '?' : size(m.bytes), escapeText(m.name)]);
  return `${largest(rows.length, modules.count, modules.countExact, 'module')}${table({ heading: ['SIZE', 'MODULE'], rows, right: [0] }, terminal)}`;
}

function hugetlbText({ hugetlb }: UsageReport, terminal: Terminal): string {
  const pools = hugetlb?.filter(({ total, reserved }) => total !== 0 || reserved !== 0) ?? [];
  if (pools.length === 0) return '';
  const rows = pools.map((p) => [size(p.size), ...[p.total, p.free, p.reserved, p.surplus].map(count)]);
  const heading = ['HUGE PAGES OF', 'TOTAL', 'FREE', 'RESERVED', 'SURPLUS'];
  return table({ heading, rows, right: [0, 1, 2, 3, 4] }, terminal);
}
