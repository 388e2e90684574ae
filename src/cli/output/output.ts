import { constants, fstatSync } from 'node:fs';
import { InspectError } from '../../errors.ts';
import { escapeLines, escapeText } from '../../report/escape.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { clearLine } from './status-line.ts';
import { printOut, ReaderGone, say } from './write.ts';

/** Where a command's results and messages go: results to stdout or the file of --output, all else to stderr. */
export interface Output {
  readonly color: boolean;
  /** Columns of the terminal that shows the result, undefined where there is none. */
  readonly columns: number | undefined;
  /** Whether a terminal shows the result, which no control character of a dump may reach. */
  readonly isTerminal: boolean;
  result(text: string): void;
  warn(text: string): void;
}

/** An output, and what becomes of what was written to it. */
export interface OpenOutput {
  readonly output: Output;
  /** The command has done its work: what it wrote is its result. @throws InspectError io */
  keep(): Promise<void>;
  /** Ends it; what was not kept is gone, as far as that can be. */
  close(): void;
}

/** Major device number of /dev/null and its like (Documentation/admin-guide/devices.txt). */
const MEMORY_DEVICES = 1;

/**
 * Whether a stream of the process is a terminal. What is none by the kind of its file is not asked: the stream alone takes
 * milliseconds to be made, and nothing is written by it.
 */
export function isTerminal(stream: 'stdout' | 'stderr'): boolean {
  const { mode, rdev } = fstatSync(stream === 'stdout' ? 1 : 2);
  const characters = (mode & constants.S_IFMT) === constants.S_IFCHR;
  return characters && rdev >>> 8 !== MEMORY_DEVICES && isLive(stream);
}

/** Node.js cannot make a stream of a terminal that was closed: what is written there is lost, and no reason to stop. */
function isLive(stream: 'stdout' | 'stderr'): boolean {
  try {
    return process[stream].isTTY === true;
  } catch {
    return false;
  }
}

export function standardOutput(options: CommonOptions): Output {
  const onTerminal = isTerminal('stdout');
  const wanted = onTerminal && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  return {
    color: options.color ?? wanted,
    columns: onTerminal ? process.stdout.columns : undefined,
    isTerminal: onTerminal,
    result: (text) => {
      clearLine();
      printOut(text);
    },
    warn: warner(options),
  };
}

/** Tells warnings on stderr, unless --quiet. */
export function warner({ quiet }: CommonOptions): Output['warn'] {
  return (text) => {
    if (quiet) return;
    clearLine();
    say(`kdump-inspect: warning: ${escapeText(text)}\n`);
  };
}

/** Exit statuses: a script may rely on them. */
export const EXIT = { done: 0, failed: 1, usage: 2, incomplete: 3 } as const;

/** Says on stderr what went wrong and what to do; returns the exit status that goes with it. */
export function reportFailure(error: unknown, debug: boolean): number {
  if (error instanceof ReaderGone) return EXIT.done;
  clearLine();
  const known = error instanceof InspectError;
  const message = known
    ? error.message
    : `internal error: ${error instanceof Error ? error.message : String(error)}`;
  const hint = known && error.facts.hint ? `  ${escapeText(error.facts.hint)}\n` : '';
  const stack = debug && error instanceof Error ? `${escapeLines(error.stack ?? '')}\n` : '';
  const bug = known
    ? ''
    : '  this is a bug in kdump-inspect; run it again with --debug and report what it prints\n';
  say(`kdump-inspect: ${escapeText(message)}\n${hint}${bug}${stack}`);
  return known && error.kind === 'usage' ? EXIT.usage : EXIT.failed;
}
