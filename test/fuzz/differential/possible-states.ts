import { type Difference, general } from './compare.ts';
import { POSSIBLE_STATES, type PossibleState } from './possible-state-list.ts';

/** Why a change is let pass; undefined when it is not. */
export function possibleState(
  structure: string,
  field: string,
  differences: readonly Difference[],
): PossibleState | undefined {
  return POSSIBLE_STATES.find(
    (state) =>
      state.structure.test(structure) &&
      state.field.test(field) &&
      differences.every((difference) => isAllowed(state, difference)),
  );
}

const PAGE = 4096;

function isAllowed({ figures, pages }: PossibleState, { path, before, after }: Difference): boolean {
  if (!figures.test(general(path))) return false;
  if (pages === undefined || typeof before !== 'number' || typeof after !== 'number') return true;
  return Math.abs(before - after) <= (path.endsWith('bytes') ? pages * PAGE : pages);
}
