/** Told how much of some work is done, and how much there is of it: of bytes, pages, or what else is gone through. */
export type OnProgress = (done: number, total: number) => void;

/** Does work, and returns what it returns. */
export type Run = <T>(work: () => T) => T;
