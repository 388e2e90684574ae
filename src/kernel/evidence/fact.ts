import { type ErrorKind, InspectError } from '../../errors.ts';

/** A value, or the sentence that says why a dump cannot tell it. */
export type Fact<T> = { readonly value: T } | Missing;

export interface Missing {
  readonly missing: string;
  readonly kind: ErrorKind;
}

/** What `make` finds, or why it cannot. Only what a dump can be to blame for is a reason; other errors are thrown on. */
export function fact<T>(make: () => T): Fact<T> {
  try {
    return { value: make() };
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    return { missing: error.message, kind: error.kind };
  }
}

/** What can be made of a fact, or why that one cannot be had. */
export function factOf<T, U>(of: Fact<T>, make: (value: T) => U): Fact<U> {
  return 'missing' in of ? of : fact(() => make(of.value));
}

/** The value of a fact, undefined where there is none. */
export function known<T>(of: Fact<T>): T | undefined {
  return 'value' in of ? of.value : undefined;
}
