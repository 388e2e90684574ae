import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { type Check, check } from '../evidence/check.ts';
import { type Checked, checked, UNCHECKED } from '../evidence/checked.ts';
import { type Fact, fact, factOf } from '../evidence/fact.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { type PidTable, readPidTable } from './pid-table.ts';
import { panickingCpu, type RunningTask, runningTasks, scheduledTasks } from './running.ts';
import { type Task, TaskReader } from './task.ts';
import { type FoundTasks, TASKS_LIMIT, TaskList } from './task-list.ts';

/** A CPU and the task that it runs; null if that task cannot be read. */
export interface CpuTask extends RunningTask {
  readonly current: Task | null;
}

/** All tasks of a kernel, found in two ways that are checked against each other. */
export interface TaskListing {
  /** Every task with a PID, of processes and of the kernel. */
  readonly tasks: readonly Task[];
  readonly cpus: Fact<readonly CpuTask[]>;
  /** The CPU that panicked; null if none has. */
  readonly panickingCpu: Fact<number | null>;
  /** Sentences about what is missing or contradictory. */
  readonly problems: readonly string[];
  /** Whether these are exactly all tasks: what one structure lacks, another may have. */
  readonly whole: boolean;
  /** Their number compared with the kernel's. */
  readonly checks: readonly Check[];
}

/** A running kernel changes its lists while they are read: then they are read again, up to this often. */
const LIVE_ATTEMPTS = 3;

/**
 * Lists the tasks by the lists of tasks and threads, and adds the ones that only the PID table has.
 * @param most limit of tasks; a problem reports that there are more
 * @throws InspectError missingInfo for a kernel without BTF; notMapped or notStored if nothing can be found
 * at all
 */
export function listTasks(typed: TypedKernel, most = TASKS_LIMIT): TaskListing {
  let found = findTasks(typed, most);
  for (let i = 1; i < LIVE_ATTEMPTS && typed.kernel.image.live && found.problems.length > 0; i++)
    found = findTasks(typed, most);
  // If tasks may be missing, their number proves nothing.
  const { checks, lost } = found.cut ? UNCHECKED : threadChecks(typed, found.tasks.size);
  if (lost !== null) found.problems.push(lost);
  return {
    tasks: [...found.tasks.values()],
    cpus: fact(() => cpuTasks(typed, found)),
    panickingCpu: fact(() => panickingCpu(typed)),
    problems: found.problems.list(),
    whole:
      !found.cut &&
      !found.doubtful &&
      lost === null &&
      checks.every(({ verdict }) => verdict !== 'contradicted'),
    checks,
  };
}

/**
 * nr_threads counts every task with a PID; idle tasks have none. In a running kernel it changes meanwhile.
 */
function threadChecks(typed: TypedKernel, counted: number): Checked {
  if (typed.space.live) return UNCHECKED;
  const count = fact(() => typed.space.u32(typed.symbol('nr_threads')) | 0);
  // A running kernel has at least one task, so 0 is not a count.
  const checks = factOf(count, (kernel) =>
    kernel === 0 ? [] : [check({ name: 'nr_threads', unit: 'tasks', counted, kernel })],
  );
  return checked('the number of tasks', checks, typed.kernel.image);
}

function findTasks(typed: TypedKernel, most: number): FoundTasks {
  const list = new TaskList(typed, most);
  const found = list.find();
  const table = fact(() => readPidTable(typed));
  if ('missing' in table) found.problems.push(`the PID table cannot be read: ${table.missing}`);
  else {
    for (const problem of table.value.problems) found.problems.push(problem);
    crossCheck(found, table.value, list);
  }
  if (!typed.space.live) {
    checkThreadGroups(found);
    checkStacks(found);
    if ('value' in table) checkPids(found, table.value);
  }
  return found;
}

/** A task has a stack until it has ended (finish_task_switch). */
function checkStacks(found: FoundTasks): void {
  for (const { hasStack, state, pid } of found.tasks.values()) {
    if (hasStack || state === 'Z' || state === 'X') continue;
    found.doubtful = true;
    found.problems.push(`the task of PID ${pid} has no stack, but has not ended`);
  }
}

