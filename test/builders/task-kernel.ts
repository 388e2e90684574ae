import type { TypedKernel } from '../../src/kernel/types/typed-kernel.ts';
import { BuiltBtf } from './btf.ts';
import { ascii } from './encode.ts';
import { BuiltTypedKernel } from './typed-kernel.ts';

/** The counts of an mm_struct, by the kernel's index: file, anon, swap, shmem. */
export interface BuiltMm {
  readonly counts: readonly [number, number, number, number];
  /** What each CPU has not yet added to the counts; only with per-CPU counters. */
  readonly cpus?: readonly (readonly [number, number, number, number])[];
  readonly pageTables?: number;
}

export interface BuiltTask {
  readonly pid: number;
  readonly tgid?: number;
  readonly parent?: number;
  readonly comm?: string;
  readonly state?: number;
  readonly exitState?: number;
  readonly flags?: number;
  readonly cpu?: number;
  readonly uid?: number;
  readonly euid?: number;
  /** Index of its mm; none for a kernel thread. */
  readonly mm?: number;
  /** What it has not yet added to its mm; only before 6.2. */
  readonly cached?: readonly [number, number, number, number];
  /** Whether it is in the list of tasks, or of its leader's threads. */
  readonly listed?: boolean;
  readonly inTable?: boolean;
  /** Nanoseconds since boot, and without suspend if that is different. */
  readonly start?: number;
  readonly startMonotonic?: number;
  /** The struct kthread of a thread of the kernel. */
  readonly kthread?: BuiltKthread;
}

export interface BuiltKthread {
  /** Only since 5.17. */
  readonly fullName?: string;
  readonly worker?: {
    readonly desc: string;
    readonly hasPool?: boolean;
    readonly working?: boolean;
    /** PID of the task that it claims to be of, if that is another one. */
    readonly of?: number;
  };
}

export interface TaskKernelPlan {
  /** How an mm counts: with a count per CPU (6.2+), or per task (before). */
  readonly form?: 'percpu' | 'split';
  readonly tasks: readonly BuiltTask[];
  readonly mms?: readonly BuiltMm[];
  /** PIDs of the running tasks, by CPU; 0 for init_task. */
  readonly current?: readonly number[];
  readonly online?: readonly number[];
  /** null for a kernel without the symbol. */
  readonly panicCpu?: number | null;
}

/** Offsets in the data of the kernel; bytes. */
const AT = {
  masks: 0x000,
  offsets: 0x040,
  panicCpu: 0x080,
  namespace: 0x100,
  node: 0x200,
  perCpu: 0x800,
  tasks: 0x2000,
} as const;
const CPU_BYTES = 0x100;
const NOT_PANICKED = -1;

/** Members of a task_struct, then other objects in the same slot. */
const TASK = {
  size: 256,
  cached: 0,
  flags: 24,
  pid: 28,
  tgid: 32,
  state: 36,
  exitState: 40,
  cpu: 44,
  comm: 48,
} as const;
const STARTS = { monotonic: 144, boottime: 152 } as const;
const KTHREAD = 160;
const LINKS = { tasks: 64, node: 80, pid: 96, parent: 112, cred: 120, signal: 128, mm: 136 } as const;
const SLOT = {
  bytes: 0x400,
  signal: 0x100,
  cred: 0x180,
  pid: 0x1c0,
  kthread: 0x200,
  worker: 0x240,
  name: 0x300,
} as const;
const MM = { bytes: 0x100, at: 0x4_0000, stat: 0x10, pageTables: 8, pgd: 0x80 } as const;
/** Members of struct worker. */
const WORKER = { task: 0, pool: 8, work: 16, desc: 24 } as const;
const COUNTER = { size: 24, count: 8, counters: 16 } as const;
const NODE_SLOTS = 40;

/** A kernel with tasks, with just the members that are read. */
export class TaskKernel {
  readonly built: BuiltTypedKernel;
  readonly #plan: TaskKernelPlan;

  constructor(plan: TaskKernelPlan) {
    this.#plan = plan;
    const symbols = {
      __cpu_possible_mask: AT.masks,
      __cpu_online_mask: AT.masks + 8,
      __per_cpu_offset: AT.offsets,
      init_pid_ns: AT.namespace,
      current_task: AT.perCpu,
      init_task: AT.tasks,
      ...(plan.panicCpu === null ? {} : { panic_cpu: AT.panicCpu }),
    };
    this.built = new BuiltTypedKernel(types(plan.form ?? 'percpu'), symbols);
    this.#writeCpus();
    for (const task of [{ pid: 0, comm: 'swapper/0' }, ...plan.tasks]) this.#writeTask(task);
    this.#writeLists();
    this.#writeTable();
    (plan.mms ?? []).forEach((mm, i) => {
      this.#writeMm(mm, i);
    });
  }

