import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { type Fact, fact } from '../evidence/fact.ts';
import { readString } from '../objects/c-string.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Task } from './task.ts';

/** PF_WQ_WORKER of task_struct.flags (include/linux/sched.h) */
const WQ_WORKER = 0x20;
/** Of a name in /proc/PID/comm; bytes (proc_task_name, fs/proc/array.c). */
const LONGEST = 63;

/**
 * Returns a function that finds the whole name of a task, as /proc/PID/comm has it and ps(1) shows it. comm
 * has 15 bytes. Threads of the kernel may have a longer name (kthread.full_name since 5.17, d6986ce24fc0), and
 * to the name of a worker /proc adds what it works on, after a +, or what it last worked on, after a -
 * (wq_worker_comm, kernel/workqueue.c, since 4.18). Until 6.10 /proc cut the name of a worker; it is whole
 * here (2a1b02bcba78).
 */
export function nameReader(typed: TypedKernel): (task: Task) => Fact<string> {
  const names = fact(() => new ThreadNames(typed));
  return (task) => {
    if (!task.kernelThread) return { value: task.comm };
    return 'missing' in names ? names : fact(() => names.value.nameOf(task));
  };
}

class ThreadNames {
  readonly #typed: TypedKernel;
  readonly #task: StructReader<string>;
  /**
   * The member of task_struct with the address of its struct kthread: worker_private since 5.17
   * (e32cf5dfbe22).
   */
  readonly #pointer: string;
  readonly #kthread: StructReader<'data' | 'full_name?'>;
  readonly #worker: StructReader<'task' | 'pool' | 'current_work' | 'desc'>;

  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#pointer = typed.types.struct('task_struct').has('worker_private')
      ? 'worker_private'
      : 'set_child_tid';
    this.#task = typed.reader<string>('task_struct', 'flags', this.#pointer);
    this.#kthread = typed.reader('kthread', 'data', 'full_name?');
    this.#worker = typed.reader('worker', 'task', 'pool', 'current_work', 'desc');
  }

  nameOf({ address, comm }: Task): string {
    const task = this.#task.load(address);
    const kthread = task.big(this.#pointer);
    // kernel_thread() makes threads without one, such as kthreadd.
    if (kthread === 0n) return comm;
    const isWorker = (task.number('flags') & WQ_WORKER) !== 0;
    const { full, data } = this.#readKthread(kthread);
    if (!isWorker) return full === undefined ? comm : agreed(full, comm);
    // A worker that ends gets another comm.
    const own = full?.startsWith(comm) ? full : comm;
    return `${own}${this.#work(data, address)}`.slice(0, LONGEST);
  }

  #readKthread(address: bigint): { full: string | undefined; data: bigint } {
    const kthread = this.#kthread.load(address);
    const name = kthread.has('full_name') ? kthread.big('full_name') : 0n;
    return {
      data: kthread.big('data'),
      full: name === 0n ? undefined : readString(this.#typed.space, name, LONGEST),
    };
  }

  /** What a worker works on: the name of the workqueue, or what set_worker_desc() says. */
  #work(address: bigint, task: bigint): string {
    const worker = this.#worker.load(address);
    if (worker.big('task') !== task) {
      const what = `the worker at ${hex(address)} is of the task at ${hex(worker.big('task'))}, not of ${hex(task)}`;
      throw new InspectError('corrupt', what, { address });
    }
    const desc = worker.text('desc');
    if (worker.big('pool') === 0n || desc === '') return '';
    return `${worker.big('current_work') === 0n ? '-' : '+'}${desc}`;
  }
}

/** Only a worker's comm is changed after it got its name. */
function agreed(full: string, comm: string): string {
  if (full.startsWith(comm)) return full;
  throw new InspectError('corrupt', `its comm is ${comm}, but its full_name is ${full}`);
}
