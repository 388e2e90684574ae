import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlattenedSource } from '../../../src/formats/flattened/flattened-source.ts';
import { concat, pattern } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import {
  END_RECORD,
  type FlatRecipe,
  flatBytes,
  flatHeader,
  flatSource,
  recordHeader,
} from '../../builders/flattened.ts';
import { MemorySource } from '../../builders/memory-source.ts';
import { CutSource } from '../../builders/parts-source.ts';

const bytesAt = (source: FlattenedSource, at: number | bigint, length: number): number[] => {
  const into = new Uint8Array(length).fill(0xee);
  return [...into.subarray(0, source.read(at, into))];
};

/** What `makedumpfile -R` leaves: each record written at its offset, one after the other. */
function restored(records: readonly FlatRecipe[]): { bytes: Uint8Array; written: Uint8Array } {
  const size = Math.max(0, ...records.map(({ target, bytes }) => Number(target) + (bytes?.length ?? 0)));
  const bytes = new Uint8Array(size);
  const written = new Uint8Array(size);
  for (const { target, bytes: data = new Uint8Array(0) } of records) {
    bytes.set(data, Number(target));
    written.fill(1, Number(target), Number(target) + data.length);
  }
  return { bytes, written };
}

describe('a flattened file', () => {
  it('has the bytes of its records, wherever they lie in the file', () => {
    const source = new FlattenedSource(
      flatSource([
        { target: 100, bytes: pattern(50, 1) },
        { target: 0, bytes: pattern(100, 2) },
      ]),
    );
    expect([source.size, source.cutShort, source.lost]).toEqual([150, false, []]);
    expect(bytesAt(source, 0, 200)).toEqual([...pattern(100, 2), ...pattern(50, 1)]);
  });

  it('has what was written last where records overlap, such as headers that are written again', () => {
    const records = [
      { target: 0, bytes: pattern(64, 1) },
      { target: 64, bytes: pattern(1000, 2) },
      { target: 0, bytes: pattern(16, 3) },
      { target: 500, bytes: pattern(10, 4) },
    ];
    expect(bytesAt(new FlattenedSource(flatSource(records)), 0, 2000)).toEqual([...restored(records).bytes]);
  });

  it('has zeros where there is no record: makedumpfile -R seeks over such places', () => {
    const source = new FlattenedSource(
      flatSource([
        { target: 16, bytes: pattern(4, 1) },
        { target: 100, bytes: pattern(4, 2) },
      ]),
    );
    expect(bytesAt(source, 0, 16)).toEqual(Array(16).fill(0));
    expect(bytesAt(source, 18, 84)).toEqual([
      ...pattern(4, 1).subarray(2),
      ...Array(80).fill(0),
      ...pattern(2, 2),
    ]);
  });

  it('ends where its last byte of any record lies', () => {
    const source = new FlattenedSource(flatSource([{ target: 0, bytes: pattern(10, 1) }]));
    for (const at of [10, 11, 2 ** 53, 1n << 62n, (1n << 64n) - 1n])
      expect(bytesAt(source, at, 4)).toEqual([]);
    expect(bytesAt(source, 8n, 4)).toEqual([...pattern(10, 1).subarray(8)]);
  });

  it('ends at its end record, whatever follows it', () => {
    const more = concat(flatBytes([{ target: 0, bytes: pattern(8, 1) }]), recordHeader(8, 4), pattern(4, 2));
    expect(new FlattenedSource(new MemorySource([{ at: 0n, bytes: more }])).size).toBe(8);
  });

  it('closes the file that it is read from, and counts its reads', () => {
    const file = flatSource([{ target: 0, bytes: pattern(8, 1) }]);
    const source = new FlattenedSource(file);
    const before = source.statistics.bytes;
    bytesAt(source, 0, 8);
    expect(source.statistics.bytes - before).toBe(8);
    source.close();
    expect(file.closed).toBe(true);
  });
});