  get typed(): TypedKernel {
    return this.built.typed;
  }

  /** Returns the offset of a task_struct in the data; PID 0 is init_task. */
  offsetOf(pid: number): number {
    return AT.tasks + SLOT.bytes * pid;
  }

  addressOf(pid: number): bigint {
    return this.built.at(this.offsetOf(pid));
  }

  /** Makes the list of tasks lead from a task to any address, by its next or prev pointer. */
  linkTask(pid: number, to: bigint, pointer: 'next' | 'prev' = 'next'): void {
    this.built.writeU64(this.offsetOf(pid) + LINKS.tasks + (pointer === 'next' ? 0 : 8), to);
  }

  /** Makes the list of threads of a process begin at any address. */
  linkThreads(pid: number, to: bigint): void {
    this.built.writeU64(this.offsetOf(pid) + SLOT.signal, to);
  }

  /** Writes another PID or TGID into a task_struct. */
  setId(pid: number, name: 'pid' | 'tgid', value: number): void {
    this.#writeNumber(this.offsetOf(pid) + TASK[name], value);
  }

  /** Tells an mm where its root page table is, its arguments and its environment. */
  setPlaces(mm: number, pgd: bigint, places: readonly [bigint, bigint, bigint, bigint]): void {
    const at = MM.at + MM.bytes * mm + MM.pgd;
    [pgd, ...places].forEach((value, i) => {
      this.built.writeU64(at + 8 * i, value);
    });
  }

