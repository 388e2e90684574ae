import { reasonOf } from '../errors.ts';

/** A value, or the sentence that says why a dump cannot tell it. */
export type Fact<T> = { readonly value: T } | { readonly missing: string };

/** What `make` finds, or why it cannot. Only what a dump can be to blame for is a reason; other errors are thrown on. */
export function fact<T>(make: () => T): Fact<T> {
  try {
    return { value: make() };
  } catch (error) {
    return { missing: reasonOf(error) };
  }
}

/** The value of a fact, undefined where there is none. */
export function known<T>(of: Fact<T>): T | undefined {
  return 'value' in of ? of.value : undefined;
}
