import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';

/** The resources that a run of the program used, and how it ended. */
export interface Taken {
  /** Peak resident memory, in MiB. */
  readonly peak: number;
  /** Processor time, which does not depend on what else the machine does. */
  readonly seconds: number;
  /** null if it was killed because it took too long. */
  readonly status: number | null;
  /** The first line of stderr. */
  readonly said: string;
}

/** Milliseconds between looks at a process. Anything that grows faster shows in the next look. */
const LOOK = 10;

/** Runs the program, discards its output, and watches its memory; kills it after `limit` seconds. */
export function measure(program: string, args: readonly string[], limit: number): Promise<Taken> {
  const nowhere = openSync('/dev/null', 'w');
  const start = performance.now();
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', nowhere, 'pipe'] });
  let [peak, seconds, said, over] = [0, 0, '', false];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < 1000) said += text;
  });
  const looking = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid));
    seconds = Math.max(seconds, secondsOf(child.pid));
    if (over || (seconds < limit && performance.now() - start < 5000 * limit)) return;
    over = true;
    child.kill('SIGKILL');
  }, LOOK);
  return new Promise((resolve) => {
    child.on('close', (status) => {
      clearInterval(looking);
      resolve({ peak, seconds, status: over ? null : status, said: said.split('\n')[0] ?? '' });
    });
  });
}

/** VmHWM of a process, in MiB; 0 if it has ended. */
function peakOf(pid: number | undefined): number {
  try {
    const [, kib = 0] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return Number(kib) / 1024;
  } catch {
    return 0;
  }
}

/** Clock ticks per second (USER_HZ). */
const TICKS = 100;

/** Processor time that a process has used so far, in seconds; 0 if it has ended. */
function secondsOf(pid: number | undefined): number {
  try {
    // proc_pid_stat(5): after the name, which is in parentheses, utime and stime are fields 14 and 15.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return 0;
  }
}
