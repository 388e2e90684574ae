import { milliseconds } from '../../bytes/clock.ts';
import { say } from './write.ts';

/** Work that takes less time than this shows nothing. */
export const QUIET_MS = 1000;
export const REDRAW_MS = 100;
/** Characters of a bar. */
export const BAR = 30;

interface Drawn {
  readonly by: string;
  /** By milliseconds(). */
  readonly at: number;
}

/** What is on the line of the terminal that all bars share. */
let drawn: Drawn | undefined;

/** @param by the name of the bar */
export function drawLine(by: string, text: string): void {
  drawn = { by, at: milliseconds() };
  say(`\r${by} ${text} \x1b[K`);
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
