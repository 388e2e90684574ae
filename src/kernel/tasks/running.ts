import { InspectError } from '../../errors.ts';
import { CPUS_LIMIT, countOfCpus, PerCpu } from '../objects/per-cpu.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** What a CPU was doing. */
export interface RunningTask {
  readonly cpu: number;
  readonly online: boolean;
  /** Virtual address of the task_struct that it runs. */
  readonly task: bigint;
}

/**
 * Returns the task that each possible CPU runs, or ran last. A CPU that never came up has its idle task, or
 * CPU 0's.
 * @throws InspectError missingInfo, notMapped or notStored
 */
export function runningTasks(typed: TypedKernel): RunningTask[] {
  const perCpu = new PerCpu(typed);
  const online = new Set(perCpu.online);
  return currentTasks(typed, perCpu).map(({ cpu, address }) => ({
    cpu,
    online: online.has(cpu),
    task: typed.space.u64(address),
  }));
}

/**
 * `current` is a per-CPU variable; from 6.2 (e57ef2ed97c1) to 6.14 (a1e4cc0155ad) it was in struct pcpu_hot.
 */
function currentTasks(typed: TypedKernel, perCpu: PerCpu): { cpu: number; address: bigint }[] {
  if (typed.findSymbol('current_task') !== undefined) return perCpu.variables('current_task');
  const [symbol, member] =
    typed.findSymbol('pcpu_hot') !== undefined
      ? (['pcpu_hot', 'current_task'] as const)
      : (['runqueues', 'curr'] as const);
  const offset = BigInt(typed.types.struct(symbol === 'runqueues' ? 'rq' : symbol).offsetOf(member));
  return perCpu.variables(symbol).map(({ cpu, address }) => ({ cpu, address: address + offset }));
}

/** Returns, by CPU, the current and the idle task of its run queue. */
export function scheduledTasks(typed: TypedKernel): ReadonlyMap<number, readonly bigint[]> {
  const rq = typed.reader('rq', 'curr', 'idle');
  const all = new PerCpu(typed).variables('runqueues');
  return new Map(all.map(({ cpu, address }) => [cpu, [rq.load(address).big('curr'), rq.big('idle')]]));
}

/**
 * PANIC_CPU_INVALID (include/linux/panic.h), also the initial value of crashing_cpu
 * (arch/x86/kernel/reboot.c)
 */
const NO_CPU = -1;

/**
 * Returns the CPU that panicked, or oopsed and started the crash kernel; null if none has. panic_cpu is set
 * by every panic (kernel/panic.c), crashing_cpu once kdump has stopped the others. Needs no types.
 * @throws InspectError missingInfo, notMapped or notStored; corrupt if it is not a CPU, or if the two differ
 */
export function panickingCpu(typed: TypedKernel): number | null {
  const symbols = ['panic_cpu', 'crashing_cpu'].filter((name) => typed.findSymbol(name) !== undefined);
  if (symbols.length === 0)
    throw new InspectError('missingInfo', 'this kernel has neither panic_cpu nor crashing_cpu');
  const cpus = symbols.map((name) => typed.space.u32(typed.symbol(name)) | 0);
  const named = [...new Set(cpus.filter((cpu) => cpu !== NO_CPU))];
  if (named.length > 1)
    throw new InspectError('corrupt', `panic_cpu is ${named[0]}, but crashing_cpu is ${named[1]}`);
  const [cpu = null] = named;
  const limit = countOfCpus(typed, 'nr_cpu_ids') ?? CPUS_LIMIT;
  if (cpu !== null && (cpu < 0 || cpu >= limit))
    throw new InspectError('corrupt', `CPU ${cpu} is said to have panicked, but there are ${limit} CPUs`);
  return cpu;
}
