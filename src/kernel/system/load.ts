import { u64At } from '../../bytes/words.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** FSHIFT of include/linux/sched/loadavg.h: the averages are fixed-point numbers with 11 fractional bits. */
const FRACTION_BITS = 11n;
const ONE = 1n << FRACTION_BITS;

/**
 * Returns the load averages over 1, 5 and 15 minutes, rounded to two digits as in /proc/loadavg
 * (fs/proc/loadavg.c). Needs no types.
 * @throws InspectError missingInfo, notMapped or notStored
 */
export function readLoad(typed: TypedKernel): readonly [number, number, number] {
  const bytes = typed.space.bytes(typed.symbol('avenrun'), 24);
  const average = (i: number) => {
    const raised = u64At(bytes, 8 * i) + ONE / 200n;
    const hundredths = ((raised % ONE) * 100n) >> FRACTION_BITS;
    return Number((raised >> FRACTION_BITS) * 100n + hundredths) / 100;
  };
  return [average(0), average(1), average(2)];
}
