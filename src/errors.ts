/** The kind of a failure: what scripts and callers can tell apart. */
export type ErrorKind =
  | 'io'
  | 'unsupported'
  | 'corrupt'
  | 'notStored'
  | 'notMapped'
  | 'missingInfo'
  | 'memory'
  | 'usage';

/** The facts of a message, for callers and tests; the message is for people. */
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
  /** The operand or option of the command line that is wrong, as the help writes it: PFN|ADDR, --jobs. */
  readonly argument?: string;
  /** What was given for it. */
  readonly value?: string;
  /** What the user can do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Every failure that a user can meet: a kind, one sentence, and its facts. */
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

/** The same error with `context` in front of its message. Kind and facts stay. */
export function within(context: string, error: unknown): unknown {
  if (!(error instanceof InspectError)) return error;
  return new InspectError(error.kind, `${context}: ${error.message}`, { ...error.facts, cause: error });
}

/** The same error with the file that it is about, unless it names one already. */
export function inFile(path: string, error: unknown): unknown {
  const known = asMemoryError(error);
  if (!(known instanceof InspectError) || known.facts.path !== undefined) return known;
  return new InspectError(known.kind, `${path}: ${known.message}`, { ...known.facts, path, cause: known });
}

/** What V8 reports when it gets no memory, and Node.js when it cannot start a thread or had to end one. */
const NO_MEMORY = /^Array buffer allocation failed$|Out of memory|Cannot allocate/;
const NO_MEMORY_CODES = new Set([
  ...['ENOMEM', 'ERR_MEMORY_ALLOCATION_FAILED', 'ERR_WORKER_INIT_FAILED', 'ERR_WORKER_OUT_OF_MEMORY'],
  'Z_MEM_ERROR',
]);
/** What V8 and Node.js report for something larger than a string, an array or a map can be. */
const TOO_LARGE = /^Invalid string length$|^Invalid typed array length: \d|^(Map|Set) maximum size exceeded$/;
const TOO_LARGE_CODES = new Set(['ERR_STRING_TOO_LONG', 'ERR_BUFFER_TOO_LARGE']);

/** Whether an error says that the process ran out of memory. */
export function isOutOfMemory(error: unknown): boolean {
  return says(error, NO_MEMORY, NO_MEMORY_CODES);
}

function says(error: unknown, range: RegExp, codes: ReadonlySet<string>): boolean {
  return (
    (error instanceof RangeError && range.test(error.message)) ||
    (isSystemError(error) && codes.has(error.code))
  );
}

/**
 * Turns what V8 or Node.js throws when memory is short into the memory error that users see. Other errors are
 * returned unchanged.
 */
export function asMemoryError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (isOutOfMemory(error))
    return new InspectError('memory', `there is not enough memory: ${error.message}`, {
      hint: 'a limit of this process (ulimit -v) or of its container may be too low',
      cause: error,
    });
  if (!says(error, TOO_LARGE, TOO_LARGE_CODES)) return error;
  const message = `this is more than Node.js can hold in one piece: ${error.message}`;
  return new InspectError('memory', message, { cause: error });
}

/**
 * Turns the error of Node.js that a file of the program is missing, which loads some only when it needs them,
 * into one that says what to do. Other errors are returned unchanged.
 */
export function asIncompleteProgram(error: unknown): unknown {
  if (!isSystemError(error) || error.code !== 'MODULE_NOT_FOUND') return error;
  const [, missing = error.message] = /'(?:.*\/)?(.*)'/.exec(error.message) ?? [];
  return new InspectError('io', `${missing}, a file of the program, is missing`, {
    hint: 'the program is the whole folder dist/: copy all of it, or install the package',
    cause: error,
  });
}

/**
 * The message of an InspectError, for a reason that is reported instead of thrown. @throws any other error
 */
export function reasonOf(error: unknown): string {
  if (error instanceof InspectError) return error.message;
  throw error;
}

/** What Node.js throws when a system call fails. */
export interface SystemError extends Error {
  /** The system's name for the error, such as ENOENT. */
  readonly code: string;
}

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