  #writeNumber(offset: number, value: number, bytes: 4 | 8 = 4): void {
    const buffer = new DataView(new ArrayBuffer(8));
    buffer.setBigInt64(0, BigInt(value), true);
    this.built.write(offset, new Uint8Array(buffer.buffer, 0, bytes));
  }

  #writeCpus(): void {
    const { current = [0], online, panicCpu } = this.#plan;
    const mask = (cpus: readonly number[]) => cpus.reduce((bits, cpu) => bits | (1 << cpu), 0);
    const all = current.map((_, cpu) => cpu);
    this.#writeNumber(AT.masks, mask(all));
    this.#writeNumber(AT.masks + 8, mask(online ?? all));
    this.#writeNumber(AT.panicCpu, panicCpu ?? NOT_PANICKED);
    current.forEach((pid, cpu) => {
      this.built.writeU64(AT.offsets + 8 * cpu, BigInt(CPU_BYTES * cpu));
      this.built.writeU64(AT.perCpu + CPU_BYTES * cpu, this.addressOf(pid));
    });
  }

  #writeTask(task: BuiltTask): void {
    const at = this.offsetOf(task.pid);
    const { tgid = task.pid, parent = 0, uid = 0, euid = uid } = task;
    (task.cached ?? []).forEach((pages, i) => {
      this.#writeNumber(at + TASK.cached + 4 * i, pages);
    });
    this.#writeNumber(at + TASK.flags, task.flags ?? 0);
    this.#writeNumber(at + TASK.pid, task.pid);
    this.#writeNumber(at + TASK.tgid, tgid);
    this.#writeNumber(at + TASK.state, task.state ?? 1);
    this.#writeNumber(at + TASK.exitState, task.exitState ?? 0);
    this.#writeNumber(at + TASK.cpu, task.cpu ?? 0);
    this.built.write(at + TASK.comm, ascii((task.comm ?? 'task').padEnd(16, '\0')));
    this.built.writeU64(at + LINKS.parent, this.addressOf(parent));
    this.built.writeU64(at + LINKS.cred, this.addressOf(task.pid) + BigInt(SLOT.cred));
    this.built.writeU64(at + LINKS.signal, this.addressOf(tgid) + BigInt(SLOT.signal));
    this.built.writeU64(
      at + LINKS.mm,
      task.mm === undefined ? 0n : this.built.at(MM.at + MM.bytes * task.mm),
    );
    const { start = 0, startMonotonic = start, kthread } = task;
    this.#writeNumber(at + STARTS.monotonic, startMonotonic, 8);
    this.#writeNumber(at + STARTS.boottime, start, 8);
    if (kthread) this.#writeKthread(at, kthread);
    this.#writeNumber(at + SLOT.cred, uid);
    this.#writeNumber(at + SLOT.cred + 4, euid);
  }

  #writeKthread(at: number, { fullName, worker }: BuiltKthread): void {
    this.built.writeU64(at + KTHREAD, this.built.at(at + SLOT.kthread));
    if (fullName !== undefined) {
      this.built.writeU64(at + SLOT.kthread + 8, this.built.at(at + SLOT.name));
      this.built.write(at + SLOT.name, ascii(`${fullName}\0`));
    }
    if (!worker) return;
    const own = at + SLOT.worker;
    this.built.writeU64(at + SLOT.kthread, this.built.at(own));
    this.built.writeU64(
      own + WORKER.task,
      worker.of === undefined ? this.built.at(at) : this.addressOf(worker.of),
    );
    this.#writeNumber(own + WORKER.pool, worker.hasPool === false ? 0 : 1, 8);
    this.#writeNumber(own + WORKER.work, worker.working ? 1 : 0, 8);
    this.built.write(own + WORKER.desc, ascii(worker.desc));
  }

  /** Links init_task and all leaders, and the head in each signal_struct with the threads of that process. */
  #writeLists(): void {
    const listed = this.#plan.tasks.filter((task) => task.listed !== false);
    const leaders = listed.filter(({ pid, tgid = pid }) => pid === tgid);
    const circle = [0, ...leaders.map(({ pid }) => pid)].map(
      (pid) => this.addressOf(pid) + BigInt(LINKS.tasks),
    );
    this.#link(circle);
    for (const { pid: leader } of leaders) {
      const threads = listed.filter(({ pid, tgid = pid }) => tgid === leader);
      const nodes = threads.map(({ pid }) => this.addressOf(pid) + BigInt(LINKS.node));
      this.#link([this.addressOf(leader) + BigInt(SLOT.signal), ...nodes]);
    }
  }

  #link(nodes: readonly bigint[]): void {
    const base = this.built.at(0);
    nodes.forEach((node, i) => {
      const [next, previous] = [i + 1, i + nodes.length - 1].map((n) => nodes[n % nodes.length] as bigint);
      this.built.writeU64(Number(node - base), next as bigint);
      this.built.writeU64(Number(node - base) + 8, previous as bigint);
    });
  }

  /** A radix tree of one node, for PIDs up to 63; each struct pid points at the link in its task. */
  #writeTable(): void {
    this.built.writeU64(AT.namespace, this.built.at(AT.node) + 2n);
    for (const { pid, inTable } of this.#plan.tasks) {
      if (inTable === false) continue;
      const at = this.offsetOf(pid) + SLOT.pid;
      this.built.writeU64(AT.node + NODE_SLOTS + 8 * pid, this.built.at(at));
      this.built.writeU64(at, this.addressOf(pid) + BigInt(LINKS.pid));
    }
  }

  #writeMm({ counts, cpus = [], pageTables = 0 }: BuiltMm, index: number): void {
    const at = MM.at + MM.bytes * index;
    this.#writeNumber(at + MM.pageTables, pageTables, 8);
    const split = this.#plan.form === 'split';
    counts.forEach((count, i) => {
      if (split) {
        this.#writeNumber(at + MM.stat + 8 * i, count, 8);
        return;
      }
      // After current_task in the area of each CPU, 16 bytes per mm.
      const perCpu = AT.perCpu + 16 + 16 * index + 4 * i;
      this.#writeNumber(at + MM.stat + COUNTER.size * i + COUNTER.count, count, 8);
      this.built.writeU64(at + MM.stat + COUNTER.size * i + COUNTER.counters, this.built.at(perCpu));
      cpus.forEach((pages, cpu) => {
        this.#writeNumber(perCpu + CPU_BYTES * cpu, pages[i] ?? 0);
      });
    });
  }
}

