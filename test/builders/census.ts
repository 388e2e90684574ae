import type { ClassCounts } from '../../src/pages/classify/page-class.ts';
import type { BuiltKernel } from './kernel.ts';

/** The counts that a census must have: those of the tested pages, and what the kernel's own pages add. */
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
