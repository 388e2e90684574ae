import type { MemoryAmounts, MemoryImage } from '../formats/image/image.ts';
import { hex } from '../hex.ts';
import type { Check } from '../kernel/evidence/check.ts';
import type { Fact } from '../kernel/evidence/fact.ts';
import type { TriedValue } from '../kernel/evidence/methods.ts';
import type { KernelLayout } from '../kernel/layout/layout.ts';
import type { SystemFacts } from '../kernel/system/system.ts';
import type { TaskCounts } from '../kernel/tasks/task-counts.ts';
import type { TaskListing } from '../kernel/tasks/task-listing.ts';
import type { Vmcoreinfo } from '../kernel/vmcoreinfo/vmcoreinfo.ts';
import { PAGE_SIZE } from '../machine.ts';
import type { MissingMemory } from '../pages/census/missing-memory.ts';
import { type CheckedFigures, checkedFigures, contradictions } from './checks.ts';
import { type InfoCrash, infoCrash } from './info-crash.ts';
import { type InfoIdentity, infoIdentity } from './info-identity.ts';
import { type NextStep, nextSteps } from './info-next.ts';
import { checksOf, listsAreWhole, problems, uncheckedMemory } from './info-problems.ts';
import { InfoValues } from './info-values.ts';
import { type TaskFigures, taskFigures } from './task-figures.ts';

/** Bytes. */
export interface ByteAmount {
  readonly total: number;
  readonly free: number;
}

/** The document of `info --json`. A value that is null and has a reason in `unavailable` is unknown. */
export interface InfoReport extends InfoIdentity, CheckedFigures {
  readonly schema: 'kdump-inspect/info/1';
  readonly file: {
    readonly path: string;
    readonly format: string;
    readonly bytes: number | null;
    readonly live: boolean;
  };
  readonly crash: InfoCrash;
  /** The last time of the kernel's clock, in seconds since 1970. */
  readonly clock: number | null;
  /** Seconds. */
  readonly uptime: number | null;
  readonly cpus: { readonly possible: number; readonly online: number } | null;
  readonly cpuModel: string | null;
  readonly load: readonly number[] | null;
  readonly memory: ByteAmount | null;
  readonly swap: ByteAmount | null;
  readonly tasks: TaskFigures | null;
  readonly taint: {
    readonly mask: string;
    readonly flags: readonly {
      readonly bit: number;
      readonly letter: string | null;
      readonly meaning: string;
    }[];
  } | null;
  readonly commandLine: string | null;
  readonly modules: readonly string[] | null;
  /** Whether these are all modules. */
  readonly modulesExact: boolean;
  readonly layout: {
    readonly pagingLevels: 4 | 5;
    readonly kernelOffset: string | null;
    readonly pageOffset: string | null;
  } | null;
  readonly dump: {
    /** Bytes of memory that the file describes, that it stores, and that it should store but does not. */
    readonly described: number;
    readonly stored: number;
    readonly truncated: number;
    /** Bytes, at least, that the kernel uses and the file does not describe; absent if there are none. */
    readonly missing?: number;
    /** makedumpfile's -d, if the file records it. */
    readonly level: number | null;
  };
  /** What to ask or do next; empty if nothing suggests it. */
  readonly next: readonly NextStep[];
  readonly unavailable: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly complete: boolean;
}

/** What a report is made of. */
export interface InfoFacts {
  readonly image: MemoryImage;
  readonly amounts: MemoryAmounts;
  readonly info: Vmcoreinfo;
  /** Memory that the kernel uses and the file does not describe. */
  readonly missing?: MissingMemory | null;
  readonly system: SystemFacts;
  /** The words that name the same dump again on a command line. */
  readonly again?: readonly string[];
  /** Memory against the zones, by VMCOREINFO. */
  readonly zoneChecks?: readonly Check[];
  /** Counts the tasks of a listing. */
  readonly counts: (listing: TaskListing) => TaskCounts;
}

