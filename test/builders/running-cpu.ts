import type { MemoryImage } from '../../src/formats/image/image.ts';
import { openKernel } from '../../src/kernel/open/kernel.ts';
import { type CpuState, CR4_4_LEVELS, CR4_LA57 } from './qemu-dump.ts';

/** The registers of a CPU that was running the kernel of a dump. */
export function runningCpu(image: MemoryImage): CpuState {
  const { space, pagingLevels } = openKernel(image);
  const cr4 = pagingLevels === 5 ? CR4_4_LEVELS | CR4_LA57 : CR4_4_LEVELS;
  return { cr3: BigInt(space.walker.root), cr4 };
}
