import { milliseconds } from '../../bytes/clock.ts';
import type { OnProgress } from '../../bytes/work.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { isTerminal } from '../output/output.ts';
import { beforeSignals } from '../output/signals.ts';
import { clearLine, type DrawBar, drawLine, QUIET_MS, REDRAW_MS } from '../output/status-line.ts';

/** No time is estimated before this share is done, because the first part is seldom like the rest. */
const TELLING = 0.01;

/** A progress bar on stderr, for a terminal only. */
export interface Progress {
  readonly update: OnProgress;
  /** Removes the bar. */
  readonly end: () => void;
}

/** @param yields whether the work returns to the event loop now and then, so that signals can be handled */
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
    const bar: DrawBar = (length) => '#'.repeat(Math.floor(share * length)).padEnd(length, '.');
    drawLine(what, bar, `${Math.floor(share * 100)} %${left}`);
  };
  const end = () => {
    release();
    if (drawn) clearLine();
  };
  return { update, end };
}

/** Shows the progress of reading the file's own tables, if that takes long. */
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
