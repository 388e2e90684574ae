import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A system call as strace shows it. */
interface SystemCall {
  readonly name: string;
  readonly args: string;
}

/** The system calls of a program, and its outcome. */
export interface Traced {
  readonly status: number | null;
  readonly stdout: string;
  readonly calls: readonly SystemCall[];
}

/**
 * All calls with a file name, all socket calls, all that start or end processes, and those that can change an
 * open file.
 */
const TRACED =
  'trace=%file,%network,%process,open_by_handle_at,ftruncate,fallocate,fchmod,fchown,mount,ptrace,init_module,finit_module,bpf,capset';

/** Runs a command with all its threads under strace. */
export function trace(command: readonly string[]): Traced {
  const folder = mkdtempSync(path.join(tmpdir(), 'kdump-inspect-strace-'));
  const log = path.join(folder, 'log');
  try {
    const { status, stdout } = spawnSync('strace', ['-f', '-qq', '-o', log, '-e', TRACED, ...command], {
      cwd: '/',
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    return { status, stdout, calls: callsOf(readFileSync(log, 'utf8')) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The calls in a log. If another thread interrupts one, its arguments are on the first of two lines. */
function callsOf(log: string): SystemCall[] {
  return log.split('\n').flatMap((line) => {
    const [, name, args = ''] = /^\d+ +(\w+)\((.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, args }];
  });
}

/** A file that was opened, or would have been. */
export interface Opened {
  readonly path: string;
  readonly flags: readonly string[];
}

export function opened({ calls }: Traced): Opened[] {
  return calls.flatMap(({ name, args }) => {
    const [, file = '', flags = ''] = /"((?:[^"\\]|\\.)*)"(?:, ([A-Z_|]+))?/.exec(args) ?? [];
    if (name === 'creat') return [{ path: file, flags: ['O_CREAT', 'O_WRONLY'] }];
    return /^open(at2?)?$/.test(name) ? [{ path: file, flags: flags.split('|') }] : [];
  });
}

const WRITING = ['O_WRONLY', 'O_RDWR', 'O_CREAT', 'O_TRUNC', 'O_APPEND', 'O_TMPFILE'];

/** Files that were opened for more than reading, successfully or not. */
export function openedForWriting(traced: Traced): string[] {
  const writing = opened(traced).filter(({ flags }) => flags.some((flag) => WRITING.includes(flag)));
  return writing.map(({ path: file }) => file);
}

/** Calls that look at the file system, ask what stdin, stdout and stderr are, or end a process. */
const HARMLESS =
  /^(open|openat|openat2|access|faccessat2?|stat|lstat|statx|newfstatat|statfs|readlink|readlinkat|getcwd|chdir|getsockname|getsockopt|exit|exit_group|wait4|waitid|rt_\w+)$/;

/** All other calls except the execve at the start, and threads: sockets, processes, changes of files. */
export function beyondReading({ calls }: Traced): string[] {
  const isThread = ({ name, args }: SystemCall) => /^clone3?$/.test(name) && args.includes('CLONE_THREAD');
  const others = calls.filter((call, i) => {
    if (HARMLESS.test(call.name) || isThread(call)) return false;
    return call.name !== 'execve' || i > 0;
  });
  return others.map(({ name, args }) => `${name}(${args}`);
}
