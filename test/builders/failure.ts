import { InspectError } from '../../src/errors.ts';

/** The InspectError that `act` throws; anything else makes the test fail. */
export function failureOf(act: () => unknown): InspectError {
  try {
    act();
  } catch (error) {
    if (error instanceof InspectError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The InspectError with which a promise is rejected; anything else makes the test fail. */
export async function failureOfAsync(promise: Promise<unknown>): Promise<InspectError> {
  const settled = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  return failureOf(() => {
    if (settled) throw settled.error;
  });
}
