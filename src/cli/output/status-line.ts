import { milliseconds } from '../../bytes/clock.ts';
import { terminalColumns, wantedColumns } from './columns.ts';
import { say } from './write.ts';

/** Work that takes less time than this shows nothing. */
export const QUIET_MS = 1000;
export const REDRAW_MS = 100;
/** Characters of a bar, and of the shortest one that still shows something. */
const BAR = { most: 30, least: 8 } as const;

interface Drawn {
  readonly by: string;
  /** By milliseconds(). */
  readonly at: number;
}

/** What is on the line of the terminal that all bars share. */
let drawn: Drawn | undefined;

/** Draws a bar of so many characters. */
export type DrawBar = (length: number) => string;

/** @param by the name of the bar @param text what is written after it */
export function drawLine(by: string, bar: DrawBar, text: string): void {
  drawn = { by, at: milliseconds() };
  say(`\r${lineFor(by, bar, text)} \x1b[K`);
}

/**
 * The line, as much of it as the terminal has room for: a longer one would leave a row behind each time. The
 * last column stays free, because some terminals go to the next row when it is written to.
 */
function lineFor(by: string, bar: DrawBar, text: string): string {
  const most = Math.min(terminalColumns('stderr'), wantedColumns() ?? Number.POSITIVE_INFINITY) - 2;
  const length = Math.min(BAR.most, most - `${by} [] ${text}`.length);
  if (length >= BAR.least) return `${by} [${bar(length)}] ${text}`;
  const line = [`${by} ${text}`, text].find((one) => one.length <= most);
  return line ?? text.slice(0, Math.max(0, most));
}

/** Clears the line. */
export function clearLine(): void {
  if (drawn === undefined) return;
  drawn = undefined;
  say('\r\x1b[K');
}

/** Whether another bar was drawn there recently. */
export function isTaken(by: string): boolean {
  return drawn !== undefined && drawn.by !== by && milliseconds() - drawn.at < QUIET_MS;
}