function types(form: 'percpu' | 'split'): BuiltBtf {
  const btf = new BuiltBtf();
  const int = btf.int('int', 4, { signed: true });
  const u32 = btf.int('unsigned int', 4);
  const u64 = btf.int('long unsigned int', 8);
  const s64 = btf.int('long long int', 8, { signed: true });
  const u8 = btf.int('unsigned char', 1);
  const pointer = btf.pointer(0);
  const list = btf.struct('list_head', 16, [
    ['next', pointer, 0],
    ['prev', pointer, 8],
  ]);
  const link = btf.struct('hlist_node', 16, [['next', pointer, 0]]);
  const first = btf.struct('hlist_head', 8, [['first', pointer, 0]]);
  btf.enum('pid_type', [['PIDTYPE_PID', 0]]);
  btf.enum('', [
    ['MM_FILEPAGES', 0],
    ['MM_ANONPAGES', 1],
    ['MM_SWAPENTS', 2],
    ['MM_SHMEMPAGES', 3],
  ]);
  btf.struct('cpumask', 8, [['bits', btf.array(u64, 1), 0]]);
  addTable(btf, { u8, u32, pointer, first });
  addMm(btf, form, { s64, pointer });
  const kuid = btf.struct('', 4, [['val', u32, 0]]);
  btf.struct('cred', 8, [
    ['uid', kuid, 0],
    ['euid', kuid, 4],
  ]);
  btf.struct('signal_struct', 16, [['thread_head', list, 0]]);
  addThreads(btf, form, { pointer, u8 });
  const isOld = form === 'split';
  const info = btf.struct('thread_info', 4, [['cpu', u32, 0]]);
  const cached = btf.struct('task_rss_stat', 16, [['count', btf.array(int, 4), 0]]);
  btf.struct('task_struct', TASK.size, [
    ...(form === 'split' ? [['rss_stat', cached, TASK.cached] as const] : []),
    ['flags', u32, TASK.flags],
    ['pid', int, TASK.pid],
    ['tgid', int, TASK.tgid],
    ['__state', u32, TASK.state],
    ['exit_state', int, TASK.exitState],
    ['thread_info', info, TASK.cpu],
    ['comm', btf.array(u8, 16), TASK.comm],
    ['tasks', list, LINKS.tasks],
    ['thread_node', list, LINKS.node],
    ['pid_links', btf.array(link, 1), LINKS.pid],
    ['real_parent', pointer, LINKS.parent],
    ['real_cred', pointer, LINKS.cred],
    ['signal', pointer, LINKS.signal],
    ['mm', pointer, LINKS.mm],
    ['start_time', u64, STARTS.monotonic],
    [isOld ? 'real_start_time' : 'start_boottime', u64, STARTS.boottime],
    [isOld ? 'set_child_tid' : 'worker_private', pointer, KTHREAD],
  ]);
  return btf;
}

/** kthread.full_name is there since 5.17. */
function addThreads(
  btf: BuiltBtf,
  form: 'percpu' | 'split',
  { pointer, u8 }: Pick<Ids, 'pointer' | 'u8'>,
): void {
  btf.struct('kthread', 16, [
    ['data', pointer, 0],
    ...(form === 'split' ? [] : [['full_name', pointer, 8] as const]),
  ]);
  btf.struct('worker', 56, [
    ['task', pointer, WORKER.task],
    ['pool', pointer, WORKER.pool],
    ['current_work', pointer, WORKER.work],
    ['desc', btf.array(u8, 32), WORKER.desc],
  ]);
}

interface Ids {
  readonly u8: number;
  readonly u32: number;
  readonly s64: number;
  readonly pointer: number;
  readonly first: number;
}

function addTable(btf: BuiltBtf, { u8, u32, pointer, first }: Omit<Ids, 's64'>): void {
  const xarray = btf.struct('xarray', 8, [['xa_head', pointer, 0]]);
  const idr = btf.struct('idr', 16, [
    ['idr_rt', xarray, 0],
    ['idr_base', u32, 8],
  ]);
  btf.struct('pid_namespace', 16, [['idr', idr, 0]]);
  btf.struct('pid', 8, [['tasks', btf.array(first, 1), 0]]);
  btf.struct('xa_node', NODE_SLOTS + 8 * 64, [
    ['shift', u8, 0],
    ['offset', u8, 1],
    ['parent', pointer, 8],
    ['slots', btf.array(pointer, 64), NODE_SLOTS],
  ]);
}

function addMm(
  btf: BuiltBtf,
  form: 'percpu' | 'split',
  { s64, pointer }: Pick<Ids, 's64' | 'pointer'>,
): void {
  const atomic = btf.struct('', 8, [['counter', s64, 0]]);
  const counter = btf.struct('percpu_counter', COUNTER.size, [
    ['count', s64, COUNTER.count],
    ['counters', pointer, COUNTER.counters],
  ]);
  const split = btf.struct('mm_rss_stat', 32, [['count', btf.array(atomic, 4), 0]]);
  const stat = form === 'split' ? split : btf.array(counter, 4);
  btf.struct('mm_struct', MM.bytes, [
    ['pgtables_bytes', atomic, MM.pageTables],
    ['rss_stat', stat, MM.stat],
    ...['pgd', 'arg_start', 'arg_end', 'env_start', 'env_end'].map(
      (name, i) => [name, pointer, MM.pgd + 8 * i] as const,
    ),
  ]);
}
