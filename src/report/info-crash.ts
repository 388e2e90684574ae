import type { MemoryImage } from '../formats/image/image.ts';
import type { SystemFacts } from '../kernel/system/system.ts';
import type { TaskListing } from '../kernel/tasks/task-listing.ts';
import type { Vmcoreinfo } from '../kernel/vmcoreinfo/vmcoreinfo.ts';
import type { InfoValues } from './info-values.ts';

export interface InfoCrash {
  /** Seconds since 1970. */
  readonly time: number | null;
  readonly reason: string | null;
  /** The oops that caused the panic. */
  readonly cause: string | null;
  readonly cpu: number | null;
  /** The tgid is null where only the log names the task. */
  readonly task: { readonly pid: number; readonly tgid: number | null; readonly comm: string } | null;
}

interface CrashFacts {
  readonly image: MemoryImage;
  readonly info: Vmcoreinfo;
  readonly system: SystemFacts;
}

/** What happened: the reason of the panic, its CPU and its task. */
export function infoCrash(values: InfoValues, { image, info, system }: CrashFacts): InfoCrash {
  const reason = values.take('crash.reason', system.panicReason, (value) => value);
  const logged = loggedTask(system);
  const cpu =
    'missing' in system.panickingCpu && logged
      ? logged.cpu
      : values.take('crash.cpu', system.panickingCpu, (value) => value);
  return {
    time: image.live ? null : values.given('crash.time', info.crashTime, NO_CRASHTIME),
    reason: reason?.text ?? null,
    cause: reason?.cause ?? (reason?.causeLost ? values.lost('crash.cause', reason.causeLost) : null),
    cpu,
    task: cpu === null ? null : crashTask(values, system, cpu),
  };
}

function loggedTask({ loggedTask: of }: SystemFacts) {
  return of && 'value' in of ? of.value : undefined;
}

function crashTask(values: InfoValues, system: SystemFacts, cpu: number): InfoCrash['task'] {
  const logged = loggedTask(system);
  if (logged?.cpu === cpu) return { pid: logged.pid, tgid: null, comm: logged.comm };
  return values.take('crash.task', system.tasks, (listing) => panickingTask(values, listing, cpu));
}

const NO_CRASHTIME = 'VMCOREINFO has no CRASHTIME: a kernel writes it only when it starts its crash kernel';

function panickingTask(values: InfoValues, { cpus }: TaskListing, cpu: number): InfoCrash['task'] {
  return values.take('crash.task', cpus, (all) => {
    const current = all.find((one) => one.cpu === cpu)?.current ?? null;
    if (current === null) return values.lost('crash.task', `the task that CPU ${cpu} ran cannot be read`);
    return { pid: current.pid, tgid: current.tgid, comm: current.comm };
  });
}
