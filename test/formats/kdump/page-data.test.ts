import { describe, expect, it } from 'vitest';
import type { Codec } from '../../../src/formats/kdump/codecs.ts';
import { Descriptors } from '../../../src/formats/kdump/descriptors.ts';
import { PageData } from '../../../src/formats/kdump/page-data.ts';
import { packed, pattern } from '../../builders/encode.ts';
import { MemorySource, type SourceOptions } from '../../builders/memory-source.ts';

const PAGE = 4096;
/** Where the descriptors start, and the data of the first page: too far away for one read to return both. */
const DESCRIPTORS = 0x100;
const DATA = 0x2_0000;

interface Stored {
  readonly flags: number;
  readonly bytes: Uint8Array;
  /** What the descriptor says, if it is not the truth. */
  readonly size?: number;
}

/** Codecs that fill a page with the first byte that they get, and count how often they are called. */
class CountingCodecs {
  asked = 0;
  readonly #codec: Codec = {
    name: 'first byte',
    decode: (encoded, page) => {
      this.asked++;
      page.fill(encoded[0] ?? 0);
      return encoded.length === 1 ? 'it is too short' : undefined;
    },
    provesNonZero: (encoded) => encoded[0] === 0xff,
  };
  readonly all = new Map([
    [0, { name: 'none', decode: (bytes: Uint8Array, page: Uint8Array) => void page.set(bytes) } as Codec],
    [1, this.#codec],
    [2, this.#codec],
  ]);
}

/** Pages of a file, one after the other. */
function pagesOf(stored: readonly Stored[], options: SourceOptions = {}) {
  let at = DATA;
  const chunks = stored.flatMap(({ flags, bytes, size = bytes.length }, i) => {
    const descriptor = packed(24, [
      [0, 8, at],
      [8, 4, size],
      [12, 4, flags],
    ]);
    const chunk = { at: BigInt(at), bytes };
    at += bytes.length;
    return [{ at: BigInt(DESCRIPTORS + 24 * i), bytes: descriptor }, chunk];
  });
  const source = new MemorySource(chunks, options);
  const descriptors = new Descriptors(source, DESCRIPTORS);
  const codecs = new CountingCodecs();
  const data = new PageData(source, codecs.all);
  const locate = (index: number) => {
    descriptors.locate(index);
    return descriptors;
  };
  return {
    asked: () => codecs.asked,
    proven: (index: number) => data.proven(locate(index)),
    isZero: (index: number) => data.isZero(locate(index)),
    read: (index: number) => {
      const page = new Uint8Array(PAGE).fill(0xee);
      return { problem: data.read(locate(index), page), page };
    },
  };
}

const zero = (flags: number, ...bytes: number[]): Stored => ({ flags, bytes: Uint8Array.of(0, ...bytes) });
const ZERO = new Uint8Array(PAGE);

describe('a page of zeros', () => {
  it('is decoded once, however often it is stored', () => {
    const pages = pagesOf([zero(1, 5), zero(1, 5), zero(1, 5)]);
    for (const index of [0, 1, 2]) expect(pages.read(index)).toEqual({ problem: undefined, page: ZERO });
    expect(pages.asked()).toBe(1);
    expect(pages.proven(2)).toBe('zero');
  });

  it('is not recognised by other bytes, other lengths or another codec', () => {
    const others = [zero(1, 6), zero(1, 5, 0), zero(2, 5)];
    const pages = pagesOf([zero(1, 5), ...others]);
    pages.read(0);
    for (const [i] of others.entries()) expect(pages.proven(i + 1)).toBeUndefined();
    for (const [i] of others.entries()) expect(pages.isZero(i + 1)).toBe(true);
    expect(pages.asked()).toBe(4);
  });

  it('is forgotten after eight more forms of it were found, and decoded again', () => {
    const pages = pagesOf(Array.from({ length: 9 }, (_, i) => zero(1, i)));
    for (let i = 0; i < 8; i++) pages.read(i);
    pages.read(0);
    expect(pages.asked()).toBe(8);
    pages.read(8);
    expect(pages.read(0).page).toEqual(ZERO);
    expect(pages.asked()).toBe(10);
  });

  it('is recognised without a codec if it is not encoded', () => {
    const ends = ZERO.slice();
    ends[2000] = 1;
    const pages = pagesOf([ZERO, ends, pattern(PAGE, 1)].map((bytes) => ({ flags: 0, bytes })));
    expect([0, 1, 2].map((i) => pages.proven(i))).toEqual(['zero', 'nonZero', 'nonZero']);
    expect([0, 1, 2].map((i) => pages.isZero(i))).toEqual([true, false, false]);
  });
});

describe('a page that is not zero', () => {
  it('may be proven to be so by its codec, without being decoded', () => {
    const pages = pagesOf([{ flags: 1, bytes: Uint8Array.of(0xff, 1) }]);
    expect([pages.proven(0), pages.asked()]).toEqual(['nonZero', 0]);
  });
});

describe('a page that cannot be read', () => {
  it.each<[string, Stored, SourceOptions, object]>([
    [
      'is damaged',
      { flags: 1, bytes: Uint8Array.of(7) },
      {},
      { absence: 'corrupt', detail: 'page data at offset 0x20000, 1 bytes of first byte: it is too short' },
    ],
    [
      'has a codec that does not exist',
      zero(0x40, 1),
      {},
      { absence: 'corrupt', detail: 'page data at offset 0x20000: no codec has flags 0x40' },
    ],
    [
      'is larger than any encoder makes it',
      { ...zero(1, 1), size: 8193 },
      {},
      { absence: 'corrupt', detail: 'page data at offset 0x20000: 8193 bytes are too many for a page' },
    ],
    ['lies past the end', zero(1, 1, 2, 3), { cutAt: DATA + 2 }, { absence: 'truncated' }],
    [
      'lies on a bad sector',
      zero(1, 1),
      { failing: { start: DATA, end: DATA + 1 } },
      { absence: 'unreadable', detail: 'built: EIO: i/o error, read' },
    ],
  ])('says so if it %s, proves nothing and is not zero', (_, page, options, problem) => {
    const pages = pagesOf([page], options);
    expect(pages.proven(0)).toBeUndefined();
    expect(pages.read(0).problem).toEqual(problem);
    expect(pages.isZero(0)).toBe(false);
  });

  it('does not hide a bug in the program', () => {
    const source = new MemorySource([]);
    source.read = () => {
      throw new TypeError('wrong');
    };
    const data = new PageData(source, new CountingCodecs().all);
    const at = Object.assign(new Descriptors(new MemorySource([]), 0), { offset: DATA, size: 2, flags: 1 });
    expect(() => data.read(at, ZERO.slice())).toThrow(TypeError);
  });
});
