import { each } from '../each.ts';
import type { PsReport } from '../ps-report.ts';
import { foundTasks } from '../task-figures.ts';
import type { TaskRow } from '../task-row.ts';
import { plural, shortSize } from '../units.ts';
import {
  BLANK,
  bad,
  type Column,
  dropped,
  numbers,
  ordinals,
  paragraph,
  type RichText,
  strong,
  table,
  type View,
} from '../view.ts';
import { kernelName } from './kernel-name.ts';
import { commandText, notWhole } from './task-command.ts';

/** A narrow terminal goes without the parts of RSS first. */
const MEMORY = [
  numbers('RSS'),
  ...['ANON', 'FILE', 'SHMEM'].map((title) => dropped(2, numbers(title))),
  dropped(3, numbers('SWAP')),
  dropped(1, numbers('PTE')),
];
/** A command line may be longer than any terminal is wide. */
const COMMAND: Column = { title: 'COMMAND', align: 'left', cut: true };
/**
 * Marks of tasks: those that were on a CPU, the one that panicked, and all if it is unknown which were on
 * one.
 */
const RUNNING = '>';
const PANICKING = '!';
const UNKNOWN = '?';

/** @param threads whether the rows are threads, and not processes */
export function* psView(report: PsReport, threads: boolean): View {
  yield paragraph(titleOf(report));
  for (const note of notesOn(report)) yield paragraph(note);
  yield BLANK;
  const second = ordinals(threads ? 'TGID' : 'PPID');
  const rows = each(function* () {
    for (const task of report.tasks) yield cells(task, threads, report.clock);
  });
  const columns = [
    '',
    ordinals('PID'),
    second,
    'S',
    ordinals('CPU'),
    ...MEMORY,
    dropped(4, numbers('START')),
    COMMAND,
  ];
  yield table(columns, rows, { gap: 1 });
}

/** What the table leaves out. */
function* notesOn({ tasks, selected, otherThreads }: PsReport): Generator<string> {
  if (selected !== null && selected > tasks.length)
    yield `${tasks.length} of ${plural(selected, 'task')} are shown.`;
  if (otherThreads) {
    const are = otherThreads === 1 ? 'is' : 'are';
    yield `${plural(otherThreads, 'more thread')} ${are} in such a state; --threads lists threads, too.`;
  }
  const reasons = notWhole(tasks);
  if (reasons.length > 0) yield `Commands that are not whole (...): ${reasons.join(', ')}.`;
}

function titleOf({ kernel, counts, file, cpus }: PsReport): RichText {
  const tasks = countText(counts);
  return [strong(kernelName(kernel)), ` (${file.format}): ${tasks}`, panicText(cpus ?? [])];
}

function countText(figures: PsReport['counts']): string {
  const { least, processes, kernelThreads, total } = foundTasks(figures);
  return `${least}${plural(processes, 'process', 'processes')}, ${plural(kernelThreads, 'kernel thread')}, ${plural(total, 'task')} in all`;
}

function panicText(cpus: NonNullable<PsReport['cpus']>): RichText {
  const at = cpus.find(({ panicking }) => panicking);
  if (!at) return '';
  const task =
    at.pid === null
      ? 'a task that cannot be read'
      : at.idle
        ? 'its idle task'
        : `PID ${at.pid} (${at.comm ?? ''})`;
  return ['; ', bad(`CPU ${at.cpu} panicked in ${task}`)];
}

function cells(task: TaskRow, threads: boolean, clock: number | null): RichText[] {
  const mark = task.panicking
    ? bad(PANICKING)
    : task.running
      ? RUNNING
      : task.running === null
        ? UNKNOWN
        : '';
  const second = threads ? String(task.tgid) : task.ppid === null ? '?' : String(task.ppid);
  const [state, cpu] = [task.state, String(task.cpu)];
  const start = startText(task.startTime?.clock ?? null, clock);
  return [mark, String(task.pid), second, state, cpu, ...sizes(task), start, commandText(task)];
}

function sizes({ memory, missing }: TaskRow): string[] {
  if (!memory) return Array<string>(6).fill(missing === undefined ? '-' : '?');
  const { rss, swap, pageTables } = memory;
  return [rss.total, rss.anon, rss.file, rss.shmem, swap, pageTables].map(shortSize);
}

const DAY = 86_400;

/**
 * Hour and minute of a task that was started less than a day ago; month and day in the last year; or the year.
 * As the bsdstart of ps(1), but in UTC.
 */
function startText(start: number | null, now: number | null): string {
  const started = new Date((start ?? Number.NaN) * 1000);
  if (start === null || now === null || Number.isNaN(started.getTime())) return '?';
  const [, day, month, , time = ''] = started.toUTCString().split(' ');
  if (now - start < DAY) return time.slice(0, 5);
  return now - start < 365 * DAY ? `${month}${day}` : String(started.getUTCFullYear());
}
