import { type Difference, general } from './compare.ts';
import type { PossibleState } from './possible-states.ts';

/** Why a change of a field may make the figures differ as they do; undefined if no reason applies. */
export function reasonAmong(
  states: readonly PossibleState[],
  changed: { readonly structure: string; readonly field: string },
  differences: readonly Difference[],
): string | undefined {
  return states.find(
    (state) =>
      state.structure.test(changed.structure) &&
      state.field.test(changed.field) &&
      differences.every((difference) => isAllowed(state, difference)),
  )?.why;
}

const PAGE = 4096;

function isAllowed({ figures, pages }: PossibleState, { path, before, after }: Difference): boolean {
  if (!figures.test(general(path))) return false;
  if (pages === undefined || typeof before !== 'number' || typeof after !== 'number') return true;
  return Math.abs(before - after) <= (path.endsWith('bytes') ? pages * PAGE : pages);
}
