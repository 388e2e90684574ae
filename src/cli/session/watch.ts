import type { Run } from '../../bytes/work.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { clearLine } from '../output/status-line.ts';
import { activityBar } from './activity.ts';
import { interruptible } from './interruptible.ts';

/** How a user at a terminal sees the work of a command, and ends it. */
export interface Watch {
  /** Runs work that Ctrl-C can end at any point, leaving no bar behind. */
  readonly run: Run;
  /** The kernel, which then shows activity while it is read. */
  readonly kernel: (kernel: Kernel) => Kernel;
  readonly end: () => void;
}

const UNSEEN: Watch = { run: (work) => work(), kernel: (kernel) => kernel, end: () => {} };

/** Without a terminal there is no bar to remove, so a signal just ends the process. */
export function watch(options: CommonOptions): Watch {
  const activity = activityBar('reading memory', options);
  if (activity === undefined) return UNSEEN;
  return {
    run: (work) => interruptible(work, clearLine),
    kernel: (kernel) => ({ ...kernel, space: kernel.space.withListener(activity.update) }),
    end: activity.end,
  };
}
