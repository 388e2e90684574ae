import { type ErrorKind, InspectError } from '../../errors.ts';

/** A value, or a sentence that says why the dump does not give it. */
export type Fact<T> = { readonly value: T } | Missing;

export interface Missing {
  readonly missing: string;
  readonly kind: ErrorKind;
}

/** Returns what `make` returns, or why it failed with an InspectError; other errors are thrown on. */
export function fact<T>(make: () => T): Fact<T> {
  try {
    return { value: make() };
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    return { missing: error.message, kind: error.kind };
  }
}

/** Derives a fact from another one; a missing fact stays missing. */
export function factOf<T, U>(of: Fact<T>, make: (value: T) => U): Fact<U> {
  return 'missing' in of ? of : fact(() => make(of.value));
}

/** Returns the value of a fact, or undefined if it is missing. */
export function known<T>(of: Fact<T>): T | undefined {
  return 'value' in of ? of.value : undefined;
}
