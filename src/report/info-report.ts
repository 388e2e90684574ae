import type { ErrorKind } from '../errors.ts';
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
import { type BootRow, bootRows } from './boots.ts';
import { type CheckedFigures, checkedFigures, contradictions } from './checks.ts';
import { checksOf, listsAreWhole, problems, uncheckedMemory } from './info-problems.ts';
import { type TaskFigures, taskFigures } from './task-figures.ts';
import { choiceOf, type VmcoreinfoChoice } from './vmcoreinfo-choice.ts';

/** Bytes. */
export interface ByteAmount {
  readonly total: number;
  readonly free: number;
}

/** The document of `info --json`. A value that is null and has a reason in `unavailable` is unknown. */
export interface InfoReport extends CheckedFigures {
  readonly schema: 'kdump-inspect/info/1';
  readonly file: {
    readonly path: string;
    readonly format: string;
    readonly bytes: number | null;
    readonly live: boolean;
  };
  readonly kernel: {
    readonly release: string | null;
    readonly version: string | null;
    readonly machine: string | null;
    readonly buildId: string | null;
    /** Where the build id is from: VMCOREINFO, or the notes of the kernel's image; null without one. */
    readonly buildIdSource: 'vmcoreinfo' | 'image' | null;
  };
  /** Kernels that a search found; empty if the dump's own VMCOREINFO was enough. */
  readonly boots: readonly BootRow[];
  readonly vmcoreinfo: VmcoreinfoChoice;
  readonly host: { readonly name: string; readonly domain: string } | null;
  readonly crash: {
    /** Seconds since 1970. */
    readonly time: number | null;
    readonly reason: string | null;
    /** The oops that caused the panic. */
    readonly cause: string | null;
    readonly cpu: number | null;
    /** The tgid is null where only the log names the task. */
    readonly task: { readonly pid: number; readonly tgid: number | null; readonly comm: string } | null;
  };
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
  /** Memory against the zones, by VMCOREINFO. */
  readonly zoneChecks?: readonly Check[];
  /** Counts the tasks of a listing. */
  readonly counts: (listing: TaskListing) => TaskCounts;
}

/** What a kernel or a format does not have is not a gap in the dump. */
const NO_GAP: ReadonlySet<ErrorKind> = new Set(['missingInfo', 'unsupported']);

/** Takes values out of facts, and collects the reasons for missing ones. */
class Values {
  readonly unavailable: Record<string, string> = {};
  gaps = false;
  readonly #noTypes: SystemFacts['noTypes'];

  constructor({ noTypes }: SystemFacts) {
    this.#noTypes = noTypes;
  }

  take<T, U = T>(name: string, fact: Fact<T>, make: (value: T) => U): U | null {
    if ('value' in fact) return make(fact.value);
    this.unavailable[name] =
      fact.missing === this.#noTypes?.reason ? `${fact.missing}; ${this.#noTypes.hint}` : fact.missing;
    if (!NO_GAP.has(fact.kind)) this.gaps = true;
    return null;
  }

  /** A value that exists but cannot be read. */
  lost(name: string, reason: string): null {
    this.unavailable[name] = reason;
    this.gaps = true;
    return null;
  }

  /** A value from somewhere else than the kernel's memory. */
  given<T>(name: string, value: T | undefined, reason: string): T | null {
    if (value !== undefined) return value;
    this.unavailable[name] = reason;
    return null;
  }
}

