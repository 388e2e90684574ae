import type { ReadStatistics } from '../../bytes/source.ts';
import {
  asIncompleteProgram,
  asMemoryError,
  type ErrorFacts,
  type ErrorKind,
  InspectError,
} from '../../errors.ts';
import type { OpenOptions } from '../../formats/image/format.ts';
import type { KernelFacts } from '../../kernel/open/kernel-facts.ts';

/** How to open a dump again. */
export interface DumpPaths {
  readonly files: readonly string[];
  readonly options: OpenOptions;
}

/**
 * What a thread is given; plain data. It opens the dump itself, so no page is ever copied between threads.
 */
export interface ThreadTask<Q = unknown> {
  readonly dump: DumpPaths;
  readonly facts: KernelFacts;
  /** What is asked of the pages. */
  readonly question: Q;
  /** Numbers of the spans, handed out by `work`. */
  readonly spans: Int32Array;
  readonly work: SharedArrayBuffer;
  /** Which of the threads this one is. */
  readonly thread: number;
}

/** The result of a thread. */
export type ThreadAnswer<T> =
  | { readonly tally: T; readonly statistics: ReadStatistics }
  | { readonly failure: PlainError };

/** An error as plain data. Of an error that is sent as it is, only name, message and stack arrive. */
export interface PlainError {
  readonly kind: ErrorKind | null;
  readonly message: string;
  readonly stack: string | undefined;
  readonly facts: ErrorFacts;
}

export function plainError(thrown: unknown): PlainError {
  const error = asIncompleteProgram(asMemoryError(thrown));
  if (error instanceof InspectError) {
    const { cause: _, ...facts } = error.facts;
    return { kind: error.kind, message: error.message, stack: error.stack, facts };
  }
  const known = error instanceof Error ? error : new Error(String(error));
  return { kind: null, message: known.message, stack: known.stack, facts: {} };
}

/** The same error again, as it was before it was sent. */
export function errorFrom({ kind, message, stack, facts }: PlainError): Error {
  const error = kind === null ? new Error(message) : new InspectError(kind, message, facts);
  if (stack !== undefined) error.stack = stack;
  return error;
}
