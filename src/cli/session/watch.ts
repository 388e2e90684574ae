import type { Run } from '../../bytes/work.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { clearLine } from '../output/status-line.ts';
import { activityBar } from './activity.ts';
import { interruptible } from './interruptible.ts';

/** How the work of a command is seen and ended by who started it at a terminal. */
export interface Watch {
  /** Does work that Ctrl-C ends wherever it is, and leaves no bar. */
  readonly run: Run;
  /** The kernel, which shows that it is read as long as that lasts. */
  readonly kernel: (kernel: Kernel) => Kernel;
  readonly end: () => void;
}

const UNSEEN: Watch = { run: (work) => work(), kernel: (kernel) => kernel, end: () => {} };

/** Elsewhere a signal ends the process as it is, for there is no bar to be taken away. */
export function watch(options: CommonOptions): Watch {
  const activity = activityBar('reading memory', options);
  if (activity === undefined) return UNSEEN;
  return {
    run: (work) => interruptible(work, clearLine),
    kernel: (kernel) => ({ ...kernel, space: kernel.space.withListener(activity.update) }),
    end: activity.end,
  };
}