export function infoReport(facts: InfoFacts): InfoReport {
  const { image, amounts, info, system } = facts;
  const checks = [...checksOf(system), ...(facts.zoneChecks ?? [])];
  const values = new InfoValues(system);
  const report = {
    schema: 'kdump-inspect/info/1' as const,
    file: { path: image.path, format: image.format, bytes: image.bytes, live: image.live },
    ...infoIdentity(values, info, system),
    crash: infoCrash(values, facts),
    ...state(values, facts),
    dump: {
      ...amounts,
      ...(facts.missing ? { missing: facts.missing.pages * PAGE_SIZE } : {}),
      level: image.live
        ? null
        : values.given('dump.level', image.dumpLevel, 'this format does not record what a filter left out'),
    },
  };
  const missing = facts.missing ? [facts.missing.sentence] : [];
  const unchecked = uncheckedMemory(system);
  const warnings = [
    ...info.doubts,
    ...image.warnings,
    ...missing,
    ...unchecked,
    ...contradictions(checks),
    ...problems(system),
  ];
  const isWhole = !image.memory.cutShort && missing.length === 0 && unchecked.length === 0;
  const complete =
    (system.readable || Boolean(system.noTypes)) && !values.gaps && isWhole && listsAreWhole(system);
  const memory = freeDoubt(checks) ? null : report.memory;
  return {
    ...report,
    next: nextSteps({ ...report, memory, pressure: pressureOf(system), again: facts.again ?? [image.path] }),
    ...{ unavailable: values.unavailable, warnings, complete },
    ...checkedFigures(checks),
  };
}

/** What contradicts the number of free pages; undefined if nothing does. */
export function freeDoubt(checks: readonly Check[]): Check | undefined {
  return checks.find(({ name, verdict }) => name.startsWith('NR_FREE_PAGES') && verdict === 'contradicted');
}

function pressureOf({ pressure }: SystemFacts) {
  return pressure && 'value' in pressure ? pressure.value : undefined;
}

function state(values: InfoValues, { system, counts }: InfoFacts) {
  const plain = <T>(name: string, fact: Fact<T>) => values.take(name, fact, (value) => value);
  return {
    clock: values.take('clock', system.clocks, ({ wall }) => seconds(wall)),
    uptime: values.take('uptime', system.clocks, ({ uptime }) => seconds(uptime)),
    cpus: plain('cpus', system.processors),
    cpuModel: plain('cpuModel', system.processorModel),
    load: plain('load', system.load),
    memory: plain('memory', system.memory),
    swap: plain('swap', system.swap),
    tasks: values.take('tasks', system.tasks, (listing) => taskFigures(counts(listing), listing.whole)),
    taint: values.take('taint', system.taint, ({ mask, flags }) => ({ mask: hex(mask), flags })),
    commandLine: plain('commandLine', system.commandLine),
    modules: values.take('modules', system.modules, ({ modules }) => modules.map(({ name }) => name)),
    modulesExact: 'value' in system.modules && system.modules.value.whole,
    layout: values.take('layout', system.layout, (layout) => layoutRow(values, layout)),
  };
}

function layoutRow(values: InfoValues, layout: KernelLayout): NonNullable<InfoReport['layout']> {
  const { kernelOffset, pageOffset, pagingLevels } = layout;
  const address = (name: string, { value, candidates }: TriedValue) => {
    const refuted = candidates.find(
      ({ source, verdict }) => source === 'vmcoreinfo' && verdict === 'refuted',
    );
    if (value === null && refuted) return values.lost(name, refuted.reason);
    const shown = value === null ? undefined : hex(value);
    return values.given(name, shown, 'no method finds it: see the layout command');
  };
  return {
    pagingLevels,
    kernelOffset: address('layout.kernelOffset', kernelOffset),
    pageOffset: address('layout.pageOffset', pageOffset),
  };
}

function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000n) / 1000;
}