/** The table must have each task under the task's own PID. */
function checkPids(found: FoundTasks, table: PidTable): void {
  for (const [pid, address] of table.tasks) {
    const ownPid = found.tasks.get(address)?.pid;
    if (ownPid === undefined || ownPid === pid) continue;
    found.doubtful = true;
    found.problems.push(`the task of PID ${ownPid} is in the PID table as PID ${pid}`);
  }
}

/** Threads of a process share a signal_struct, and their TGID is the PID of one of them. */
function checkThreadGroups(found: FoundTasks): void {
  const groups = new Map<bigint, Task[]>();
  for (const task of found.tasks.values()) {
    const group = groups.get(task.signal);
    if (group) group.push(task);
    else groups.set(task.signal, [task]);
  }
  // A task that is being released no longer has one.
  groups.delete(0n);
  for (const group of groups.values()) {
    const leaders = group.filter(({ pid, tgid }) => pid === tgid);
    const tgids = new Set(group.map(({ tgid }) => tgid));
    if (leaders.length === 1 && tgids.size === 1) continue;
    found.doubtful = true;
    const pids = pidsOf(group.map(({ pid }) => pid));
    found.problems.push(
      `the threads of one process have the TGIDs ${[...tgids].join(', ')}, but are ${pids}`,
    );
  }
}

/**
 * Lists and table should have the same tasks; tasks in only one are kept and reported. A whole table makes up
 * for broken lists.
 */
function crossCheck(found: FoundTasks, table: PidTable, list: TaskList): void {
  const inTable = new Set(table.tasks.values());
  const onlyListed = [...found.tasks.values()].filter(({ address }) => !inTable.has(address));
  const onlyInTable = [...table.tasks].filter(([, address]) => !found.tasks.has(address));
  const wholeTable = table.problems.length === 0;
  if (wholeTable && !found.full) found.cut = false;
  for (const [, address] of onlyInTable) list.add(address, found);
  found.cut ||= wholeTable && onlyListed.length > 0;
  if (onlyListed.length > 0) {
    found.problems.push(
      `in the lists of tasks but not in the PID table: ${pidsOf(onlyListed.map(({ pid }) => pid))}`,
    );
  }
  if (onlyInTable.length > 0) {
    found.problems.push(
      `in the PID table but not in the lists of tasks: ${pidsOf(onlyInTable.map(([pid]) => pid))}`,
    );
  }
}

const MOST_NAMED = 10;

function pidsOf(pids: readonly number[]): string {
  const more = pids.length - MOST_NAMED;
  const named = pids.slice(0, MOST_NAMED).join(', ');
  return `${pids.length === 1 ? 'PID' : 'PIDs'} ${named}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Idle tasks (PID 0) are in no list, so they are read here. */
function cpuTasks(typed: TypedKernel, { tasks }: FoundTasks): CpuTask[] {
  const reader = new TaskReader(typed);
  const all = runningTasks(typed).map((running) => ({
    ...running,
    current: tasks.get(running.task) ?? tryRead(reader, running.task),
  }));
  if (!typed.space.live) {
    requirePlaces(all);
    requireScheduled(typed, all, tasks);
  }
  return all;
}

/** A CPU must run a listed task, or one of its run queue. */
function requireScheduled(typed: TypedKernel, cpus: readonly CpuTask[], listed: FoundTasks['tasks']): void {
  const unlisted = cpus.filter(({ online, task }) => online && !listed.has(task));
  if (unlisted.length === 0) return;
  const scheduled = scheduledTasks(typed);
  for (const { cpu, task } of unlisted) {
    if (scheduled.get(cpu)?.includes(task)) continue;
    const what = `CPU ${cpu} runs the task at ${hex(task)}, which is neither in a list of tasks nor in its run queue`;
    throw new InspectError('corrupt', what);
  }
}

/**
 * A running task has the number of its CPU (set_task_cpu). A CPU that never came up has another CPU's task.
 */
function requirePlaces(cpus: readonly CpuTask[]): void {
  for (const { cpu, online, current } of cpus) {
    if (!online || current === null || current.cpu === cpu) continue;
    const what = `CPU ${cpu} runs the task of PID ${current.pid}, which claims to be on CPU ${current.cpu}`;
    throw new InspectError('corrupt', what);
  }
}

function tryRead(reader: TaskReader, address: bigint): Task | null {
  try {
    return reader.read(address);
  } catch (error) {
    if (error instanceof InspectError) return null;
    throw error;
  }
}
