import { each } from './each.ts';
import { escapeText } from './escape.ts';
import type { PsReport, TaskRow } from './ps-report.ts';
import { tablePieces } from './table.ts';
import { foundTasks } from './task-figures.ts';
import type { Terminal } from './terminal.ts';
import { plural, shortSize } from './units.ts';
import { wrap } from './wrap.ts';

const HEADING = ['', 'PID', 'PPID', 'S', 'CPU', 'RSS', 'ANON', 'FILE', 'SHMEM', 'SWAP', 'PTE', 'COMMAND'];
const RIGHT = [1, 2, 4, 5, 6, 7, 8, 9, 10];
/** Before those that were on a CPU, the one that panicked, and all where it cannot be told which were. */
const RUNNING = '>';
const PANICKING = '!';
const UNKNOWN = '?';

/** The report for people, ending in a newline. `threads` says whether its rows are all threads, and not processes. */
export function* psText(report: PsReport, threads: boolean, terminal: Terminal): Generator<string> {
  const title = wrap(titleOf(report), terminal.width, 2).replace(/^[^\n]*?(?= \(|$)/, (name) =>
    terminal.bold(name),
  );
  const heading = threads ? HEADING.with(2, 'TGID') : HEADING;
  const rows = each(function* () {
    for (const task of report.tasks) yield cells(task, threads);
  });
  yield `${title}\n\n`;
  yield* tablePieces({ heading, rows, right: RIGHT, gap: 1 }, terminal);
}

function titleOf({ kernel, counts, file, cpus }: PsReport): string {
  const release =
    kernel.release === null ? 'Linux of unknown release' : `Linux ${escapeText(kernel.release)}`;
  return `${release} (${file.format}): ${countText(counts)}${panicText(cpus ?? [])}`;
}

function countText(figures: PsReport['counts']): string {
  const { least, processes, kernelThreads, total } = foundTasks(figures);
  return `${least}${processesText(processes)}, ${plural(kernelThreads, 'kernel thread')}, ${plural(total, 'task')} in all`;
}

function processesText(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`;
}

function panicText(cpus: NonNullable<PsReport['cpus']>): string {
  const at = cpus.find(({ panicking }) => panicking);
  if (!at) return '';
  const task =
    at.pid === null
      ? 'a task that cannot be read'
      : at.idle
        ? 'its idle task'
        : `PID ${at.pid} (${escapeText(at.comm ?? '')})`;
  return `; CPU ${at.cpu} panicked in ${task}`;
}

function cells(task: TaskRow, threads: boolean): string[] {
  const mark = task.panicking ? PANICKING : task.running ? RUNNING : task.running === null ? UNKNOWN : '';
  const second = threads ? String(task.tgid) : task.ppid === null ? '?' : String(task.ppid);
  return [mark, String(task.pid), second, task.state, String(task.cpu), ...sizes(task), command(task)];
}

function sizes({ memory, missing }: TaskRow): string[] {
  if (!memory) return Array<string>(6).fill(missing === undefined ? '-' : '?');
  const { rss, swap, pageTables } = memory;
  return [rss.total, rss.anon, rss.file, rss.shmem, swap, pageTables].map(shortSize);
}

/** As ps(1) shows them: the kernel's own threads in brackets. */
function command({ comm, kernelThread }: TaskRow): string {
  return kernelThread ? `[${escapeText(comm)}]` : escapeText(comm);
}