describe('the records of a flattened file', () => {
  it('are read one header at a time if they are large', () => {
    const bytes = pattern(65_536, 1);
    const file = flatSource(Array.from({ length: 20 }, (_, i) => ({ target: i * bytes.length, bytes })));
    new FlattenedSource(file);
    expect(file.statistics).toEqual({ reads: 21, bytes: 21 * 16 });
  });

  it('are read many headers at a time if they are small', () => {
    const file = flatSource(
      Array.from({ length: 5000 }, (_, i) => ({ target: i * 8, bytes: pattern(8, i) })),
    );
    const source = new FlattenedSource(file);
    expect(file.statistics.reads).toBeLessThan(5);
    expect(bytesAt(source, 4000 * 8, 8)).toEqual([...pattern(8, 4000)]);
  });
});

describe('a flattened file with very many records', () => {
  function many(count: number): MemorySource {
    const bytes = new Uint8Array(4096 + count * 17 + 16);
    bytes.set(flatHeader());
    for (let i = 0; i < count; i++) {
      bytes.set(recordHeader(i, 1), 4096 + 17 * i);
      bytes[4096 + 17 * i + 16] = i & 0xff;
    }
    bytes.set(END_RECORD, 4096 + count * 17);
    return new MemorySource([{ at: 0n, bytes }]);
  }

  it('reports how far it has been read, and when that is done', () => {
    const file = many(150_000);
    const progress: (readonly number[])[] = [];
    new FlattenedSource(file, (done, total) => progress.push([done, total]));
    expect(progress.map(([done = 0]) => Math.round((10 * done) / file.size))).toEqual([4, 9, 10]);
    expect(progress.at(-1)).toEqual([file.size, file.size]);
  });

  it('is read many records at a time', () => {
    const file = many(100_000);
    const source = new FlattenedSource(file);
    const before = file.statistics.reads;
    expect(bytesAt(source, 255, 4000)).toEqual(Array.from({ length: 4000 }, (_, i) => (255 + i) & 0xff));
    expect(file.statistics.reads - before).toBeLessThan(5);
  });

  it('reports that it is done at once if there are few', () => {
    const progress: number[] = [];
    new FlattenedSource(many(10), (done) => progress.push(done));
    expect(progress).toHaveLength(1);
  });
});

describe('a flattened file that was cut short', () => {
  const records = [
    { target: 0, bytes: pattern(64, 1) },
    { target: 200, bytes: pattern(40, 2) },
    { target: 300, bytes: pattern(100, 3) },
  ];
  const whole = flatBytes(records);
  const cut = (at: number) =>
    new FlattenedSource(new CutSource(new MemorySource([{ at: 0n, bytes: whole }]), at));

  it('is recognised by its missing end record', () => {
    expect(cut(whole.length).cutShort).toBe(false);
    for (const missing of [1, 8, 16]) {
      expect(cut(whole.length - missing)).toMatchObject({ cutShort: true, size: 400 });
    }
  });

  it('has the part of its last record that the file holds', () => {
    const source = cut(whole.length - 16 - 30);
    expect(source.size).toBe(370);
    expect(bytesAt(source, 360, 50)).toEqual([...pattern(100, 3).subarray(60, 70)]);
  });

  it('has lost what no record has: reads end before it, and nothing is made up', () => {
    const source = cut(whole.length - 16);
    expect(source.lost).toEqual([
      { start: 64, end: 200 },
      { start: 240, end: 300 },
    ]);
    expect(bytesAt(source, 60, 20)).toEqual([...pattern(64, 1).subarray(60)]);
    expect(bytesAt(source, 100, 20)).toEqual([]);
    expect(bytesAt(source, 230, 100)).toEqual([...pattern(40, 2).subarray(30)]);
  });

  it('ends at a record of no bytes: the unused rest of a preallocated file reads like that', () => {
    const rest = concat(flatHeader(), recordHeader(0, 8), pattern(8, 1), new Uint8Array(100));
    expect(new FlattenedSource(new MemorySource([{ at: 0n, bytes: rest }]))).toMatchObject({
      size: 8,
      cutShort: true,
    });
  });

  it('is refused if more separate parts are missing than any writer would leave', () => {
    const scattered = Array.from({ length: 10_001 }, (_, i) => ({ target: 2 * i + 1, bytes: pattern(1, i) }));
    const { kind, facts, message } = failureOf(
      () => new FlattenedSource(flatSource(scattered, { end: false })),
    );
    expect(kind).toBe('unsupported');
    expect(message).toContain('more than 10000 separate parts are missing');
    expect(facts.hint).toContain('makedumpfile -R');
    expect(new FlattenedSource(flatSource(scattered)).size).toBe(20_002);
  });
});

