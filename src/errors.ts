/** What went wrong, as a script or a caller must tell it apart. */
export type ErrorKind =
  | 'io'
  | 'unsupported'
  | 'corrupt'
  | 'notStored'
  | 'notMapped'
  | 'missingInfo'
  | 'usage';

/** The facts behind a message, for callers and tests; the message is made for people. */
export interface ErrorFacts {
  /** The file that was read. */
  readonly path?: string;
  /** Position in the file, in bytes. */
  readonly offset?: number | bigint;
  /** A virtual or physical address in the dumped kernel. */
  readonly address?: bigint;
  /** The VMCOREINFO key that was needed. */
  readonly key?: string;
  /** The system's error name, such as EPERM. */
  readonly errno?: string;
  /** What the user can do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Every failure that a user can meet: a kind, a sentence, and the facts behind it. */
export class InspectError extends Error {
  readonly kind: ErrorKind;
  readonly facts: ErrorFacts;

  constructor(kind: ErrorKind, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'InspectError';
    this.kind = kind;
    this.facts = facts;
  }
}

/** The same error with the name of its surroundings before the message; the kind and the facts stay. */
export function within(context: string, error: unknown): unknown {
  if (!(error instanceof InspectError)) return error;
  return new InspectError(error.kind, `${context}: ${error.message}`, { ...error.facts, cause: error });
}

/** The same error with the file that it is about, where it does not name one yet. */
export function inFile(path: string, error: unknown): unknown {
  if (!(error instanceof InspectError) || error.facts.path !== undefined) return error;
  return new InspectError(error.kind, `${path}: ${error.message}`, { ...error.facts, path, cause: error });
}

/** The sentence of any thrown value, for a reason that is reported and not thrown on. */
export function reasonOf(error: unknown): string {
  if (error instanceof InspectError) return error.message;
  throw error;
}

/** What a refused call of the system is thrown as. */
export interface SystemError extends Error {
  /** The system's name of it, such as ENOENT. */
  readonly code: string;
}

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
