import { PAGE_SIZE } from '../../machine.ts';
import { type ByteAmount, freeDoubt, type InfoReport } from '../info-report.ts';
import { shellWords } from '../shell-words.ts';
import { foundTasks } from '../task-figures.ts';
import { TASK_STATES } from '../task-states.ts';
import { plural, size, utc } from '../units.ts';
import {
  BLANK,
  bad,
  type Property,
  properties,
  type RichText,
  strong,
  title,
  type View,
  warning,
} from '../view.ts';
import { choiceText } from '../vmcoreinfo-choice.ts';
import { kernelName } from './kernel-name.ts';

/** Columns before the texts. The longest label is "command line". */
const LABELS = 14;
/** Longer texts are cut to this many characters; --json has all of them. */
const MOST = 320;

/** The text is null if there is no such line. */
type Row = readonly [label: string, text: RichText | null];

export function infoView(report: InfoReport): View {
  const rows = [
    ...bootRowsOf(report),
    ...crashRows(report),
    ...hostRows(report),
    ...stateRows(report),
    ...kernelRows(report),
    ...missingRows(report),
  ];
  return [
    title(strong(titleOf(report))),
    BLANK,
    properties(rows.flatMap(propertyOf), LABELS),
    ...nextBlocks(report),
  ];
}

function propertyOf([label, text]: Row): Property[] {
  return text === null ? [] : [{ name: strong(label), value: text }];
}

/** A single kernel is in the title. */
function bootRowsOf({ boots }: InfoReport): Row[] {
  if (boots.length < 2) return [];
  return boots.map(({ release, physical, taken, why }, i) => [
    `boot ${i + 1}`,
    `${release} at physical ${physical}${taken ? ', taken' : ''}: ${why}`,
  ]);
}

function titleOf({ kernel, file }: InfoReport): string {
  const machine = kernel.machine === null ? '' : ` ${kernel.machine}`;
  return `${kernelName(kernel)}${machine}${file.live ? ', running' : ''}`;
}

function crashRows({ crash, file, unavailable }: InfoReport): Row[] {
  const { reason, cause, cpu, time } = crash;
  const none = file.live || 'crash.reason' in unavailable ? null : 'none found in the kernel log';
  const task =
    crash.task === null
      ? 'an unknown task'
      : crash.task.pid === 0
        ? 'the idle task'
        : `PID ${crash.task.pid} (${crash.task.comm})${crash.task.tgid === null ? ', by the log' : ''}`;
  return [
    ['panic', reason === null ? none : bad(cut(reason))],
    ['cause', cause === null ? null : bad(cut(cause))],
    ['in', cpu === null ? null : `${task}, on CPU ${cpu}`],
    ['crashed', time === null ? null : utc(time)],
  ];
}

function hostRows({ host, clock, uptime, crash }: InfoReport): Row[] {
  const domain = host && host.domain !== '' && host.domain !== '(none)' ? `, domain ${host.domain}` : '';
  return [
    ['host', host && `${host.name}${domain}`],
    ['clock', clock === null || crash.time !== null ? null : utc(clock)],
    ['uptime', uptime === null ? null : duration(uptime)],
  ];
}

function stateRows(report: InfoReport): Row[] {
  const { cpus, cpuModel, load, memory, swap, tasks } = report;
  const model = cpuModel === null ? '' : `, ${cpuModel}`;
  return [
    ['cpus', cpus && `${cpus.online} online of ${cpus.possible}${model}`],
    ['load', load?.map((average) => average.toFixed(2)).join(' ') ?? null],
    ['memory', memory && memoryText(report, memory)],
    ['swap', swap && (swap.total === 0 ? 'none' : amount(swap))],
    ['tasks', tasks && taskText(tasks)],
  ];
}

/** The memory that the page allocator has, how much of it is free, and why it is less than the dump has. */
function memoryText({ checks, dump }: InfoReport, memory: ByteAmount): string {
  const doubt = freeDoubt(checks);
  const free = doubt
    ? `${size(memory.total)}; free are ${pageSize(doubt.kernel)} or ${pageSize(doubt.counted)}: the kernel's counters contradict each other`
    : amount(memory);
  const rest = dump.missing === undefined ? dump.described - memory.total : 0;
  if (rest <= 0) return free;
  return `${free}; ${size(rest)} more, such as the kernel's image, are not managed by the page allocator`;
}

const pageSize = (pages: number) => size(pages * PAGE_SIZE);

function amount({ total, free }: ByteAmount): string {
  return `${size(total)}, ${size(free)} free`;
}

function taskText(figures: NonNullable<InfoReport['tasks']>): string {
  const { least, total, processes, kernelThreads, states } = foundTasks(figures);
  const names = Object.keys(TASK_STATES) as (keyof typeof TASK_STATES)[];
  const counted = names.flatMap((state) => (states[state] ? [`${states[state]} ${TASK_STATES[state]}`] : []));
  const what = plural(processes, 'process', 'processes');
  return `${least}${total}: ${what}, ${plural(kernelThreads, 'kernel thread')}; ${counted.join(', ')}`;
}

