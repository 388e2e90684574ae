import type { Range } from '../bytes/ranges.ts';
import type { Segment } from '../formats/image/image.ts';

/** Physical memory in two segments, which are given by their positions in the file. */
export interface Overlap extends Range {
  readonly segments: readonly [number, number];
}

/** Where the segments lie, in 16 bytes each. Those without a physical address are empty. */
class Places {
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;

  constructor(segments: Iterable<Segment>) {
    let count = 0;
    for (const _ of segments) count++;
    this.#starts = new Float64Array(count);
    this.#ends = new Float64Array(count);
    let index = 0;
    for (const { physical, memorySize } of segments) {
      this.#starts[index] = physical ?? 0;
      this.#ends[index++] = physical === null ? 0 : physical + Number(memorySize);
    }
  }

  start(index: number): number {
    return this.#starts[index] as number;
  }

  end(index: number): number {
    return this.#ends[index] as number;
  }

  /**
   * Returns the indexes of the segments, sorted by start. Of segments with the same start the longest is
   * first.
   */
  inOrder(): Uint32Array {
    const order = Uint32Array.from({ length: this.#starts.length }, (_, index) => index);
    return order.sort((a, b) => this.start(a) - this.start(b) || this.end(b) - this.end(a));
  }
}

/** Finds overlaps: compares each segment with the one before it that reaches furthest. */
export function* overlapsOf(segments: Iterable<Segment>): Generator<Overlap> {
  const places = new Places(segments);
  let reach = -1;
  for (const current of places.inOrder()) {
    const start = places.start(current);
    const end = places.end(current);
    if (end === start) continue;
    if (reach >= 0 && start < places.end(reach)) {
      const [a, b] = [Math.min(reach, current), Math.max(reach, current)];
      yield { start, end: Math.min(end, places.end(reach)), segments: [a, b] };
    }
    if (reach < 0 || end > places.end(reach)) reach = current;
  }
}
