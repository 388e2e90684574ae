import type { Range } from '../../bytes/ranges.ts';
import { textOf } from '../../bytes/text.ts';
import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { openLog } from '../log/open-log.ts';
import { PageAddresses } from '../objects/page-addresses.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** Printed once, when the pool is made (kfence_init_enable, mm/kfence/core.c); the address is not. */
const MADE = /^kfence: initialized - using (\d{1,12}) bytes for \d+ objects/;

/** The first line of every log. */
const FIRST = /^Linux version /;

/**
 * Returns the pfns of KFENCE's pool in a kernel without types: it begins at __kfence_pool, and its size is in
 * the log. Returns null for a kernel without KFENCE, or if it is off: without a symbol only a whole log without
 * that line shows it.
 * @throws InspectError missingInfo if the log does not have the size any more; notMapped or notStored
 */
export function kfencePoolByLog(typed: TypedKernel): Range | null {
  if (!typed.hasFunction('__kfence_alloc')) return null;
  if (typed.noData) {
    if (logged(typed).isOff) return null;
    throw typed.noData;
  }
  const symbol = typed.findSymbol('__kfence_pool');
  const begin = symbol === undefined ? 0n : typed.space.u64(symbol);
  if (begin === 0n) return null;
  const { bytes } = logged(typed);
  const start = new PageAddresses(typed).pfnOfDirect(begin);
  if (bytes !== undefined && bytes % PAGE_SIZE === 0) return { start, end: start + bytes / PAGE_SIZE };
  throw new InspectError('missingInfo', 'the log does not have the size of the pool');
}

/** The size of the pool by the log, and whether all of the log shows that there is none. */
function logged({ kernel }: TypedKernel): { readonly bytes?: number; readonly isOff: boolean } {
  let isWhole: boolean | undefined;
  for (const entry of openLog(kernel).entries()) {
    const text = entry.kind === 'record' && entry.facility === 0 ? textOf(entry.text) : '';
    isWhole = isWhole === undefined ? FIRST.test(text) : isWhole && entry.kind === 'record';
    const [, bytes] = MADE.exec(text) ?? [];
    if (bytes !== undefined) return { bytes: Number(bytes), isOff: false };
  }
  return { isOff: isWhole ?? false };
}
