import { GrowingFloats } from '../../bytes/growing-floats.ts';
import { MinHeap } from '../image/min-heap.ts';
import type { RecordRuns } from './runs.ts';

/**
 * Which run holds each byte of the file that was flattened: ascending pieces, 16 bytes each. A piece ends
 * where its run ends or where the next piece starts.
 */
export class Overlay {
  readonly #starts = new GrowingFloats();
  readonly #runs = new GrowingFloats();

  get length(): number {
    return this.#starts.length;
  }

  start(piece: number): number {
    return this.#starts.at(piece);
  }

  run(piece: number): number {
    return this.#runs.at(piece);
  }

  add(start: number, run: number): void {
    this.#starts.push(start);
    this.#runs.push(run);
  }

  /** The last piece that starts at or before a byte, or -1. */
  before(target: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.start(middle) <= target) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/**
 * Lays the runs over each other. Where several hold a byte, the one that was written last wins, because
 * makedumpfile and QEMU write headers again once they know more. A sweep over the starts takes n log n,
 * however the runs overlap.
 */
export function layOver(runs: RecordRuns): Overlay {
  const overlay = new Overlay();
  const order = inOrderOfStarts(runs);
  // The runs that are open at the current place, negated: the smallest was written last.
  const open = new MinHeap();
  let next = 0;
  let shown = -1;
  for (let place = 0; next < order.length || open.top !== undefined; ) {
    if (open.top === undefined) place = runs.start(order[next] as number);
    while (next < order.length && runs.start(order[next] as number) === place)
      open.push(-(order[next++] as number));
    while (open.top !== undefined && runs.end(-open.top) <= place) open.pop();
    if (open.top === undefined) continue;
    const run = -open.top;
    if (run !== shown) overlay.add(place, run);
    shown = run;
    const following = next < order.length ? runs.start(order[next] as number) : Number.POSITIVE_INFINITY;
    place = Math.min(runs.end(run), following);
  }
  return overlay;
}

function inOrderOfStarts(runs: RecordRuns): Uint32Array {
  const order = Uint32Array.from({ length: runs.length }, (_, run) => run);
  return order.sort((a, b) => runs.start(a) - runs.start(b));
}