function kernelRows(report: InfoReport): Row[] {
  const { taint, commandLine, kernel, layout, dump, file } = report;
  return [
    ['taint', taint && taintText(taint)],
    ['modules', moduleText(report)],
    ['command line', commandLine === null ? null : cut(commandLine.trimEnd())],
    ['version', kernel.version],
    ['build id', buildIdText(kernel)],
    ['layout', layout && layoutText(layout)],
    ['dump', dumpText(file, dump)],
    ['vmcoreinfo', isPlain(report) ? null : cut(choiceText(report.vmcoreinfo))],
  ];
}

/** Whether VMCOREINFO is the dump's only note, or was given, so that there was nothing to choose. */
function isPlain({ boots, vmcoreinfo }: InfoReport): boolean {
  return boots.length === 0 && vmcoreinfo.candidates.length <= 1;
}

function buildIdText({ buildId, buildIdSource }: InfoReport['kernel']): string | null {
  return buildIdSource === 'image' ? `${buildId}, by the notes of the kernel's image` : buildId;
}

function moduleText({ modules, modulesExact }: InfoReport): string | null {
  if (modules === null) return null;
  if (modules.length === 0) return modulesExact ? 'none' : 'none that could be read';
  return `${modulesExact ? '' : 'at least '}${modules.length}: ${cut(modules.join(' '))}`;
}

function taintText({ mask, flags }: NonNullable<InfoReport['taint']>): RichText {
  if (flags.length === 0) return 'none';
  const letters = flags.map(({ letter }) => letter ?? '?').join('');
  return warning(`${letters} (${Number(mask)}): ${flags.map(({ meaning }) => meaning).join('; ')}`);
}

function layoutText({ pagingLevels, kernelOffset, pageOffset }: NonNullable<InfoReport['layout']>): string {
  return `${pagingLevels}-level paging, KASLR offset ${kernelOffset ?? 'unknown'}, page_offset ${pageOffset ?? 'unknown'}`;
}

/** The bits of makedumpfile -d, as its manual names them. */
const LEVEL_BITS: readonly (readonly [bit: number, name: string])[] = [
  [1, 'zero pages'],
  [2, 'cache'],
  [4, 'private cache'],
  [8, 'user data'],
  [16, 'free pages'],
];

function dumpText({ path, format, bytes, live }: InfoReport['file'], dump: InfoReport['dump']): RichText {
  const { described, stored, truncated, missing, level } = dump;
  if (live) return `none: ${path} of the running kernel, ${size(described)} of memory`;
  const stated = [
    `${path}: ${format}${bytes === null ? '' : ` of ${size(bytes)}`}`,
    `${size(described)} of memory, ${stored === described ? 'all' : size(stored)} stored`,
    ...(level === null ? [] : [levelText(level)]),
  ];
  const lacking = [
    ...(truncated > 0 ? [`INCOMPLETE: ${size(truncated)} missing at its end`] : []),
    ...(missing ? [`INCOMPLETE: at least ${size(missing)} that the kernel uses are not stored`] : []),
  ];
  return [stated.join(', '), ...lacking.flatMap((text) => [', ', bad(text)])];
}

function levelText(level: number): string {
  const left = LEVEL_BITS.filter(([bit]) => (level & bit) !== 0).map(([, name]) => name);
  return `level ${level}${left.length > 0 ? ` (without ${left.join(', ')})` : ''}`;
}

/** A live kernel or a format never has these, so they need no line. */
const NEVER_SHOWN: ReadonlySet<string> = new Set(['dump.level', 'kernel.machine']);

/** One line for each reason, with the names of everything that is unknown because of it. */
function missingRows({ unavailable }: InfoReport): Row[] {
  const names = new Map<string, string[]>();
  for (const [name, reason] of Object.entries(unavailable)) {
    if (!NEVER_SHOWN.has(name)) names.set(reason, [...(names.get(reason) ?? []), NAMES[name] ?? name]);
  }
  return [...names].map(([reason, of]) => ['unknown', `${of.join(', ')}: ${reason}`]);
}

/** What people call a value, where that is not its name in JSON. */
const NAMES: Readonly<Record<string, string>> = {
  'crash.reason': 'panic',
  'crash.cause': 'cause of the panic',
  'crash.cpu': 'CPU of the panic',
  'crash.task': 'task that panicked',
  'crash.time': 'time of the crash',
  'kernel.version': 'version',
  'kernel.buildId': 'build id',
  cpuModel: 'CPU model',
  cpus: 'CPUs',
  commandLine: 'command line',
  'layout.kernelOffset': 'KASLR offset',
  'layout.pageOffset': 'page_offset',
};

/** What to do next. A command has a line of its own, which is never wrapped, because people copy it. */
function nextBlocks({ next }: InfoReport): View {
  return next.flatMap(({ command, why }) => {
    const reason = properties([{ name: strong('next'), value: command ? `${why}:` : why }], LABELS);
    return command
      ? [reason, properties([{ name: '', value: shellWords(command) }], LABELS, { whole: true })]
      : [reason];
  });
}

function cut(text: string): string {
  const more = text.length - MOST;
  return more > 0 ? `${text.slice(0, MOST)}... and ${more} more characters` : text;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "3 days 04:05:06", or "12.3 s" if it is less than a minute. */
function duration(seconds: number): string {
  if (seconds < MINUTE) return `${seconds.toFixed(1)} s`;
  const days = Math.floor(seconds / DAY);
  const parts = [(seconds % DAY) / HOUR, (seconds % HOUR) / MINUTE, seconds % MINUTE];
  const time = parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
  return days === 0 ? time : `${plural(days, 'day')} ${time}`;
}
