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

/** The InspectError that a promise is rejected with; anything else is a failure of the test. */
export async function failureOfAsync(promise: Promise<unknown>): Promise<InspectError> {
  const settled = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  return failureOf(() => {
    if (settled) throw settled.error;
  });
}