describe('a record that no file could hold', () => {
  it.each<[string, bigint, bigint]>([
    ['with a negative size', 0n, -5n],
    ['at a negative offset', -4096n, 8n],
    ['of 2^62 bytes', 0n, 1n << 62n],
    ['at 2^62', 1n << 62n, 8n],
    ['whose end overflows', (1n << 63n) - 1n, (1n << 63n) - 1n],
    ['that ends past 2^53', (1n << 53n) - 8n, 8n],
    ['with half an end mark', -1n, 8n],
  ])('is corrupt, and its offset is reported: one %s', (_, target, size) => {
    const records = [
      { target: 0, bytes: pattern(100, 1) },
      { target, size },
    ];
    const failure = failureOf(() => new FlattenedSource(flatSource(records, { path: 'core' })));
    expect(failure).toMatchObject({ kind: 'corrupt', facts: { path: 'core', offset: 4096 + 16 + 100 } });
    expect(failure.message).toContain(`0x${(4096 + 116).toString(16)}`);
    expect(failure.message).toContain(String(size));
  });
});

describe('any flattened file', () => {
  const record = fc.record({
    target: fc.nat(300),
    bytes: fc
      .tuple(fc.integer({ min: 1, max: 60 }), fc.nat(250))
      .map(([length, seed]) => pattern(length, seed)),
  });
  /** Runs of records that continue each other, and single records over and between them. */
  const records = fc
    .array(
      fc
        .tuple(record, fc.integer({ min: 1, max: 4 }))
        .map(([{ target, bytes }, count]) =>
          Array.from({ length: count }, (_, i) => ({ target: target + i * bytes.length, bytes })),
        ),
      { minLength: 1, maxLength: 8 },
    )
    .map((lists) => lists.flat());
  const reads = fc.array(fc.tuple(fc.nat(600), fc.integer({ min: 1, max: 200 })), {
    minLength: 1,
    maxLength: 10,
  });

  it('reads as the file that makedumpfile -R would restore', () => {
    fc.assert(
      fc.property(records, reads, (list, places) => {
        const source = new FlattenedSource(flatSource(list));
        const { bytes } = restored(list);
        expect(source.size).toBe(bytes.length);
        for (const [at, length] of places)
          expect(bytesAt(source, at, length)).toEqual([...bytes.subarray(at, at + length)]);
      }),
      { numRuns: 300 },
    );
  });

  it('reads, if cut anywhere, as what was written before the cut, and no further', () => {
    fc.assert(
      fc.property(records, reads, fc.double({ min: 0, max: 1, noNaN: true }), (list, places, where) => {
        const whole = flatBytes(list);
        const at = 4096 + Math.floor(where * (whole.length - 4096 - 1));
        const source = new FlattenedSource(new CutSource(new MemorySource([{ at: 0n, bytes: whole }]), at));
        const { bytes, written } = restored(before(list, at));
        expect(source.cutShort).toBe(true);
        for (const [from, length] of places) {
          const gap = written.indexOf(0, from);
          const end = Math.min(from + length, gap < 0 ? bytes.length : gap);
          expect(bytesAt(source, from, length)).toEqual([...bytes.subarray(from, Math.max(from, end))]);
        }
      }),
      { numRuns: 300 },
    );
  });

  /** What a file of `size` bytes has of the records. */
  function before(list: readonly { target: number; bytes: Uint8Array }[], size: number): FlatRecipe[] {
    let at = 4096;
    return list.flatMap(({ target, bytes }) => {
      const held = bytes.subarray(0, Math.max(0, size - at - 16));
      at += 16 + bytes.length;
      return held.length > 0 ? [{ target, bytes: held }] : [];
    });
  }
});
