import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM } from './run.ts';

const TERM = 'xterm-256color';

/** What a command did on a terminal. */
export interface Shown {
  /** What the terminal was sent, stdout and stderr in their order; lines end in \n. */
  readonly text: string;
  /** As a shell reports it: 128 and the signal's number if a signal ended the command. */
  readonly status: number;
}

/** The terminal, and what is different from a plain command on it. */
export interface Setting {
  /** Columns of the terminal; 0 if it does not know its width, as on a serial line. */
  readonly columns?: number;
  /** The environment, besides PATH and TERM. */
  readonly env?: Readonly<Record<string, string>>;
  /** What a shell reads after the command, for redirections and pipes: `2>/dev/null`, `| cat`. */
  readonly after?: string;
  /**
   * A shell command that is run beside the command. `$TERMINAL` is the path of the terminal, `$RECORD` that of
   * a file with what it was sent, which begins with the text of this shell command, too.
   */
  readonly beside?: string;
}

const TIMEOUT_MS = 60_000;
/** Sent to the terminal before and after the command. What was sent before the second has been read. */
const MARKS = { START: '\x1fstart of the command\x1f', END: '\x1fend of the command\x1f' };

/**
 * Runs a command on a real terminal, made by script(1) of util-linux (the package bsdutils, which no Debian
 * lacks). The terminal changes nothing in what it is sent.
 * @throws if script is missing, or the command takes longer than a minute
 */
export function onTerminal(command: readonly string[], setting: Setting = {}): Shown {
  const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-terminal-'));
  const record = join(folder, 'record');
  try {
    // script(1) runs $SHELL. If a signal ends the command, bash says so only on stderr, dash on the terminal.
    const { error } = spawnSync('script', ['-qfc', scriptFor(command, setting), record], {
      stdio: 'ignore',
      timeout: TIMEOUT_MS,
      env: { PATH: process.env.PATH, TERM, SHELL: '/bin/bash', RECORD: record, ...MARKS },
    });
    if (error) throw error;
    return shownIn(readFileSync(record, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs the built program on a terminal. */
export function programOnTerminal(args: readonly string[], setting: Setting = {}): Shown {
  return onTerminal([process.execPath, PROGRAM, ...args], setting);
}

function shownIn(record: string): Shown {
  const [text, status] = record.split(MARKS.START)[1]?.split(MARKS.END) ?? [];
  if (text === undefined || status === undefined) throw new Error(`no end of the command: ${record}`);
  return { text, status: Number.parseInt(status, 10) };
}

/**
 * The shell's part. It waits until the end has been read: a terminal drops what was not read when the
 * shell, whose session it is, ends.
 */
function scriptFor(
  command: readonly string[],
  { columns = 80, env = {}, after = '', beside }: Setting,
): string {
  const variables = Object.entries({ PATH: process.env.PATH ?? '', TERM, ...env });
  const words = ['env', '-i', ...variables.map(([name, value]) => `${name}=${value}`), ...command];
  return [
    `stty cols ${columns} rows 24 -opost -echo`,
    'export TERMINAL=$(tty); set -o pipefail; exec 3>&2 2>/dev/null',
    'printf %s "$START"',
    ...(beside === undefined ? [] : [`{ ${beside}; } >/dev/null 3>&- &`]),
    `${words.map(quoted).join(' ')} 2>&3 3>&- ${after}`,
    'printf "%s%d" "$END" $?',
    'until grep -qF "$END" "$RECORD"; do sleep 0.01; done',
  ].join('\n');
}

/** Text as one word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
