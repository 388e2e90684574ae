import { describe, expect, it } from 'vitest';
import { loadOpenAvml } from '../../../src/formats/avml/avml-image.ts';
import { openSources } from '../../../src/formats/open.ts';
import {
  AVML_BLOCK,
  avmlBlock,
  avmlHeader,
  chunksOf,
  dataChunk,
  STREAM_IDENTIFIER,
  skippable,
} from '../../builders/avml.ts';
import { concat, packed, pattern } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { MemorySource } from '../../builders/memory-source.ts';

const PAGE = 4096;
const CHUNK = 65_536;
const open = loadOpenAvml();
const fileOf = (bytes: Uint8Array) => new MemorySource([{ at: 0n, bytes }], { path: 'ram.avml' });
const opened = (...parts: Uint8Array[]) => open([fileOf(concat(...parts))], {});
const length = (bytes: number) => packed(8, [[0, 8, bytes]]);

function bytesAt(image: ReturnType<typeof opened>, address: number, count: number) {
  const into = new Uint8Array(count);
  return image.memory.read(address, into) ?? into;
}

/** Comparing large arrays with toEqual takes minutes. */
const areAt = (image: ReturnType<typeof opened>, address: number, bytes: Uint8Array) => {
  const found = bytesAt(image, address, bytes.length);
  return found instanceof Uint8Array && Buffer.compare(found, bytes) === 0;
};

function holdingsAt(image: ReturnType<typeof opened>, pfn: number, count: number): number[] {
  const holdings = new Uint8Array(count);
  image.memory.survey(pfn, holdings);
  return [...holdings];
}

/** Two blocks of one range, of which the second follows two that are all zero, and low memory. */
const LOW = pattern(0x9f000, 1);
const FIRST = pattern(AVML_BLOCK, 2);
const LAST = pattern(3 * CHUNK + 100, 3);
const AT = 0x10_0000;
const LAST_AT = AT + 3 * AVML_BLOCK;
const LOW_BLOCK = avmlBlock(0x1000, LOW.length, chunksOf(LOW));
const FIRST_BLOCK = avmlBlock(AT, FIRST.length, chunksOf(FIRST));
const LAST_BLOCK = avmlBlock(LAST_AT, LAST.length, chunksOf(LAST));
const WHOLE = concat(LOW_BLOCK, FIRST_BLOCK, avmlBlock(AT + AVML_BLOCK, AVML_BLOCK, []), LAST_BLOCK);

describe('an AVML image', () => {
  const image = opened(WHOLE);

  it('is recognised, and says that it has no end mark', async () => {
    const same = await openSources([fileOf(WHOLE)]);
    expect(same).toMatchObject({ format: 'AVML image', path: 'ram.avml', bytes: WHOLE.length, live: false });
    expect(same).toMatchObject({
      openEnded: true,
      warnings: [],
      vmcoreinfo: null,
      absent: { means: 'zero' },
    });
  });

  it('has the memory of its blocks, across chunks that are compressed, plain or skipped', () => {
    expect(areAt(image, 0x1000, LOW)).toBe(true);
    expect(areAt(image, AT + 1, FIRST.subarray(1))).toBe(true);
    for (const at of [LAST.length - 10, 2 * CHUNK - 3, CHUNK, 0])
      expect(bytesAt(image, LAST_AT + at, 10)).toEqual(LAST.subarray(at, at + 10));
  });

  it('reads zeros where a block is left out or empty, and describes only what it has', () => {
    expect(bytesAt(image, AT + AVML_BLOCK - 2, 4)).toEqual(Uint8Array.of(...FIRST.subarray(-2), 0, 0));
    expect(bytesAt(image, LAST_AT - 2, 4)).toEqual(Uint8Array.of(0, 0, ...LAST.subarray(0, 2)));
    expect([...image.memory.described()]).toEqual([
      { start: 0x1000, end: 0xa0000 },
      { start: AT, end: AT + AVML_BLOCK },
      { start: LAST_AT, end: LAST_AT + LAST.length },
    ]);
    expect(holdingsAt(image, (AT + AVML_BLOCK) / PAGE - 1, 2)).toEqual([3, 4]);
    expect([image.memory.cutShort, image.memory.encoded]).toEqual([false, true]);
  });

  it('lists its blocks as segments, with the places of their streams', () => {
    const places = [0, LOW_BLOCK.length, WHOLE.length - LAST_BLOCK.length].map((at) => BigInt(at + 32));
    expect([...image.segments].map(({ offset }) => offset)).toEqual(places);
    expect([...image.segments].map(({ physical }) => physical)).toEqual([0x1000, AT, LAST_AT]);
    expect([...image.segments].map(({ missing }) => missing)).toEqual([0n, 0n, 0n]);
  });

  it('keeps the places of few chunks', () => {
    expect(image.indexBytes).toBeLessThan(5_000);
  });

  it('skips padding after the data, and may name its stream again', () => {
    const chunks = [STREAM_IDENTIFIER, dataChunk(pattern(PAGE, 5), true), STREAM_IDENTIFIER, skippable(9)];
    const padded = opened(avmlBlock(0x1000, PAGE, chunks), LAST_BLOCK);
    expect(areAt(padded, 0x1000, pattern(PAGE, 5))).toBe(true);
    expect(bytesAt(padded, LAST_AT, 100)).toEqual(LAST.subarray(0, 100));
    expect(padded.warnings).toEqual([]);
  });
});

