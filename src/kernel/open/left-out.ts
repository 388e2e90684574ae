import { RangeList } from '../../bytes/range-list.ts';
import type { MemoryImage, PhysicalMemory } from '../../formats/image/image.ts';
import { wrapImage } from '../../formats/image/wrap-image.ts';
import { ZeroFilledMemory } from '../../formats/image/zero-filled.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { Kernel, LeftOut } from './kernel.ts';

/** The same kernel, whose image has the memory that was left out, as zeros. */
export function withLeftOut(kernel: Kernel, leftOut: LeftOut): Kernel {
  const image = filled(kernel.image, leftOut);
  return { ...kernel, leftOut, image, space: kernel.space.over(image.memory) };
}

/** The same image with that memory as zeros. */
export function filled(image: MemoryImage, { ranges, unclear }: LeftOut): MemoryImage {
  const { absent } = image;
  if (absent?.means !== 'zero') return image;
  const known = new RangeList();
  for (const { start, end } of ranges) known.add(start, end);
  const memory = new ZeroFilledMemory(absent.held, unclear === null ? known : absent.mayBe, known);
  return wrapImage(image, {
    memory,
    makedumpfile: { originalPages: pagesOf(memory), looked: () => memory.described() },
  });
}

/** Pages that the ranges of a memory touch, counted as makedumpfile counts those of a LOAD. */
function pagesOf(memory: PhysicalMemory): number {
  let pages = 0;
  for (const { start, end } of memory.described())
    pages += Math.ceil(end / PAGE_SIZE) - Math.floor(start / PAGE_SIZE);
  return pages;
}
