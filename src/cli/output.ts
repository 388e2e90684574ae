import { constants, fstatSync, writeSync } from 'node:fs';
import { InspectError } from '../errors.ts';
import { escapeLines, escapeText } from '../report/escape.ts';
import type { CommonOptions } from './options.ts';

/** Where a command's results and messages go: results to stdout, all else to stderr. */
export interface Output {
  readonly color: boolean;
  /** Columns of the terminal on stdout, undefined where there is none. */
  readonly columns: number | undefined;
  /** Whether stdout is a terminal, which no control character of a dump may reach. */
  readonly isTerminal: boolean;
  result(text: string): void;
  warn(text: string): void;
}

/** Thrown when whoever read stdout has gone, as `head` does: nothing is left to do, and nothing went wrong. */
export class ReaderGone extends Error {}

/** Major device number of /dev/null and its like (Documentation/admin-guide/devices.txt). */
const MEMORY_DEVICES = 1;

/**
 * Whether a stream of the process is a terminal. What is none by the kind of its file is not asked: the stream alone takes
 * milliseconds to be made, and nothing is written by it.
 */
export function isTerminal(stream: 'stdout' | 'stderr'): boolean {
  const { mode, rdev } = fstatSync(stream === 'stdout' ? 1 : 2);
  const characters = (mode & constants.S_IFMT) === constants.S_IFCHR;
  return characters && rdev >>> 8 !== MEMORY_DEVICES && process[stream].isTTY === true;
}

export function standardOutput(options: CommonOptions): Output {
  const onTerminal = isTerminal('stdout');
  const wanted = onTerminal && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  return {
    color: options.color ?? wanted,
    columns: onTerminal ? process.stdout.columns : undefined,
    isTerminal: onTerminal,
    result: (text) => writeAll(1, text),
    warn: (text) => {
      if (!options.quiet) writeAll(2, `kdump-inspect: warning: ${escapeText(text)}\n`);
    },
  };
}

/** Writes synchronously, so that nothing is lost or out of order at the end; waits where a pipe is full. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EPIPE') throw new ReaderGone();
      if (code !== 'EAGAIN') throw writeError(code, error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function writeError(code: unknown, error: unknown): InspectError {
  return new InspectError(
    'io',
    `cannot write the result: ${code === 'ENOSPC' ? 'no space left' : String(error)}`,
    { cause: error },
  );
}

/** Exit statuses: a script may rely on them. */
export const EXIT = { done: 0, failed: 1, usage: 2, incomplete: 3 } as const;

/** Says on stderr what went wrong and what to do; returns the exit status that goes with it. */
export function reportFailure(error: unknown, debug: boolean): number {
  if (error instanceof ReaderGone) return EXIT.done;
  const known = error instanceof InspectError;
  const message = known
    ? error.message
    : `internal error: ${error instanceof Error ? error.message : String(error)}`;
  const hint = known && error.facts.hint ? `  ${escapeText(error.facts.hint)}\n` : '';
  const stack = debug && error instanceof Error ? `${escapeLines(error.stack ?? '')}\n` : '';
  const bug = known
    ? ''
    : '  this is a bug in kdump-inspect; run it again with --debug and report what it prints\n';
  process.stderr.write(`kdump-inspect: ${escapeText(message)}\n${hint}${bug}${stack}`);
  return known && error.kind === 'usage' ? EXIT.usage : EXIT.failed;
}
