import { milliseconds } from '../../bytes/clock.ts';
import type { OnProgress } from '../../bytes/work.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { isTerminal } from '../output/output.ts';
import { beforeSignals } from '../output/signals.ts';
import { BAR, clearLine, drawLine, QUIET_MS, REDRAW_MS } from '../output/status-line.ts';

/** The share from which on the pace so far tells of the rest: what is read first is seldom like the rest. */
const TELLING = 0.01;

/** A progress bar on stderr, for a terminal only. */
export interface Progress {
  readonly update: OnProgress;
  /** Takes the bar away. */
  readonly end: () => void;
}

/** @param yields whether the work lets the event loop go round now and then, so that a signal can be told */
export function progressBar(what: string, { quiet }: CommonOptions, yields = false): Progress {
  if (quiet || !isTerminal('stderr')) return { update: () => {}, end: () => {} };
  const start = milliseconds();
  let next = start + QUIET_MS;
  let drawn = false;
  let release = () => {};
  const update: OnProgress = (done, total) => {
    const now = milliseconds();
    if (now < next) return;
    next = now + REDRAW_MS;
    if (!drawn && yields) release = beforeSignals(clearLine);
    drawn = true;
    const share = total === 0 ? 1 : done / total;
    const left = share < TELLING ? '' : `, ${Math.ceil(((now - start) * (1 / share - 1)) / 1000)} s left`;
    const full = Math.floor(share * BAR);
    const bar = `${'#'.repeat(full)}${'.'.repeat(BAR - full)}`;
    drawLine(what, `[${bar}] ${Math.floor(share * 100)} %${left}`);
  };
  const end = () => {
    release();
    if (drawn) clearLine();
  };
  return { update, end };
}

/** Shows how far the file's own tables are read, each time that this takes long; no bar is left when they are. */
export function readingBar(options: CommonOptions): OnProgress {
  let bar: Progress | undefined;
  return (done, total) => {
    bar ??= progressBar("reading the file's own tables", options);
    bar.update(done, total);
    if (done < total) return;
    bar.end();
    bar = undefined;
  };
}