describe('an AVML image that was cut short', () => {
  const cutAt = (size: number) => opened(WHOLE.subarray(0, size));

  it.each([1, 8, 9, 20, 300, LAST_BLOCK.length - 33])(
    'has lost the rest of its last block: %d bytes',
    (bytes) => {
      const image = cutAt(WHOLE.length - bytes);
      expect([image.memory.cutShort, image.warnings]).toEqual([
        true,
        [expect.stringContaining('ends inside')],
      ]);
      // The last 8 bytes are the length of the stream.
      if (bytes > 8)
        expect(bytesAt(image, LAST_AT + LAST.length - 1, 1)).toMatchObject({ absence: 'truncated' });
      expect(bytesAt(image, LAST_AT + LAST.length, 1)).toMatchObject({ absence: 'hole' });
      expect(bytesAt(image, AT + AVML_BLOCK, 2)).toEqual(new Uint8Array(2));
    },
  );

  it('is recognised by a part of a header', () => {
    const image = cutAt(WHOLE.length - LAST_BLOCK.length + 31);
    expect([image.memory.cutShort, [...image.segments].length]).toEqual([true, 2]);
  });

  it('has no memory if it ends inside its first header', () => {
    expect(failureOf(() => cutAt(20)).kind).toBe('corrupt');
  });
});

describe('a damaged AVML image', () => {
  const good = pattern(CHUNK, 6);
  const bad = pattern(CHUNK, 7);
  const block = (...chunks: Uint8Array[]) => avmlBlock(0, 2 * CHUNK, [STREAM_IDENTIFIER, ...chunks]);

  it.each([true, false])('has lost only the chunk whose checksum is wrong, compressed: %s', (compressed) => {
    const image = opened(block(dataChunk(bad, compressed, 0x1234), dataChunk(good, compressed)));
    expect(bytesAt(image, 0, 8)).toMatchObject({ absence: 'corrupt', address: 0 });
    expect(areAt(image, CHUNK, good)).toBe(true);
    expect(bytesAt(image, CHUNK - 4, 8)).toMatchObject({ absence: 'corrupt' });
  });

  it('has lost a chunk that does not decode', () => {
    const chunk = dataChunk(bad, true);
    chunk.fill(0xff, 12, 60);
    const image = opened(block(chunk, dataChunk(good, true)));
    expect(bytesAt(image, 0, 8)).toMatchObject({ absence: 'corrupt' });
    expect(bytesAt(image, CHUNK, 8)).toEqual(good.subarray(0, 8));
  });

  it('has lost what follows a chunk that no reader may skip', () => {
    const image = opened(block(dataChunk(good, true), skippable(5, 0x42), dataChunk(bad, true)));
    expect(bytesAt(image, 0, 8)).toEqual(good.subarray(0, 8));
    expect(bytesAt(image, CHUNK, 8)).toMatchObject({ absence: 'truncated' });
    expect(image.warnings).toEqual([expect.stringContaining('type 0x42')]);
    expect(image.memory.cutShort).toBe(true);
  });

  it('is unsupported if that is its first one', () => {
    expect(failureOf(() => opened(block(skippable(5, 0x02)))).kind).toBe('unsupported');
  });

  it.each([
    [
      'claims more than a chunk can have',
      packed(16, [
        [0, 4, 0x00 | (12 << 8)],
        [8, 4, 0x05_80_81],
      ]),
    ],
    ['has no data', packed(8, [[0, 4, 0x01 | (4 << 8)]])],
    ['has no checksum', packed(6, [[0, 4, 0x01 | (2 << 8)]])],
    ['is no stream identifier', concat(packed(4, [[0, 4, 0xff | (6 << 8)]]), Buffer.from('SnApPy'))],
  ])('has lost what follows a chunk that %s', (_, chunk) => {
    const image = opened(block(dataChunk(good, true), chunk, dataChunk(bad, true)));
    expect(bytesAt(image, CHUNK, 8)).toMatchObject({ absence: 'truncated' });
    expect(image.warnings).toHaveLength(1);
  });

  it('has lost the end of a block whose stream is too short, and goes on after it', () => {
    const image = opened(block(dataChunk(good, true)), LAST_BLOCK);
    expect(areAt(image, 0, good)).toBe(true);
    expect(bytesAt(image, CHUNK, 8)).toMatchObject({ absence: 'truncated', address: CHUNK });
    expect(areAt(image, LAST_AT, LAST)).toBe(true);
    expect(image.warnings).toEqual([expect.stringContaining(`${CHUNK} of its ${2 * CHUNK} bytes`)]);
  });

  it('is corrupt if a stream has more than its block', () => {
    const chunks = [dataChunk(good, true), dataChunk(good, true)];
    expect(failureOf(() => opened(avmlBlock(0, CHUNK + 1, chunks))).kind).toBe('corrupt');
  });

  it('says so if only the length of a stream is wrong', () => {
    const stream = concat(dataChunk(good, true));
    const image = opened(avmlHeader(0, CHUNK - 1), stream, length(7), LAST_BLOCK);
    expect(bytesAt(image, LAST_AT, 8)).toEqual(LAST.subarray(0, 8));
    expect(image.warnings).toEqual([expect.stringContaining('but 7 as its length')]);
  });

  it('is corrupt if something else follows a block, or a block lies where no memory is', () => {
    expect(failureOf(() => opened(LOW_BLOCK, LOW)).kind).toBe('corrupt');
    for (const [start, last] of [
      [0x2000, 0x1000],
      [0, 1n << 52n],
      [0, (1n << 64n) - 1n],
    ] as const)
      expect(failureOf(() => opened(avmlHeader(start, last), length(0))).kind).toBe('corrupt');
  });

  it('is unsupported in another version, which AVML can convert', () => {
    const failure = failureOf(() => opened(avmlHeader(0, 0xfff, 3)));
    expect(failure).toMatchObject({
      kind: 'unsupported',
      facts: { hint: expect.stringContaining('avml convert') },
    });
  });
});