export function infoReport(facts: InfoFacts): InfoReport {
  const { image, amounts, info, system } = facts;
  const checks = [...checksOf(system), ...(facts.zoneChecks ?? [])];
  const values = new Values(system);
  const report = {
    schema: 'kdump-inspect/info/1' as const,
    file: { path: image.path, format: image.format, bytes: image.bytes, live: image.live },
    ...identity(values, info, system),
    crash: crash(values, facts),
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
  return { ...report, unavailable: values.unavailable, warnings, complete, ...checkedFigures(checks) };
}

function identity(values: Values, info: Vmcoreinfo, { utsname, buildId }: SystemFacts) {
  const uts = values.take('host', utsname, (value) => value);
  return {
    kernel: {
      release: info.get('OSRELEASE') ?? uts?.release ?? null,
      version: values.take('kernel.version', utsname, ({ version }) => version),
      machine: values.take('kernel.machine', utsname, ({ machine }) => machine),
      ...buildIdOf(values, info, buildId),
    },
    boots: bootRows(info.boots),
    vmcoreinfo: choiceOf(info),
    host: uts && { name: uts.nodename, domain: uts.domainname },
  };
}

type BuildId = Pick<InfoReport['kernel'], 'buildId' | 'buildIdSource'>;

/** The id that VMCOREINFO has, unless it is cut or missing: then that of the image. Both must agree. */
function buildIdOf(values: Values, info: Vmcoreinfo, image: SystemFacts['buildId']): BuildId {
  const told = 'value' in image ? image.value : undefined;
  const { cutBuildId: cut } = info;
  const noted = info.get('BUILD-ID');
  const lost = (reason: string) => ({ buildId: values.lost('kernel.buildId', reason), buildIdSource: null });
  if (
    told !== undefined &&
    noted !== undefined &&
    (cut === undefined ? told !== noted : !told.startsWith(cut))
  )
    return lost(
      `VMCOREINFO has BUILD-ID=${noted}, and the notes of the kernel's image (__start_notes) have ${told}`,
    );
  if (noted !== undefined && cut === undefined) return { buildId: noted, buildIdSource: 'vmcoreinfo' };
  if (told !== undefined) return { buildId: told, buildIdSource: 'image' };
  const why = 'missing' in image ? image.missing : 'they have none';
  const reason =
    noted === undefined
      ? 'VMCOREINFO has no BUILD-ID: Linux writes it since 5.9'
      : `VMCOREINFO has BUILD-ID=${noted}, which begins with the header of a note, as some stable kernels wrote it; the notes of the kernel's image do not tell the build id either: ${why}`;
  return { buildId: values.given<string>('kernel.buildId', undefined, reason), buildIdSource: null };
}

function crash(values: Values, { image, info, system }: InfoFacts): InfoReport['crash'] {
  const reason = values.take('crash.reason', system.panicReason, (value) => value);
  const logged = loggedTask(system);
  const cpu =
    'missing' in system.panickingCpu && logged
      ? logged.cpu
      : values.take('crash.cpu', system.panickingCpu, (value) => value);
  return {
    time: image.live ? null : values.given('crash.time', info.crashTime, NO_CRASHTIME),
    reason: reason?.text ?? null,
    cause: reason?.cause ?? (reason?.causeLost ? values.lost('crash.cause', reason.causeLost) : null),
    cpu,
    task: cpu === null ? null : crashTask(values, system, cpu),
  };
}

function loggedTask({ loggedTask: of }: SystemFacts) {
  return of && 'value' in of ? of.value : undefined;
}

function crashTask(values: Values, system: SystemFacts, cpu: number): InfoReport['crash']['task'] {
  const logged = loggedTask(system);
  if (logged?.cpu === cpu) return { pid: logged.pid, tgid: null, comm: logged.comm };
  return values.take('crash.task', system.tasks, (listing) => panickingTask(values, listing, cpu));
}

const NO_CRASHTIME = 'VMCOREINFO has no CRASHTIME: a kernel writes it only when it starts its crash kernel';

function panickingTask(values: Values, { cpus }: TaskListing, cpu: number): InfoReport['crash']['task'] {
  return values.take('crash.task', cpus, (all) => {
    const current = all.find((one) => one.cpu === cpu)?.current ?? null;
    if (current === null) return values.lost('crash.task', `the task that CPU ${cpu} ran cannot be read`);
    return { pid: current.pid, tgid: current.tgid, comm: current.comm };
  });
}

function state(values: Values, { system, counts }: InfoFacts) {
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

function layoutRow(values: Values, layout: KernelLayout): NonNullable<InfoReport['layout']> {
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
