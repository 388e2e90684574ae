import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { type TaskState, taskState } from './task-state.ts';

/** A thread of the kernel or of a process, as its task_struct has it. */
export interface Task {
  /** Virtual address of its task_struct. */
  readonly address: bigint;
  /** As the first PID namespace has them. */
  readonly pid: number;
  readonly tgid: number;
  readonly state: TaskState;
  /** The CPU that it runs on, or ran on last. */
  readonly cpu: number;
  /** As the kernel has it, so with any bytes: whoever runs as the task can set it. */
  readonly comm: string;
  readonly kernelThread: boolean;
  /** Whether it has a stack: one that has ended may have none. */
  readonly hasStack: boolean;
  /** Virtual addresses: of the task that gets its exit signal, its credentials, its signal_struct, its mm_struct (0n for none). */
  readonly realParent: bigint;
  readonly cred: bigint;
  readonly signal: bigint;
  /** Whether its process has no other thread, by both ends of its link in the list of threads. */
  readonly alone: boolean;
  readonly mm: bigint;
  /** Pages that it has counted and not yet added to its mm, by MM_*; empty where a kernel does not do so. */
  readonly cachedPages: readonly number[];
}

/** PID_MAX_LIMIT of include/linux/threads.h: no PID is as large, and there are no more tasks at a time. */
export const PID_LIMIT = 1 << 22;

/** PF_KTHREAD of task_struct.flags (include/linux/sched.h) */
const KTHREAD = 0x0020_0000;

const MEMBERS = [
  ...['pid', 'tgid', '__state', 'exit_state', 'thread_info.cpu', 'comm', 'flags'],
  ...['real_parent', 'real_cred', 'signal', 'mm', 'rss_stat.count?'],
  ...['thread_node.next', 'thread_node.prev', 'stack?'],
] as const;

/** Reads task_structs. */
export class TaskReader {
  readonly #reader: StructReader<string>;
  /** Where a signal_struct has the head of its list of threads, bytes. */
  readonly #threadHead: bigint;

  /** @throws InspectError missingInfo, when this kernel's types cannot be had */
  constructor(typed: TypedKernel) {
    this.#reader = typed.reader<string>('task_struct', ...MEMBERS);
    this.#threadHead = BigInt(typed.types.struct('signal_struct').offsetOf('thread_head'));
  }

  /** @throws InspectError notMapped or notStored; corrupt, for what has no PID that a task can have */
  read(address: bigint): Task {
    const task = this.#reader.load(address);
    for (const id of ['pid', 'tgid']) requirePid(address, id, task.number(id));
    const head = task.big('signal') + this.#threadHead;
    return {
      address,
      pid: task.number('pid'),
      tgid: task.number('tgid'),
      state: taskState(task.number('__state'), task.number('exit_state')),
      cpu: task.number('thread_info.cpu'),
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
  throw new InspectError('corrupt', `what is at ${hex(address)} is not a task: its ${name} is ${pid}`, {
    address,
  });
}

/** An array of int. */
function integers(bytes: Uint8Array): number[] {
  return [...new Int32Array(bytes.buffer, 0, bytes.length >> 2)];
}
