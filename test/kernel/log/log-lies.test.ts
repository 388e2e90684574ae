import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InspectError } from '../../../src/errors.ts';
import { openLog } from '../../../src/kernel/log/open-log.ts';
import { findPanic } from '../../../src/kernel/log/panic.ts';
import type { BuiltKernel } from '../../builders/kernel.ts';
import { PLACES as BUFFER, BuiltBuffer } from '../../builders/log-buffer.ts';
import { BuiltRing, PLACES as RING } from '../../builders/log-ring.ts';

const RECORDS = 200;

/** Returns how many records are reported, including lost ones; 0 if the log is rejected. */
function countOf(built: BuiltKernel): number {
  try {
    const entries = [...openLog(built.open()).entries()];
    findPanic(entries.filter((entry) => entry.kind === 'record'));
    return entries.reduce((sum, entry) => sum + (entry.kind === 'lost' ? (entry.count ?? 1) : 1), 0);
  } catch (error) {
    if (error instanceof InspectError) return 0;
    throw error;
  }
}

/** Changes of bytes anywhere in one of the log's areas. */
const lies = (places: readonly (readonly [at: number, bytes: number])[]) =>
  fc.array(
    fc.record({
      at: fc.oneof(...places.map(([at, bytes]) => fc.integer({ min: at, max: at + bytes - 8 }))),
      value: fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.constantFrom(0n, 1n, 3n, 2n ** 63n, 2n ** 64n - 1n)),
    }),
    { minLength: 1, maxLength: 6 },
  );

function apply(built: BuiltKernel, changes: readonly { at: number; value: bigint }[]): void {
  for (const { at, value } of changes) built.memory.writeU64(built.imageAt + at, value);
}

describe('a log with anything in it', () => {
  it('is read to an end or rejected: a ring', () => {
    const ring = new BuiltRing({ countBits: 8, sizeBits: 13 });
    for (let i = 0; i < RECORDS; i++) ring.print({ text: `record ${i}` });
    const places = lies([
      [RING.ring, 88],
      [RING.descs, 24 * 256],
      [RING.infos, 88 * 256],
      [RING.data, 8192],
    ]);
    fc.assert(
      fc.property(places, fc.boolean(), (changes, live) => {
        const built = ring.kernel();
        if (live) Object.defineProperty(built, 'image', { value: { ...built.image, live } });
        apply(built, changes);
        expect(countOf(built)).toBeLessThanOrEqual(256);
      }),
      { numRuns: 80 },
    );
  });

  it('is read to an end or rejected: a record buffer', () => {
    const records = Array.from({ length: RECORDS }, (_, i) => ({ text: `record ${i}` }));
    const buffer = new BuiltBuffer({ length: 4096 }, records);
    const places = lies([
      [BUFFER.log_buf, 32],
      [BUFFER.buffer, 4096],
    ]);
    fc.assert(
      fc.property(places, (changes) => {
        const built = buffer.kernel();
        apply(built, changes);
        expect(countOf(built)).toBeLessThanOrEqual(4096 / 16);
      }),
      { numRuns: 80 },
    );
  });
});
