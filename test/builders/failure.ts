import { InspectError } from '../../src/errors.ts';

/** The InspectError that `act` throws; anything else is a failure of the test. */
export function failureOf(act: () => unknown): InspectError {
  try {
    act();
  } catch (error) {
    if (error instanceof InspectError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
