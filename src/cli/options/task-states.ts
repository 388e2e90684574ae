import { InvalidArgumentError } from 'commander';
import { TASK_STATES } from '../../report/task-states.ts';

/**
 * The states in a list of letters as ps(1) shows them, with or without commas: D, or D,Z, or DZ.
 * @throws InvalidArgumentError, which ends with status 2
 */
export function parseStates(text: string): ReadonlySet<string> {
  const letters = [...text.replaceAll(',', '')];
  if (letters.length > 0 && letters.every((letter) => Object.hasOwn(TASK_STATES, letter)))
    return new Set(letters);
  const known = Object.entries(TASK_STATES).map(([letter, name]) => `${letter} (${name})`);
  throw new InvalidArgumentError(`One or more of these letters are needed: ${known.join(', ')}.`);
}
