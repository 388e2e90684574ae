import { hex } from '../hex.ts';
import type { MmUse } from '../kernel/tasks/mm-counters.ts';
import type { TaskDetails } from '../kernel/tasks/processes.ts';
import type { TaskCounts } from '../kernel/tasks/task-counts.ts';
import type { CpuTask, TaskListing } from '../kernel/tasks/task-listing.ts';
import type { TaskState } from '../kernel/tasks/task-state.ts';
import { PAGE_SIZE } from '../machine.ts';
import { type CheckedFigures, checkedFigures, contradictions } from './checks.ts';
import { type TaskFigures, taskFigures } from './task-figures.ts';
import { TASK_STATES } from './task-states.ts';
import { plural } from './units.ts';

/** Pages by their kind; bytes. */
export interface Resident {
  readonly anon: number;
  readonly file: number;
  readonly shmem: number;
}

/** What a process has in memory; bytes. */
export interface MemoryRow {
  readonly rss: Resident & { readonly total: number };
  readonly swap: number;
  readonly pageTables: number;
  /**
   * The part of rss and swap that is still in caches of CPUs or threads: /proc/PID/status of many kernels
   * does not show it.
   */
  readonly cached: Resident & { readonly swap: number };
}

/** A task in JSON. */
export interface TaskRow {
  readonly pid: number;
  readonly tgid: number;
  readonly ppid: number | null;
  readonly uid: number | null;
  readonly euid: number | null;
  readonly state: TaskState;
  readonly stateName: string;
  readonly cpu: number;
  readonly comm: string;
  readonly kernelThread: boolean;
  /** Whether it was running on its CPU; null if that is unknown. */
  readonly running: boolean | null;
  readonly panicking: boolean | null;
  readonly threads: number | null;
  /** null for a task without memory of its own, and if it cannot be read: then `missing` says why. */
  readonly memory: MemoryRow | null;
  readonly missing?: string;
  /** Virtual address of its task_struct. */
  readonly task: string;
}

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
  /** The tasks that were asked for, in order. */
  readonly tasks: readonly TaskDetails[];
  /** How many of them to show; undefined for all. */
  readonly top?: number | undefined;
  /** Threads in the states that were asked for which are not among them. */
  readonly otherThreads: number;
}

export function psReport(facts: PsFacts): PsReport {
  const { file, release, listing, counts, tasks, top } = facts;
  const running = runningOf(listing);
  const lost = missingFacts(listing);
  const unread = unreadable(tasks);
  const problems = [...contradictions(listing.checks), ...listing.problems, ...lost, ...unread.sentences];
  const untold = problems.length - unread.sentences.length + unread.count - TOLD;
  return {
    schema: 'kdump-inspect/ps/1',
    file,
    kernel: { release },
    counts: taskFigures(counts, running.allFound),
    cpus: 'value' in listing.cpus ? listing.cpus.value.map((cpu) => cpuRow(cpu, running)) : null,
    selected: running.allFound ? tasks.length : null,
    otherThreads: running.allFound ? facts.otherThreads : null,
    tasks: tasks.slice(0, top).map((details) => taskRow(details, running)),
    warnings: [
      ...facts.doubts,
      ...problems.slice(0, TOLD),
      ...(untold > 0 ? [`and ${plural(untold, 'more problem')}`] : []),
    ],
    complete: listing.whole && lost.length + unread.count === 0,
    ...checkedFigures(listing.checks),
  };
}

/** Where tasks ran, as far as it is known. */
interface Running {
  readonly tasks: ReadonlySet<bigint> | undefined;
  /** The CPU; null if there is none. */
  readonly panicking: number | null | undefined;
  readonly panickingTask: bigint | null | undefined;
  /** Whether the listing has all tasks. */
  readonly allFound: boolean;
}

function runningOf({ cpus, panickingCpu, whole }: TaskListing): Running {
  const all = 'value' in cpus ? cpus.value : undefined;
  const panicking = 'value' in panickingCpu ? panickingCpu.value : undefined;
  return {
    tasks: all && new Set(all.map(({ task }) => task)),
    panicking,
    panickingTask: panicking === null ? null : all?.find(({ cpu }) => cpu === panicking)?.task,
    allFound: whole,
  };
}

function missingFacts({ cpus, panickingCpu }: TaskListing): string[] {
  const lost = 'value' in cpus ? cpus.value.filter(({ current }) => current === null) : [];
  return [
    ...lost.map(({ cpu }) => `the task that CPU ${cpu} was running cannot be read`),
    ...('missing' in cpus ? [`it is unknown which tasks were running: ${cpus.missing}`] : []),
    ...('missing' in panickingCpu ? [`it is unknown which CPU panicked: ${panickingCpu.missing}`] : []),
  ];
}

/**
 * What could not be read of the tasks: the count, and only the first sentences, because there may be a
 * million.
 */
function unreadable(tasks: readonly TaskDetails[]): { sentences: string[]; count: number } {
  const sentences: string[] = [];
  let count = 0;
  for (const { task, ppid, owner, memory } of tasks) {
    for (const fact of [ppid, owner, memory]) {
      if ('missing' in fact && count++ < TOLD) sentences.push(`task ${task.pid}: ${fact.missing}`);
    }
  }
  return { sentences, count };
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

/**
 * Written member by member: a spread would take three times the memory for many thousand rows, and more time.
 */
function taskRow({ task, ppid, owner, threads, memory }: TaskDetails, running: Running): TaskRow {
  const row = {
    pid: task.pid,
    tgid: task.tgid,
    ppid: 'value' in ppid ? ppid.value : null,
    uid: 'value' in owner ? owner.value.uid : null,
    euid: 'value' in owner ? owner.value.euid : null,
    state: task.state,
    stateName: TASK_STATES[task.state],
    cpu: task.cpu,
    comm: task.comm,
    kernelThread: task.kernelThread,
    running: running.tasks?.has(task.address) ?? null,
    panicking: running.panickingTask === undefined ? null : task.address === running.panickingTask,
    threads: running.allFound ? threads : null,
    memory: 'value' in memory && memory.value ? memoryRow(memory.value) : null,
    task: hex(task.address),
  };
  return 'missing' in memory ? Object.assign(row, { missing: memory.missing }) : row;
}

function memoryRow({ pages, cached, pageTables }: MmUse): MemoryRow {
  const { anon, file, shmem, swap } = pages;
  const total = (anon + file + shmem) * PAGE_SIZE;
  return {
    rss: { total, anon: anon * PAGE_SIZE, file: file * PAGE_SIZE, shmem: shmem * PAGE_SIZE },
    swap: swap * PAGE_SIZE,
    pageTables,
    cached: {
      anon: cached.anon * PAGE_SIZE,
      file: cached.file * PAGE_SIZE,
      shmem: cached.shmem * PAGE_SIZE,
      swap: cached.swap * PAGE_SIZE,
    },
  };
}
