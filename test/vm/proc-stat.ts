import type { TaskRow } from '../../src/report/task-row.ts';

/** What /proc/PID/stat says about a task. */
interface ProcStat {
  readonly pid: number;
  readonly name: string;
  /** Clock ticks after boot, 100 per second. */
  readonly start: number;
}

/** All processes by PID, from their stat files in sequence. */
export function parseStats(text: string): Map<number, ProcStat> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => parseLine(line))
      .map((stat) => [stat.pid, stat]),
  );
}

/** The name may have parentheses and blanks; starttime is field 22 (proc(5)). */
function parseLine(line: string): ProcStat {
  const [, pid, name = '', rest = ''] = /^(\d+) \((.*)\) (.*)$/.exec(line) ?? [];
  return { pid: Number(pid), name, start: Number(rest.split(' ')[22 - 3]) };
}

/** The arguments of processes by PID, with blanks between them: lines with a tab instead of each NUL. */
export function parseCommands(text: string): Map<number, string> {
  const lines = text.split('\n').map((line) => /^(\d+) (.*)$/.exec(line) ?? []);
  return new Map(
    lines
      .filter(([all]) => all !== undefined)
      .map(([, pid, args = '']) => [Number(pid), args.replace(/\t+$/, '').replaceAll('\t', ' ')]),
  );
}

/** When a task was started, in the unit of /proc/PID/stat. */
export function ticks({ startTime }: TaskRow): number {
  return Math.floor(Math.round((startTime?.sinceBoot ?? Number.NaN) * 1e6) / 1e4);
}

/**
 * The name that `ps` has, as /proc has it: until 6.10 it cuts the name of a worker after 15 bytes
 * (2a1b02bcba78).
 */
export function nameInProc({ name, comm, kernelThread }: TaskRow, inProc: string): string {
  const isCut = kernelThread && inProc === comm && comm.length === 15;
  return isCut ? (name ?? '').slice(0, 15) : (name ?? '');
}

/** The name of a worker without what it works on, or last worked on. */
export function withoutWork(name: string): string {
  return name.replace(/^(kworker\/[^-+R]+)[-+].*/, '$1');
}
