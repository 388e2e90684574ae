import type { ClassTally } from '../../src/pages/classify/class-tally.ts';
import { RULES } from '../../src/pages/classify/rules.ts';

/** The tally of a scan without memory. */
export function emptyTally(): ClassTally {
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
