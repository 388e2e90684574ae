import { RULES } from '../../src/pages/rules.ts';
import type { Tally } from '../../src/pages/tally.ts';

/** What a scan of no memory finds. */
export function emptyTally(): Tally {
  return {
    rules: new Float64Array(RULES.length),
    zero: 0,
    nonZero: 0,
    absences: new Map(),
    failures: new Map(),
    free: [],
    unaccepted: [],
    outside: 0,
    looksPoisoned: false,
    strays: 0,
  };
}
