import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { Sentences } from '../evidence/sentences.ts';
import { XarrayWalker } from '../objects/xarray.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { PID_LIMIT } from './task.ts';

/** Limit of tasks: each takes some 100 bytes, and twice that when it is compared with the lists. */
const TASKS_LIMIT = 1 << 18;

/** The tasks in the kernel's table of PIDs. */
export interface PidTable {
  /** Virtual addresses of task_structs by PID, ascending. */
  readonly tasks: ReadonlyMap<number, bigint>;
  /** Sentences about what could not be followed. */
  readonly problems: readonly string[];
}

/**
 * Reads the IDR of the first PID namespace, which has an entry for every PID of every namespace
 * (kernel/pid.c). A struct pid without a task belongs to a process group or session whose leader has gone.
 * @throws InspectError missingInfo, notMapped or notStored if there is no access to it
 */
export function readPidTable(typed: TypedKernel): PidTable {
  const namespace = typed.symbol('init_pid_ns');
  const idr = typed.read('pid_namespace', namespace, 'idr.idr_rt', 'idr.idr_base');
  const type = Number(typed.types.enumerator('PIDTYPE_PID') ?? 0n);
  const first = `tasks[${type}].first`;
  const pid = typed.reader<string>('pid', first);
  const link = BigInt(typed.types.struct('task_struct').offsetOf(`pid_links[${type}]`));
  const base = idr.number('idr.idr_base');
  const tasks = new Map<number, bigint>();
  const problems = new Sentences();
  const broken = new XarrayWalker(typed).walk(idr.addressOf('idr.idr_rt'), (index, entry) => {
    if (base + index >= PID_LIMIT || tasks.size === TASKS_LIMIT) {
      problems.push(`the PID table has more than ${tasks.size} tasks, or PIDs above the limit`);
      return false;
    }
    const node = tryNumber(() => pid.load(entry).big(first), problems, base + index);
    if (node) tasks.set(base + index, node - link);
    return true;
  });
  for (const { address, reason } of broken)
    problems.push(`the PID table is broken at ${hex(address)}: ${reason}`);
  return { tasks, problems: problems.list() };
}

function tryNumber(read: () => bigint, problems: Sentences, pid: number): bigint | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    problems.push(`the struct pid of PID ${pid} cannot be read: ${error.message}`);
    return undefined;
  }
}
