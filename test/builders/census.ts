import type { OnProgress } from '../../src/bytes/work.ts';
import type { Kernel } from '../../src/kernel/open/kernel.ts';
import { type Census, planCensus, censusOf as summedUp } from '../../src/pages/census/census.ts';
import { ClassScan } from '../../src/pages/classify/class-scan.ts';
import type { ClassCounts } from '../../src/pages/classify/page-class.ts';
import type { WalkOptions } from '../../src/pages/threads/walk-spans.ts';
import { spansOf } from '../../src/pages/walk/spans.ts';
import type { BuiltKernel } from './kernel.ts';

/** The counts that a census must have: those of the tested pages, plus the kernel's own pages. */
export function countsWith(built: BuiltKernel, tested: Partial<ClassCounts>): ClassCounts {
  return {
    zero: (tested.zero ?? 0) + built.own.zero,
    nonPrivateCache: tested.nonPrivateCache ?? 0,
    privateCache: tested.privateCache ?? 0,
    user: tested.user ?? 0,
    free: tested.free ?? 0,
    hwpoison: tested.hwpoison ?? 0,
    offline: tested.offline ?? 0,
    kernelData: (tested.kernelData ?? 0) + built.own.kernelData,
    uninitialized: tested.uninitialized ?? 0,
    zoneDevice: tested.zoneDevice ?? 0,
  };
}

export function sumOf(counts: ClassCounts): number {
  return Object.values(counts).reduce((sum, pages) => sum + pages, 0);
}

/** How one thread goes through memory: it opens no file once more. */
export const ALONE: WalkOptions = { dump: { files: [], options: {} }, jobs: 1 };

/** What takeCensus finds, but synchronous, on one thread, and for kernels that exist only in memory. */
export function censusOf(kernel: Kernel, onProgress: OnProgress = () => {}): Census {
  const plan = planCensus(kernel);
  const scan = new ClassScan(kernel, plan.freeLists.zones);
  const { numbers, pages } = spansOf(kernel.image.memory);
  let done = 0;
  for (const number of numbers) {
    scan.span(number, (looked) => {
      done += looked;
      onProgress(done, pages);
    });
  }
  return summedUp(plan, pages, scan.tally);
}
