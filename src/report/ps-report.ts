import type { ErrorKind } from '../errors.ts';
import type { Fact } from '../kernel/evidence/fact.ts';
import type { Clocks } from '../kernel/system/clocks-by-shape.ts';
import type { TaskDetails } from '../kernel/tasks/processes.ts';
import type { Task } from '../kernel/tasks/task.ts';
import type { TaskCounts } from '../kernel/tasks/task-counts.ts';
import type { CpuTask, TaskListing } from '../kernel/tasks/task-listing.ts';
import { type CheckedFigures, checkedFigures, contradictions } from './checks.ts';
import { type TaskFigures, taskFigures } from './task-figures.ts';
import { type ListedTask, type Running, seconds, type TaskRow, taskRow } from './task-row.ts';
import { plural } from './units.ts';

/** A CPU and the task on it, in JSON. */
export interface CpuRow {
  readonly cpu: number;
  readonly online: boolean;
  /** null if that is unknown. */
  readonly panicking: boolean | null;
  /** null if the task cannot be read. */
  readonly pid: number | null;
  readonly comm: string | null;
  /** Whether this is the idle task of the CPU. */
  readonly idle: boolean | null;
}

/** The document of `ps --json`. */
export interface PsReport extends CheckedFigures {
  readonly schema: 'kdump-inspect/ps/1';
  readonly file: { readonly path: string; readonly format: string };
  readonly kernel: { readonly release: string | null };
  readonly counts: TaskFigures;
  /** The kernel's clock at that moment, in seconds since 1970 UTC; null if that is unknown. */
  readonly clock: number | null;
  /** null if that is unknown; a warning says why. */
  readonly cpus: readonly CpuRow[] | null;
  /** Tasks that were asked for, however many are shown; null if some may not have been found. */
  readonly selected: number | null;
  /** With --state: threads in these states whose rows only --threads shows; as `selected`. */
  readonly otherThreads: number | null;
  readonly tasks: readonly TaskRow[];
  readonly warnings: readonly string[];
  readonly complete: boolean;
}

/** Warnings in full; further ones are only counted. */
const TOLD = 20;

/** What a report is made of. */
export interface PsFacts {
  readonly file: PsReport['file'];
  readonly release: string | null;
  /** Reasons to doubt the VMCOREINFO that it is based on. */
  readonly doubts: readonly string[];
  readonly listing: TaskListing;
  readonly counts: TaskCounts;
  readonly clocks: Fact<Clocks>;
  /** All tasks that were read, however many are listed. */
  readonly tasks: readonly TaskDetails[];
  /** Sentences about them. */
  readonly problems: readonly string[];
  /** How many of them were asked for. */
  readonly selected: number;
  /** The tasks to list, in order. Each is read when its turn comes. */
  readonly listed: Iterable<ListedTask>;
  /** Whether a name or an argument of that kind is missing because the file is damaged, not by design. */
  readonly isLost: (kind: ErrorKind) => boolean;
  /** Threads in the states that were asked for which are not among them. */
  readonly otherThreads: number;
}

export function psReport(facts: PsFacts): PsReport {
  const { file, release, listing, counts } = facts;
  const clocks = 'value' in facts.clocks ? facts.clocks.value : undefined;
  const running = runningOf(listing, clocks);
  const lost = [...missingFacts(listing, facts.clocks), ...facts.problems];
  const unread = unreadable(facts.tasks);
  const rows = Array.from(facts.listed, (task) => {
    addLost(task, facts.isLost, unread);
    return taskRow(task, running);
  });
  const problems = [...contradictions(listing.checks), ...listing.problems, ...lost, ...unread.sentences];
  const untold = problems.length - unread.sentences.length + unread.count - TOLD;
  return {
    schema: 'kdump-inspect/ps/1',
    file,
    kernel: { release },
    counts: taskFigures(counts, running.allFound),
    clock: clocks ? seconds(clocks.wall) : null,
    cpus: 'value' in listing.cpus ? listing.cpus.value.map((cpu) => cpuRow(cpu, running)) : null,
    selected: running.allFound ? facts.selected : null,
    otherThreads: running.allFound ? facts.otherThreads : null,
    tasks: rows,
    warnings: [
      ...facts.doubts,
      ...problems.slice(0, TOLD),
      ...(untold > 0 ? [`and ${plural(untold, 'more problem')}`] : []),
    ],
    complete: listing.whole && lost.length + unread.count === 0,
    ...checkedFigures(listing.checks),
  };
}

function runningOf({ cpus, panickingCpu, whole }: TaskListing, clocks: Clocks | undefined): Running {
  const all = 'value' in cpus ? cpus.value : undefined;
  const panicking = 'value' in panickingCpu ? panickingCpu.value : undefined;
  return {
    tasks: all && new Set(all.map(({ task }) => task)),
    panicking,
    panickingTask: panicking === null ? null : all?.find(({ cpu }) => cpu === panicking)?.task,
    allFound: whole,
    booted: clocks && clocks.wall - clocks.uptime,
  };
}

function missingFacts({ cpus, panickingCpu }: TaskListing, clocks: Fact<Clocks>): string[] {
  const lost = 'value' in cpus ? cpus.value.filter(({ current }) => current === null) : [];
  return [
    ...lost.map(({ cpu }) => `the task that CPU ${cpu} was running cannot be read`),
    ...('missing' in cpus ? [`it is unknown which tasks were running: ${cpus.missing}`] : []),
    ...('missing' in panickingCpu ? [`it is unknown which CPU panicked: ${panickingCpu.missing}`] : []),
    ...('missing' in clocks ? [`it is unknown what time it was: ${clocks.missing}`] : []),
  ];
}

interface Unread {
  readonly sentences: string[];
  count: number;
}

/**
 * What could not be read of the tasks: the count, and only the first sentences, because there may be a
 * million.
 */
function unreadable(tasks: readonly TaskDetails[]): Unread {
  const unread = { sentences: [], count: 0 };
  for (const { task, ppid, owner, start, memory } of tasks) {
    for (const fact of [ppid, owner, start, memory]) if ('missing' in fact) add(task, fact.missing, unread);
  }
  return unread;
}

/** Adds the name and the arguments of a task if the file has lost them. A filter may leave them out. */
function addLost({ details, name, args }: ListedTask, isLost: PsFacts['isLost'], unread: Unread): void {
  const { task } = details;
  if ('missing' in name && isLost(name.kind)) add(task, `its name: ${name.missing}`, unread);
  if (args && 'missing' in args && args.kind !== null && isLost(args.kind))
    add(task, `its arguments are ${args.missing}`, unread);
}

function add({ pid }: Task, why: string, unread: Unread): void {
  if (unread.count++ < TOLD) unread.sentences.push(`task ${pid}: ${why}`);
}

function cpuRow({ cpu, online, current }: CpuTask, { panicking }: Running): CpuRow {
  return {
    cpu,
    online,
    panicking: panicking === undefined ? null : cpu === panicking,
    pid: current?.pid ?? null,
    comm: current?.comm ?? null,
    idle: current && current.pid === 0,
  };
}
