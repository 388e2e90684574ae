import type { MemoryImage } from '../formats/image/image.ts';
import type { Module } from '../kernel/modules/module-reader.ts';
import type { HugetlbPool } from '../kernel/objects/hugetlb.ts';
import { PAGE_SIZE } from '../machine.ts';
import type { CounterCheck, UsageType } from '../pages/usage/types.ts';
import type { Usage } from '../pages/usage/usage.ts';
import type { VmallocCaller, VmallocUses } from '../pages/usage/vmalloc.ts';
import { type CheckedFigures, checkedFigures, contradictions } from './checks.ts';
import { amount, type Figure, figure, figureOf } from './figure.ts';
import { liveChange } from './live-change.ts';
import { type CgroupChargesSection, cgroupChargesSection } from './usage-cgroup-charges.ts';
import { type CgroupsSection, cgroupsSection } from './usage-cgroups.ts';
import {
  type FilesSection,
  fileSection,
  type ProcessesSection,
  processSection,
  type SlabsSection,
  slabSection,
} from './usage-lists.ts';
import type { UsageSort } from './usage-sort.ts';

/** What to list: `type` is an overview of everything. */
export type UsageBy = 'type' | 'slab' | 'file' | 'process' | 'cgroup';

/** Memory of one kind. */
export interface UsageTypeRow extends Figure {
  readonly type: UsageType;
}

/** A counter of the kernel, next to what was found. */
export interface CounterRow extends CounterCheck {
  readonly difference: number;
}

/**
 * The document of `usage --json`. A section is null if it cannot be read, and absent if it was not asked for.
 * If part of it is lost, its numbers are what was found, and countExact is false.
 */
export interface UsageReport extends CheckedFigures {
  readonly schema: 'kdump-inspect/usage/1';
  readonly file: { readonly path: string; readonly format: string };
  readonly kernel: { readonly release: string | null };
  readonly pageSize: number;
  readonly by: UsageBy;
  readonly sort: UsageSort;
  readonly total: Figure;
  readonly types: readonly UsageTypeRow[];
  readonly counters: readonly CounterRow[];
  readonly crashKernel: CrashKernelSection | null;
  readonly slabs?: SlabsSection | null;
  readonly files?: FilesSection | null;
  readonly processes?: ProcessesSection | null;
  readonly cgroups?: CgroupsSection | null;
  readonly cgroupCharges?: CgroupChargesSection | null;
  readonly vmalloc?: {
    readonly areas: number;
    readonly countExact: boolean;
    readonly largest: readonly VmallocRow[];
  } | null;
  readonly percpu?: { readonly counted: Figure; readonly dynamic: Figure } | null;
  readonly hugetlb?: readonly HugetlbRow[] | null;
  readonly modules?: {
    readonly count: number;
    readonly countExact: boolean;
    /** null if countExact is false. */
    readonly bytes: number | null;
    readonly largest: readonly ModuleUsageRow[];
  } | null;
  readonly warnings: readonly string[];
  readonly complete: boolean;
}

/** Memory that is reserved for the crash kernel; null if that is unknown. */
export interface CrashKernelSection {
  /** All of it. */
  readonly reserved: Figure;
  /** What the dump has of it. It is part of the total, and of `reserved` among the types. */
  readonly inDump: Figure;
}

/**
 * What one place in the kernel's code allocated; values are null if they are unknown because some areas are
 * lost.
 */
export interface VmallocRow extends Pick<VmallocCaller, 'caller' | 'kind'>, Figure {
  readonly areas: number | null;
  /** Bytes of address space. */
  readonly size: number | null;
}

/** A pool of huge pages. Sizes are in bytes, everything else in huge pages; null for impossible values. */
export interface HugetlbRow {
  readonly size: number;
  readonly total: number | null;
  readonly free: number | null;
  readonly reserved: number | null;
  readonly surplus: number | null;
}

export interface ModuleUsageRow {
  readonly name: string;
  /** null if what the module says about its memory is impossible. */
  readonly bytes: number | null;
}

/** What the report is made from. */
export interface UsageFacts {
  readonly image: MemoryImage;
  readonly release: string | null;
  readonly by: UsageBy;
  readonly top: number;
  /** By size if absent. */
  readonly sort?: UsageSort | undefined;
}

