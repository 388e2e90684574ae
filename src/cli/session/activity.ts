import { milliseconds } from '../../bytes/clock.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { isTerminal } from '../output/output.ts';
import { clearLine, type DrawBar, drawLine, isTaken, QUIET_MS, REDRAW_MS } from '../output/status-line.ts';

/** Characters of the block that moves across the bar. */
const BLOCK = 5;

/** A bar on stderr for work of unknown length. */
export interface Activity {
  /** To be called often while the work goes on. */
  readonly update: () => void;
  /** Removes the bar. */
  readonly end: () => void;
}

/**
 * Shows that work goes on, and for how long, where no other bar shows progress. undefined if stderr is not a
 * terminal.
 */
export function activityBar(what: string, { quiet }: CommonOptions): Activity | undefined {
  if (quiet || !isTerminal('stderr')) return undefined;
  const start = milliseconds();
  let next = start + QUIET_MS;
  const update = () => {
    const now = milliseconds();
    if (now < next) return;
    next = now + REDRAW_MS;
    if (isTaken(what)) return;
    const bar: DrawBar = (length) => {
      const left = Math.floor(now / REDRAW_MS) % (length - BLOCK + 1);
      return `${'.'.repeat(left)}${'#'.repeat(BLOCK)}`.padEnd(length, '.');
    };
    drawLine(what, bar, `${Math.floor((now - start) / 1000)} s`);
  };
  const end = () => {
    next = Number.POSITIVE_INFINITY;
    clearLine();
  };
  return { update, end };
}
