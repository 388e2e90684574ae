import { PAGE_SIZE } from '../../machine.ts';
import { pagesOf, sizeText } from '../figure.ts';
import { plural, size } from '../units.ts';
import type { UsageReport } from '../usage-report.ts';
import type { FileRow, SlabRow } from '../usage-rows.ts';
import type { UsageSort } from '../usage-sort.ts';
import {
  BLANK,
  type Block,
  dropped,
  numbers,
  ordinals,
  paragraph,
  strong,
  table,
  title,
  type View,
} from '../view.ts';
import { checkSummary } from './check-summary.ts';
import { kernelName } from './kernel-name.ts';
import { listHeading } from './list-heading.ts';
import { cgroupChargeSection, cgroupSection } from './usage-cgroup-view.ts';
import { usageTypes } from './usage-types-view.ts';

/** What is shown of a report. */
export interface UsageShown {
  /** Whether each comparison with a counter of the kernel is shown, not only those that need an explanation. */
  readonly check?: boolean | undefined;
}

export function* usageView(report: UsageReport, shown: UsageShown = {}): View {
  yield title([strong(kernelName(report.kernel)), ` (${report.file.format})`]);
  for (const section of sectionsOf(report, shown)) {
    yield BLANK;
    yield* section;
  }
}

/** Blocks that belong together. */
type Section = readonly Block[];

function sectionsOf(report: UsageReport, { check = false }: UsageShown): Section[] {
  const { slabs, files, processes, cgroups, cgroupCharges, vmalloc, modules, hugetlb, checks, sort } = report;
  const sections = [
    ...(report.by === 'type' ? [[usageTypes(report)], checkSummary(checks, check)] : []),
    ...(slabs ? [slabSection(slabs, sort)] : []),
    ...(files ? [fileSection(files, sort)] : []),
    ...(processes ? [processSection(processes, sort)] : []),
    ...(cgroups ? [cgroupSection(cgroups, sort), checkSummary(ofCgroups(checks), check)] : []),
    ...(cgroupCharges ? [cgroupChargeSection(cgroupCharges)] : []),
    ...(vmalloc ? [vmallocSection(vmalloc)] : []),
    ...(modules ? [moduleSection(modules)] : []),
    ...(hugetlb ? [hugetlbSection(hugetlb)] : []),
  ];
  return sections.filter((section) => section.length > 0);
}

/** Checks of memory.current and memory.stat, which are named after a cgroup or all of them. */
function ofCgroups(checks: UsageReport['checks']): UsageReport['checks'] {
  return checks.filter(({ cgroup }) => cgroup !== undefined);
}

/** "91", or "89–93" if only a range is known. */
function activeText({ active, activeRange }: SlabRow): string {
  return active === null && activeRange ? `${activeRange.atLeast}–${activeRange.atMost}` : count(active);
}

const count = (value: number | null) => (value === null ? '?' : String(value));
const bytesOf = (bytes: number | null) => (bytes === null ? '?' : size(bytes));

function slabSection(slabs: NonNullable<UsageReport['slabs']>, sort: UsageSort): Section {
  const rows = slabs.largest.map((s) => [
    s.name,
    activeText(s),
    count(s.objects),
    count(s.objectSize),
    count(s.slabs),
    pagesOf(s),
    sizeText(s),
  ]);
  const objects = [
    dropped(5, numbers('ACTIVE')),
    dropped(4, numbers('OBJECTS')),
    dropped(1, numbers('OBJSIZE')),
  ];
  const columns = [...objects, dropped(2, numbers('SLABS')), dropped(3, numbers('PAGES')), numbers('SIZE')];
  const unlisted = slabs.unlisted.pages
    ? [paragraph(`${plural(slabs.unlisted.pages, 'page')} of slabs belong to no cache listed.`)]
    : [];
  return [
    listHeading(
      { shown: slabs.largest.length, all: slabs.caches, exact: slabs.countExact, sort },
      'slab cache',
    ),
    table(['CACHE', ...columns], rows),
    ...unlisted,
  ];
}

