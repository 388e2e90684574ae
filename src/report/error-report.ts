import { type ErrorFacts, type ErrorKind, InspectError } from '../errors.ts';
import { hex } from '../hex.ts';

/** What --json prints to stderr if a command fails, on one line. */
export interface ErrorReport {
  readonly schema: 'kdump-inspect/error/1';
  readonly error: FailureRow;
}

/** A failure: its kind, the sentence that people get, and those of its facts that are known. */
interface FailureRow extends Omit<ErrorFacts, 'offset' | 'address' | 'cause'> {
  readonly kind: ErrorKind | 'internal';
  readonly message: string;
  /** 0x hex, as in the message. */
  readonly offset?: string;
  readonly address?: string;
  /** With --debug. */
  readonly stack?: string;
}

/** @param stack where it comes from, if that is to be shown */
export function errorReport(error: unknown, stack?: string): ErrorReport {
  const more = stack === undefined ? {} : { stack };
  const failure = error instanceof InspectError ? known(error) : bug(error);
  return { schema: 'kdump-inspect/error/1', error: { ...failure, ...more } };
}

function known({ kind, message, facts }: InspectError): FailureRow {
  const { cause: _, offset, address, ...rest } = facts;
  return {
    kind,
    message,
    ...rest,
    ...(offset === undefined ? {} : { offset: hex(offset) }),
    ...(address === undefined ? {} : { address: hex(address) }),
  };
}

/** What to do about an error of no kind that a user can meet. */
const BUG = 'this is a bug in kdump-inspect; please run it again with --debug and report the output';

function bug(error: unknown): FailureRow {
  const what = error instanceof Error ? error.message : String(error);
  return { kind: 'internal', message: `internal error: ${what}`, hint: BUG };
}
