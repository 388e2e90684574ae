import { hex } from '../hex.ts';
import type { Fact } from '../kernel/evidence/fact.ts';
import type { MmUse } from '../kernel/tasks/mm-counters.ts';
import type { Arguments } from '../kernel/tasks/process-arguments.ts';
import type { TaskDetails } from '../kernel/tasks/processes.ts';
import type { TaskState } from '../kernel/tasks/task-state.ts';
import { PAGE_SIZE } from '../machine.ts';
import { TASK_STATES } from './task-states.ts';

/** A task that is listed, with what is only read of such tasks. */
export interface ListedTask {
  readonly details: TaskDetails;
  /** Its whole name; comm has only 15 bytes. */
  readonly name: Fact<string>;
  /** null for a task without memory of its own. */
  readonly args: Arguments | null;
  /** With --tree: how many ancestors it has there, and whether it was asked for or is an ancestor of such a one. */
  readonly place?: { readonly depth: number; readonly selected: boolean };
}

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

/** When a task was started. */
export interface StartRow {
  /** Seconds, including suspend. */
  readonly sinceBoot: number;
  /** Seconds since 1970 UTC; null if the kernel's clock is not known. */
  readonly clock: number | null;
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
  /** As ps(1) shows it; null if it cannot be read: then `nameMissing` says why. */
  readonly name: string | null;
  readonly nameMissing?: string;
  /** null for a task without memory of its own, and if they cannot be read: then `argsMissing` says why. */
  readonly args: string | null;
  /** They are … */
  readonly argsMissing?: string;
  /** Bytes of all arguments, if `args` has only the first of them. */
  readonly argsBytes?: number;
  /** null if it cannot be read. */
  readonly startTime: StartRow | null;
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
  /** With --tree: the number of its ancestors there. */
  readonly depth?: number;
  /** With --tree: false for one that is there because a task below it was asked for. */
  readonly selected?: boolean;
}

/** Where tasks ran, as far as it is known, and when. */
export interface Running {
  readonly tasks: ReadonlySet<bigint> | undefined;
  /** The CPU; null if there is none. */
  readonly panicking: number | null | undefined;
  readonly panickingTask: bigint | null | undefined;
  /** Whether the listing has all tasks. */
  readonly allFound: boolean;
  /** When the kernel was booted; nanoseconds since 1970 UTC. */
  readonly booted: bigint | undefined;
}

/**
 * Written member by member: a spread would take three times the memory for many thousand rows, and more time.
 */
export function taskRow({ details, name, args, place }: ListedTask, running: Running): TaskRow {
  const { task, ppid, owner, start, threads, memory } = details;
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
    name: 'value' in name ? name.value : null,
    args: args && 'text' in args ? args.text : null,
    startTime: 'value' in start ? startRow(start.value, running.booted) : null,
    kernelThread: task.kernelThread,
    running: running.tasks?.has(task.address) ?? null,
    panicking: running.panickingTask === undefined ? null : task.address === running.panickingTask,
    threads: running.allFound ? threads : null,
    memory: 'value' in memory && memory.value ? memoryRow(memory.value) : null,
    task: hex(task.address),
  };
  if (place) Object.assign(row, place);
  if ('missing' in name) Object.assign(row, { nameMissing: name.missing });
  if (args && 'missing' in args) Object.assign(row, { argsMissing: args.missing });
  if (args && 'text' in args && args.cutFrom) Object.assign(row, { argsBytes: args.cutFrom });
  return 'missing' in memory ? Object.assign(row, { missing: memory.missing }) : row;
}

function startRow(start: bigint, booted: bigint | undefined): StartRow {
  return { sinceBoot: seconds(start), clock: booted === undefined ? null : seconds(booted + start) };
}

/** Nanoseconds as seconds, with six digits after the point: a number has no more since 1970. */
export function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n) / 1e6;
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
