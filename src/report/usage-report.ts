import type { MemoryImage } from '../formats/image.ts';
import type { FileUses } from '../pages/usage/files.ts';
import type { ProcessUses } from '../pages/usage/processes.ts';
import type { SlabUses } from '../pages/usage/slabs.ts';
import type { CounterCheck, UsageType } from '../pages/usage/types.ts';
import type { Usage } from '../pages/usage/usage.ts';
import type { VmallocCaller, VmallocUses } from '../pages/usage/vmalloc.ts';
import { liveChange } from './live-change.ts';
import {
  type Amount,
  amount,
  type FileRow,
  fileRow,
  type ProcessRow,
  processRow,
  type SlabRow,
  slabRow,
} from './usage-rows.ts';

const PAGE = 4096;

/** What the report is ordered by: `type` has all of it in short. */
export type UsageBy = 'type' | 'slab' | 'file' | 'process';

/** Memory of one kind; pages null where that cannot be told. */
export interface TypeRow {
  readonly type: UsageType;
  readonly pages: number | null;
  readonly bytes: number | null;
}

/** A counter of the kernel, beside what was found. */
export interface CounterRow extends CounterCheck {
  readonly difference: number;
}

/** The document of `usage --json`. A section is null where it cannot be read, and absent where it was not asked for. */
export interface UsageReport {
  readonly schema: 'kdump-inspect/usage/1';
  readonly file: { readonly path: string; readonly format: string };
  readonly kernel: { readonly release: string | null };
  readonly pageSize: number;
  readonly by: UsageBy;
  readonly total: Amount;
  readonly types: readonly TypeRow[];
  readonly counters: readonly CounterRow[];
  readonly slabs?: {
    readonly caches: number;
    readonly unlisted: Amount;
    readonly largest: readonly SlabRow[];
  } | null;
  readonly files?: FilesSection | null;
  readonly processes?: {
    readonly count: number;
    readonly rss: Amount;
    readonly largest: readonly ProcessRow[];
  } | null;
  readonly vmalloc?: { readonly areas: number; readonly largest: readonly (VmallocCaller & Amount)[] } | null;
  readonly percpu?: { readonly counted: Amount; readonly dynamic: Amount } | null;
  readonly hugetlb?: readonly HugetlbRow[] | null;
  readonly modules?: {
    readonly count: number;
    readonly bytes: number;
    readonly largest: readonly ModuleRow[];
  } | null;
  readonly warnings: readonly string[];
  readonly complete: boolean;
}

export interface FilesSection {
  readonly count: number;
  readonly countExact: boolean;
  /** No file that is left out has more pages. */
  readonly leftOutUpTo: number;
  readonly largest: readonly FileRow[];
}

/** A pool of huge pages; sizes in bytes, all else in huge pages. */
export interface HugetlbRow {
  readonly size: number;
  readonly total: number;
  readonly free: number;
  readonly reserved: number;
  readonly surplus: number;
}

export interface ModuleRow {
  readonly name: string;
  readonly bytes: number;
}

/** What the report is made from. */
export interface UsageFacts {
  readonly image: MemoryImage;
  readonly release: string | null;
  readonly by: UsageBy;
  readonly top: number;
}

export function usageReport(usage: Usage, { image, release, by, top }: UsageFacts): UsageReport {
  const { types, attribution } = usage;
  const change = liveChange(usage.mapChange);
  return {
    schema: 'kdump-inspect/usage/1',
    file: { path: image.path, format: image.format },
    kernel: { release },
    pageSize: PAGE,
    by,
    total: amount(attribution.total),
    types: typeRows(types.rows),
    counters: types.checks.map((check) => ({ ...check, difference: check.counted - check.pages })),
    ...(by === 'type' || by === 'slab' ? { slabs: orNull(usage.slabs, (s) => slabSection(s, top)) } : {}),
    ...(by === 'type' || by === 'file' ? { files: orNull(usage.files, (f) => fileSection(f, top)) } : {}),
    ...(by === 'type' || by === 'process'
      ? { processes: orNull(usage.processes, (p) => processSection(p, top)) }
      : {}),
    ...(by === 'type' ? kernelSections(usage, top) : {}),
    warnings: [...image.warnings, ...usage.warnings, ...change.warnings],
    complete: !usage.damaged && !image.memory.cutShort && change.complete,
  };
}

function orNull<T, R>(value: T | null, make: (value: T) => R): R | null {
  return value === null ? null : make(value);
}

function typeRows(rows: Usage['types']['rows']): TypeRow[] {
  return (Object.entries(rows) as [UsageType, number | null][]).map(([type, pages]) => ({
    type,
    pages,
    bytes: pages === null ? null : pages * PAGE,
  }));
}

function slabSection({ caches, unlisted }: SlabUses, top: number): NonNullable<UsageReport['slabs']> {
  return { caches: caches.length, unlisted: amount(unlisted), largest: caches.slice(0, top).map(slabRow) };
}

function fileSection({ files, count, countExact, leftOutUpTo }: FileUses, top: number): FilesSection {
  return { count, countExact, leftOutUpTo, largest: files.slice(0, top).map(fileRow) };
}

function processSection({ processes }: ProcessUses, top: number): NonNullable<UsageReport['processes']> {
  const rss = processes.reduce((sum, process) => sum + process.rss, 0);
  return { count: processes.length, rss: amount(rss), largest: processes.slice(0, top).map(processRow) };
}

function kernelSections(
  { vmalloc, percpu, hugetlb, modules }: Usage,
  top: number,
): Pick<UsageReport, 'vmalloc' | 'percpu' | 'hugetlb' | 'modules'> {
  return {
    vmalloc: orNull(vmalloc, (v) => vmallocSection(v, top)),
    percpu: orNull(percpu, (p) => ({ counted: amount(p.counted), dynamic: amount(p.chunks - p.first) })),
    hugetlb: orNull(hugetlb, (pools) =>
      pools.map(({ pagesPerHugePage, total, free, reserved, surplus }) => ({
        size: pagesPerHugePage * PAGE,
        total,
        free,
        reserved,
        surplus,
      })),
    ),
    modules: orNull(modules, (all) => ({
      count: all.length,
      bytes: all.reduce((sum, { size }) => sum + size, 0),
      largest: all.slice(0, top).map(({ name, size }) => ({ name, bytes: size })),
    })),
  };
}

function vmallocSection({ areas, callers }: VmallocUses, top: number): NonNullable<UsageReport['vmalloc']> {
  return { areas, largest: callers.slice(0, top).map((caller) => ({ ...caller, ...amount(caller.pages) })) };
}
