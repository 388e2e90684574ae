/**
 * Is called with how much of some work is done, and how much there is in all: bytes, pages, or other units.
 */
export type OnProgress = (done: number, total: number) => void;

/** Runs some work, and returns its result. */
export type Run = <T>(work: () => T) => T;
