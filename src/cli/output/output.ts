import { constants, fstatSync } from 'node:fs';
import { escapeText } from '../../report/escape.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { hasColor } from './color.ts';
import { terminalColumns, wantedColumns } from './columns.ts';
import { clearLine } from './status-line.ts';
import { printOut, say } from './write.ts';

/** Where results and messages go: results to stdout or the file of --output, everything else to stderr. */
export interface Output {
  readonly color: boolean;
  /** Columns of a line of the result, at this moment; undefined if lines are not wrapped. */
  readonly columns: number | undefined;
  /** Whether a terminal shows the result. Control characters from a dump must not reach it. */
  readonly isTerminal: boolean;
  result(text: string): void;
  warn(text: string): void;
}

/** An output that is kept or dropped at the end. */
export interface OpenOutput {
  readonly output: Output;
  /** Makes what was written the result, after the command has done its work. @throws InspectError io */
  keep(): Promise<void>;
  /** Closes it. What was not kept is dropped where that is possible. */
  close(): void;
}

/** Major device number of /dev/null and similar devices (Documentation/admin-guide/devices.txt). */
const MEMORY_DEVICES = 1;

/**
 * Whether a stream of the process is a terminal. The kind of its file is checked first, because Node.js takes
 * milliseconds to make the stream object, which is used for nothing else.
 */
export function isTerminal(stream: 'stdout' | 'stderr'): boolean {
  const { mode, rdev } = fstatSync(stream === 'stdout' ? 1 : 2);
  const characters = (mode & constants.S_IFMT) === constants.S_IFCHR;
  return characters && rdev >>> 8 !== MEMORY_DEVICES && isLive(stream);
}

/**
 * Node.js cannot make a stream of a terminal that was closed. Output to it is lost, but that is no reason to
 * stop.
 */
function isLive(stream: 'stdout' | 'stderr'): boolean {
  try {
    return process[stream].isTTY === true;
  } catch {
    return false;
  }
}

export function standardOutput(options: CommonOptions): Output {
  const onTerminal = isTerminal('stdout');
  return {
    color: hasColor(options, onTerminal),
    get columns() {
      return wantedColumns() ?? (onTerminal ? terminalColumns('stdout') : undefined);
    },
    isTerminal: onTerminal,
    result: (text) => {
      clearLine();
      printOut(text);
    },
    warn: warner(options),
  };
}

/** Prints warnings to stderr, unless --quiet is given, or --json: a document has its warnings itself. */
export function warner(options: CommonOptions): Output['warn'] {
  return (text) => {
    if (options.quiet || options.json) return;
    clearLine();
    say(`kdump-inspect: ${inYellow('warning:', options)} ${escapeText(text)}\n`);
  };
}

/** A word for stderr, which has colours of its own. */
function inYellow(word: string, options: CommonOptions): string {
  if (!hasColor(options, isTerminal('stderr'))) return word;
  // chalk would have to be awaited.
  return process.getBuiltinModule('node:util').styleText('yellow', word, { validateStream: false });
}

/** Exit statuses, which scripts may rely on. */
export const EXIT = { done: 0, failed: 1, usage: 2, incomplete: 3 } as const;
