import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { walkList } from '../objects/list.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Task } from './task.ts';

/** Limit of children that are in no list of tasks: just created, or just ended. */
const MORE_CHILDREN = 1 << 10;

/**
 * Returns a function that finds the PID of a task's parent: of the process, not the thread, of real_parent
 * (proc_pid_status). The first tasks are children of PID 0, which has no parent. In a dump, the parent is
 * checked against its list of children, which has the leader of each process (copy_process), or else the
 * lists of the process's other threads.
 * @param tasks all listed tasks
 */
export function parentReader(typed: TypedKernel, tasks: readonly Task[]): (task: Task) => number {
  const tgids = new Map(tasks.map(({ address, tgid }) => [address, tgid]));
  const reader = typed.reader('task_struct', 'tgid');
  const requireChild = childrenCheck(typed, tasks);
  return (task) => {
    const { realParent, pid } = task;
    if (realParent === 0n) throw new InspectError('corrupt', `task ${pid} has no parent`);
    requireChild(task);
    const tgid = tgids.get(realParent) ?? reader.load(realParent).number('tgid');
    tgids.set(realParent, tgid);
    return tgid;
  };
}

/** A task's list of children, and the error for a child that is not in it. */
interface Family {
  readonly nodes: ReadonlySet<bigint>;
  readonly stranger: InspectError;
}

/**
 * Throws `corrupt` for a task that its parent does not list; does nothing if the types lack the list or the
 * kernel runs.
 */
function childrenCheck(typed: TypedKernel, tasks: readonly Task[]): (task: Task) => void {
  const type = typed.types.struct('task_struct');
  const [children, sibling] = [type.find('children'), type.find('sibling')];
  if (!children || !sibling || typed.space.live) return () => {};
  const leaders = new Map(tasks.filter(({ pid, tgid }) => pid === tgid).map((task) => [task.pid, task]));
  const known = new Map<bigint, Family>();
  let left = tasks.length + MORE_CHILDREN;
  const childrenOf = (parent: bigint) => {
    const { nodes } = walkList(typed.space, parent + BigInt(children.offset), Math.max(0, left));
    left -= nodes.length;
    // One error object for all children that the parent lacks: there may be a hundred thousand.
    const what = `its parent at ${hex(parent)} does not list it among its children`;
    const found = { nodes: new Set(nodes), stranger: new InspectError('corrupt', what, { address: parent }) };
    known.set(parent, found);
    return found;
  };
  return ({ realParent, pid, tgid, address }) => {
    const leader = pid === tgid ? address : leaders.get(tgid)?.address;
    if (leader === undefined) return;
    const { nodes, stranger } = known.get(realParent) ?? childrenOf(realParent);
    if (!nodes.has(leader + BigInt(sibling.offset))) throw stranger;
  };
}
