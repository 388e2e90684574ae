import { InspectError } from '../../errors.ts';
import { type MemCgroup, type MemCgroups, readMemCgroups } from '../../kernel/objects/mem-cgroups.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';

/**
 * The cgroups with their own counters, for the overview. null unless all of them can be read and no cgroup has less
 * than those below it together: `usage --by cgroup` says what is wrong.
 */
export function cgroupCharges(typed: TypedKernel): MemCgroups | null {
  try {
    const found = readMemCgroups(typed);
    const isSound = found.whole && found.problems.length === 0;
    return isSound && (typed.space.live || holdsAll(found.cgroups)) ? found : null;
  } catch (error) {
    if (error instanceof InspectError) return null;
    throw error;
  }
}

/** A charge counts for the cgroup and, with that, for those above it. */
function holdsAll(cgroups: readonly MemCgroup[]): boolean {
  const below = new Float64Array(cgroups.length);
  for (const { chargedTo, usage } of cgroups) if (chargedTo !== null) (below[chargedTo] as number) += usage;
  return cgroups.every(({ usage }, i) => usage >= (below[i] as number));
}
