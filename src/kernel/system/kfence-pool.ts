import type { Range } from '../../bytes/ranges.ts';
import { textOf } from '../../bytes/text.ts';
import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { openLog } from '../log/open-log.ts';
import { PageAddresses } from '../objects/page-addresses.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** Printed once, when the pool is made (kfence_init_enable, mm/kfence/core.c); the address is not. */
const MADE = /^kfence: initialized - using (\d{1,12}) bytes for \d+ objects/;

/**
 * Returns the pfns of KFENCE's pool in a kernel without types: it begins at __kfence_pool, and its size is in
 * the log. Returns null for a kernel without KFENCE, or if it is off.
 * @throws InspectError missingInfo if the log does not have the size any more; notMapped or notStored
 */
export function kfencePoolByLog(typed: TypedKernel): Range | null {
  if (!typed.hasFunction('__kfence_alloc')) return null;
  const symbol = typed.findSymbol('__kfence_pool');
  const begin = symbol === undefined ? 0n : typed.space.u64(symbol);
  if (begin === 0n) return null;
  const bytes = loggedSize(typed);
  const start = new PageAddresses(typed).pfnOfDirect(begin);
  if (bytes !== undefined && bytes % PAGE_SIZE === 0) return { start, end: start + bytes / PAGE_SIZE };
  throw new InspectError('missingInfo', 'the log does not have the size of the pool');
}

function loggedSize({ kernel }: TypedKernel): number | undefined {
  for (const entry of openLog(kernel).entries()) {
    if (entry.kind !== 'record' || entry.facility !== 0) continue;
    const [, bytes] = MADE.exec(textOf(entry.text)) ?? [];
    if (bytes !== undefined) return Number(bytes);
  }
  return undefined;
}