function fileSection(files: NonNullable<UsageReport['files']>, sort: UsageSort): Section {
  const rows = files.largest.map((file) => [
    pagesOf(file),
    sizeText(file),
    file.dirty === null ? '-' : String(file.dirty),
    file.fileSystem ? file.fileSystem.type : '?',
    fileName(file),
  ]);
  const nouns = ['file in memory', 'files in memory'] as const;
  return [
    listHeading({ shown: files.largest.length, all: files.count, exact: files.countExact, sort }, ...nouns),
    table(
      [numbers('PAGES'), numbers('SIZE'), dropped(1, numbers('DIRTY')), dropped(2, 'TYPE'), 'FILE'],
      rows,
    ),
  ];
}

function fileName({ path, names, deleted, inode, fileSystem, mapping }: FileRow): string {
  if (!fileSystem) return `no file, but pages point at ${mapping}`;
  const fs = `${fileSystem.type} ${fileSystem.device} (${fileSystem.id})`;
  if (path === null) return `inode ${inode} of ${fs}`;
  const where =
    names === 'other' ? ' (in another mount namespace)' : names === 'fileSystem' ? ' (not mounted)' : '';
  return `${path}${deleted ? ' (deleted)' : where}`;
}

function processSection(processes: NonNullable<UsageReport['processes']>, sort: UsageSort): Section {
  const rows = processes.largest.map((p) => [
    String(p.pid),
    p.name,
    ...[p.rss, p.anon, p.file, p.shmem, p.swap].map((pages) =>
      bytesOf(pages === null ? null : pages * PAGE_SIZE),
    ),
    bytesOf(p.pageTableBytes),
  ]);
  const { count: all, countExact } = processes;
  const parts = [dropped(4, numbers('ANON')), dropped(2, numbers('FILE')), dropped(2, numbers('SHMEM'))];
  const columns = [numbers('RSS'), ...parts, dropped(3, numbers('SWAP')), dropped(1, numbers('TABLES'))];
  return [
    listHeading({ shown: processes.largest.length, all, exact: countExact, sort }, 'process', 'processes'),
    table([ordinals('PID'), 'NAME', ...columns], rows),
  ];
}

function vmallocSection(vmalloc: NonNullable<UsageReport['vmalloc']>): Section {
  const rows = vmalloc.largest.map((v) => [pagesOf(v), sizeText(v), count(v.areas), v.kind, v.caller]);
  const least = vmalloc.countExact ? '' : 'at least ';
  return [
    paragraph(`The largest of ${least}${plural(vmalloc.areas, 'vmalloc area')}, by caller:`),
    table(
      [numbers('PAGES'), numbers('SIZE'), dropped(1, numbers('AREAS')), dropped(2, 'KIND'), 'CALLER'],
      rows,
    ),
  ];
}

function moduleSection(modules: NonNullable<UsageReport['modules']>): Section {
  if (modules.count === 0 && modules.countExact) return [];
  const rows = modules.largest.map((m) => [bytesOf(m.bytes), m.name]);
  return [
    listHeading({ shown: rows.length, all: modules.count, exact: modules.countExact }, 'module'),
    table([numbers('SIZE'), 'MODULE'], rows),
  ];
}

function hugetlbSection(hugetlb: NonNullable<UsageReport['hugetlb']>): Section {
  const pools = hugetlb.filter(({ total, reserved }) => total !== 0 || reserved !== 0);
  if (pools.length === 0) return [];
  const rows = pools.map((p) => [size(p.size), ...[p.total, p.free, p.reserved, p.surplus].map(count)]);
  return [table(['HUGE PAGES OF', 'TOTAL', 'FREE', 'RESERVED', 'SURPLUS'].map(numbers), rows)];
}
