import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { isUniprocessor } from '../objects/per-cpu.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { type TaskState, taskState } from './task-state.ts';

/** A thread of the kernel or of a process, from its task_struct. */
export interface Task {
  /** Virtual address of its task_struct. */
  readonly address: bigint;
  /** In the first PID namespace. */
  readonly pid: number;
  readonly tgid: number;
  readonly state: TaskState;
  /** The CPU that it runs on, or last ran on. */
  readonly cpu: number;
  /** As the kernel has it, with any bytes: the task itself can set it. */
  readonly comm: string;
  readonly kernelThread: boolean;
  /** Whether it has a stack: an ended task may have none. */
  readonly hasStack: boolean;
  /** Virtual address of the task that gets its exit signal. */
  readonly realParent: bigint;
  /** Virtual address of its credentials. */
  readonly cred: bigint;
  /** Virtual address of its signal_struct. */
  readonly signal: bigint;
  /** Whether its process has no other thread: both ends of its link lead back to the list head. */
  readonly alone: boolean;
  /** Virtual address of its mm_struct; 0n for none. */
  readonly mm: bigint;
  /** Pages that it has counted but not yet added to its mm, by MM_*; empty if the kernel does not do so. */
  readonly cachedPages: readonly number[];
}

/** PID_MAX_LIMIT of include/linux/threads.h: PIDs, and the number of tasks, are below it. */
export const PID_LIMIT = 1 << 22;

/** PF_KTHREAD of task_struct.flags (include/linux/sched.h) */
const KTHREAD = 0x0020_0000;

const MEMBERS = [
  ...['pid', 'tgid', '__state', 'exit_state', 'comm', 'flags'],
  ...['real_parent', 'real_cred', 'signal', 'mm', 'rss_stat.count?'],
  ...['thread_node.next', 'thread_node.prev', 'stack?'],
] as const;

/** Reads task_structs. */
export class TaskReader {
  readonly #reader: StructReader<string>;
  /** Whether there is but one CPU, of which a task does not have the number. */
  readonly #single: boolean;
  /** Bytes to the head of the list of threads in a signal_struct. */
  readonly #threadHead: bigint;

  /** @throws InspectError missingInfo if this kernel's types cannot be read */
  constructor(typed: TypedKernel) {
    this.#single = isUniprocessor(typed);
    this.#reader = typed.reader<string>(
      'task_struct',
      ...MEMBERS,
      ...(this.#single ? [] : ['thread_info.cpu']),
    );
    this.#threadHead = BigInt(typed.types.struct('signal_struct').offsetOf('thread_head'));
  }

  /** @throws InspectError notMapped or notStored; corrupt if its PID is impossible */
  read(address: bigint): Task {
    const task = this.#reader.load(address);
    for (const id of ['pid', 'tgid']) requirePid(address, id, task.number(id));
    const head = task.big('signal') + this.#threadHead;
    return {
      address,
      pid: task.number('pid'),
      tgid: task.number('tgid'),
      state: taskState(task.number('__state'), task.number('exit_state')),
      cpu: this.#single ? 0 : task.number('thread_info.cpu'),
      comm: task.text('comm'),
      kernelThread: (task.number('flags') & KTHREAD) !== 0,
      hasStack: !task.has('stack') || task.big('stack') !== 0n,
      realParent: task.big('real_parent'),
      cred: task.big('real_cred'),
      signal: task.big('signal'),
      alone: ['thread_node.next', 'thread_node.prev'].every((end) => task.big(end) === head),
      mm: task.big('mm'),
      cachedPages: task.has('rss_stat.count') ? integers(task.bytes('rss_stat.count')) : [],
    };
  }
}

function requirePid(address: bigint, name: string, pid: number): void {
  if (pid >= 0 && pid < PID_LIMIT) return;
  throw new InspectError('corrupt', `there is no task at ${hex(address)}: its ${name} is ${pid}`, {
    address,
  });
}

/** Decodes an array of int. */
function integers(bytes: Uint8Array): number[] {
  return [...new Int32Array(bytes.buffer, 0, bytes.length >> 2)];
}