export function usageReport(
  usage: Usage,
  { image, release, by, top, sort = 'size' }: UsageFacts,
): UsageReport {
  const shown = { top, sort };
  const { types, processes } = usage;
  const change = liveChange(usage.mapChange);
  return {
    schema: 'kdump-inspect/usage/1',
    file: { path: image.path, format: image.format },
    kernel: { release },
    pageSize: PAGE_SIZE,
    by,
    sort,
    total: figureOf(usage.total),
    types: typeRows(types.rows),
    counters: types.checks.map((check) => ({ ...check, difference: check.counted - check.pages })),
    crashKernel: orNull(usage.crashKernel, ({ reserved, inDump }) => ({
      reserved: amount(reserved),
      inDump: amount(inDump),
    })),
    ...(by === 'type' || by === 'slab' ? { slabs: orNull(usage.slabs, (s) => slabSection(s, shown)) } : {}),
    ...(by === 'type' || by === 'file' ? { files: orNull(usage.files, (f) => fileSection(f, shown)) } : {}),
    ...(by === 'type' || by === 'process'
      ? { processes: orNull(processes.value, (p) => processSection(p, processes.whole, shown)) }
      : {}),
    ...(by === 'cgroup' ? { cgroups: orNull(usage.cgroups ?? null, (c) => cgroupsSection(c, shown)) } : {}),
    ...(by === 'type'
      ? { cgroupCharges: orNull(usage.cgroupCharges ?? null, (c) => cgroupChargesSection(c, top)) }
      : {}),
    ...(by === 'type' ? kernelSections(usage, top) : {}),
    warnings: [...image.warnings, ...usage.warnings, ...change.warnings, ...contradictions(usage.checks)],
    complete: !usage.damaged && !image.memory.cutShort && change.complete,
    ...checkedFigures(usage.checks),
  };
}

function orNull<T, R>(value: T | null, make: (value: T) => R): R | null {
  return value === null ? null : make(value);
}

/** Rows that are in the document only if they have pages. */
const WHEN_ANY: ReadonlySet<UsageType> = new Set(['kfence', 'uninitialized', 'zoneDevice']);

function typeRows(rows: Usage['types']['rows']): UsageTypeRow[] {
  const shown = (Object.keys(rows) as UsageType[]).filter(
    (type) => !WHEN_ANY.has(type) || rows[type].pages !== 0,
  );
  return shown.map((type) => ({ type, ...figureOf(rows[type]) }));
}

function kernelSections(
  { types, vmalloc, percpu, hugetlb, modules }: Usage,
  top: number,
): Pick<UsageReport, 'vmalloc' | 'percpu' | 'hugetlb' | 'modules'> {
  return {
    vmalloc: orNull(vmalloc, (v) => vmallocSection(v, top)),
    percpu: orNull(percpu, ({ counted }) => ({
      counted: amount(counted),
      dynamic: figureOf(types.rows.percpu),
    })),
    hugetlb: orNull(hugetlb, (pools) => pools.map(hugetlbRow)),
    modules: orNull(modules.value, (all) => moduleSection(all, modules.whole, top)),
  };
}

function hugetlbRow({ pagesPerHugePage, total, free, reserved, surplus }: HugetlbPool): HugetlbRow {
  return { size: pagesPerHugePage * PAGE_SIZE, total, free, reserved, surplus };
}

function moduleSection(
  modules: readonly Module[],
  whole: boolean,
  top: number,
): NonNullable<UsageReport['modules']> {
  return {
    count: modules.length,
    countExact: whole,
    bytes: whole ? modules.reduce((sum, { size }) => sum + (size ?? 0), 0) : null,
    largest: modules.slice(0, top).map(({ name, size }) => ({ name, bytes: size })),
  };
}

function vmallocSection(
  { areas, whole, callers }: VmallocUses,
  top: number,
): NonNullable<UsageReport['vmalloc']> {
  const largest = callers.slice(0, top).map(({ caller, kind, areas, size, pages }) => ({
    caller,
    kind,
    areas: whole ? areas : null,
    size: whole ? size : null,
    ...figure(pages, whole),
  }));
  return { areas, countExact: whole, largest };
}
