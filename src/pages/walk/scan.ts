/**
 * One thread's share of a walk over all memory: it looks at spans, in any order, and adds up what it finds.
 */
export interface Scan<T> {
  /** Looks at all pages of a span, by its number; `onPages` is told how many, some thousand at a time. */
  span(number: number, onPages: (pages: number) => void): void;
  /** What all spans together have: plain data that threads can hand over. */
  readonly tally: T;
}
