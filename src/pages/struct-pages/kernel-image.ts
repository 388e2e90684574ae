import type { Range } from '../../bytes/ranges.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';

/**
 * The first page of the kernel's text; undefined where VMCOREINFO does not have its address.
 * @throws InspectError notMapped or notStored
 */
export function textPfn({ info, space }: Kernel): number | undefined {
  const stext = info.symbol('_stext');
  return stext === undefined ? undefined : Math.floor(space.translate(stext) / PAGE_SIZE);
}

/** From _text to _end, which is contiguous in physical memory, too. */
export function imagePfns(typed: TypedKernel): Range {
  const start = typed.symbol('_text');
  const first = Math.floor(typed.space.translate(start) / PAGE_SIZE);
  return { start: first, end: first + Math.ceil(Number(typed.symbol('_end') - start) / PAGE_SIZE) };
}
