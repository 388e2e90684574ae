import { describe, expect, it } from 'vitest';
import { HOLDINGS, type MemoryImage } from '../../../src/formats/image/image.ts';
import { openSources } from '../../../src/formats/open.ts';
import { concat, pattern } from '../../builders/encode.ts';
import {
  CODECS,
  type CodecName,
  descriptorsAt,
  type KdumpRecipe,
  kdumpBytes,
  kdumpSource,
  PAGE,
  type PageRecipe,
} from '../../builders/kdump.ts';
import type { SourceOptions } from '../../builders/memory-source.ts';
import { note, vmcoreinfo } from '../../builders/notes.ts';

const NAMES: readonly CodecName[] = ['none', 'zlib', 'lzo', 'snappy', 'zstd'];
/** Some bytes, then zeros: every encoder makes it smaller. */
const pageOf = (seed: number) => concat(pattern(700, seed), new Uint8Array(PAGE - 700));

type Pages = readonly (readonly [number, PageRecipe])[];
const open = (pages: Pages, rest: Partial<KdumpRecipe> = {}, options: SourceOptions = {}) =>
  openSources([kdumpSource({ pages: new Map(pages), ...rest }, options)]);

function countOf(all: Iterable<unknown>): number {
  let count = 0;
  for (const _ of all) count++;
  return count;
}

function surveyed({ memory }: MemoryImage, pfn: number, count: number, contents = false): string[] {
  const holdings = new Uint8Array(count);
  if (contents) memory.surveyContents?.(pfn, holdings);
  else memory.survey(pfn, holdings);
  return [...holdings].map((code) => HOLDINGS[code] as string);
}

function read({ memory }: MemoryImage, address: number, length: number) {
  const into = new Uint8Array(length);
  return memory.read(address, into) ?? into;
}

describe('the pages of a file', () => {
  it('are each decoded by their own codec', async () => {
    const pages: Pages = NAMES.map((codec, n) => [n + 3, { page: pageOf(n), codec }]);
    const image = await open(pages);
    for (const [pfn] of pages) expect(read(image, pfn * PAGE, PAGE)).toEqual(pageOf(pfn - 3));
  });

  it('are read together, in part and across their borders', async () => {
    const image = await open(NAMES.map((codec, n) => [n, { page: pageOf(n), codec }]));
    const whole = concat(...NAMES.map((_, n) => pageOf(n)));
    for (const [start, end] of [
      [0, 5 * PAGE],
      [1, 5 * PAGE],
      [100, 101],
      [PAGE - 8, PAGE + 8],
      [2 * PAGE + 5, 4 * PAGE + 9],
    ] as const) {
      expect(read(image, start, end - start)).toEqual(whole.subarray(start, end));
    }
  });

  it('are distinguished: holes, pages left out, pages that share the page of zeros', async () => {
    const image = await open([
      [1, { page: pageOf(1), codec: 'zlib' }],
      [2, 'excluded'],
      [4, 'zero'],
      [5, 'zero'],
      [6, { page: pageOf(6) }],
      [7, 'zero'],
    ]);
    expect(surveyed(image, 0, 9)).toEqual([
      'hole',
      'stored',
      'notStored',
      'hole',
      'zero',
      'zero',
      'stored',
      'zero',
      'hole',
    ]);
    expect(surveyed(image, 4, 2)).toEqual(['zero', 'zero']);
    expect(read(image, 2 * PAGE + 16, 8)).toEqual({ absence: 'notStored', address: 2 * PAGE + 16 });
    expect(read(image, PAGE + 4090, 16)).toEqual({ absence: 'notStored', address: 2 * PAGE });
    expect(read(image, 3 * PAGE, 8)).toEqual({ absence: 'hole', address: 3 * PAGE });
    expect(read(image, 2 ** 52, 8)).toEqual({ absence: 'hole', address: 2 ** 52 });
    expect(image.memory.amounts).toEqual({ described: 6 * PAGE, stored: 5 * PAGE, truncated: 0 });
    expect(image.memory.cutShort).toBe(false);
    expect([...image.memory.described()]).toEqual([
      { start: PAGE, end: 3 * PAGE },
      { start: 4 * PAGE, end: 8 * PAGE },
    ]);
    expect([...image.memory.described(5000, 5 * PAGE)]).toEqual([
      { start: 5000, end: 3 * PAGE },
      { start: 4 * PAGE, end: 5 * PAGE },
    ]);
  });

  it('are not regarded as zero because many share one page', async () => {
    const shared = kdumpBytes({ pages: new Map([[0, { page: pageOf(5) }]]) });
    const offset = shared.length - PAGE + 4 * 24;
    const alike: PageRecipe = { offset, size: PAGE, flags: 0 };
    const image = await open([
      [0, { page: pageOf(5) }],
      [1, alike],
      [2, alike],
      [3, alike],
      [4, { page: pageOf(9) }],
    ]);
    expect(read(image, 2 * PAGE, PAGE)).toEqual(pageOf(5));
    expect(surveyed(image, 0, 5)).toEqual(['stored', 'stored', 'stored', 'stored', 'stored']);
    expect(surveyed(image, 0, 5, true)).toEqual(Array(5).fill('nonZero'));
  });

  it('are known to be zero or not if their encoded contents prove it', async () => {
    const zeros = new Uint8Array(PAGE);
    const late = new Uint8Array(PAGE).fill(1, PAGE - 1);
    const pages = (page: Uint8Array) => NAMES.map((codec, n) => [n, { page, codec }] as const);
    expect(surveyed(await open(pages(pageOf(1))), 0, 5, true)).toEqual(Array(5).fill('nonZero'));
    // zstd cannot shrink this one, so it is stored as it is.
    expect(surveyed(await open(pages(late)), 0, 5, true)).toEqual([
      'nonZero',
      'nonZero',
      'stored',
      'stored',
      'nonZero',
    ]);
    const image = await open(pages(zeros));
    expect(surveyed(image, 0, 5, true)).toEqual(['zero', 'stored', 'stored', 'stored', 'stored']);
    // Once decoded, an encoded page of zeros is recognised.
    expect(read(image, 0, 5 * PAGE)).toEqual(new Uint8Array(5 * PAGE));
    expect(surveyed(image, 0, 5, true)).toEqual(Array(5).fill('zero'));
  });

  it('are padded with zeros only where a filter left them out', async () => {
    const image = await open([
      [0, { page: pageOf(1) }],
      [1, 'excluded'],
      [2, { encoded: new Uint8Array(9), flags: 1 }],
    ]);
    const into = new Uint8Array(2 * PAGE).fill(0xee);
    expect(image.memory.readPadded(0, into)).toBeUndefined();
    expect(into).toEqual(concat(pageOf(1), new Uint8Array(PAGE)));
    expect(image.memory.readPadded(PAGE, into)).toMatchObject({ absence: 'corrupt', address: 2 * PAGE });
  });
});

describe('a page that is damaged', () => {
  it.each<[string, PageRecipe, RegExp]>([
    [
      'by its data',
      { encoded: CODECS.zlib.encode(pageOf(1)).map((b, i) => (i === 40 ? b ^ 0x55 : b)), flags: 1 },
      /bytes of zlib: ./,
    ],
    ['by its length', { encoded: pageOf(1).subarray(0, 700), flags: 0 }, /700 bytes, not 4096/],
    ['by a codec that does not exist', { encoded: pageOf(1), flags: 0x40 }, /flags 0x40/],
    ['by two codecs', { encoded: pageOf(1), flags: 3 }, /flags 0x3/],
    [
      'by a size that no page can have',
      { encoded: new Uint8Array(9000), flags: 1 },
      /9000 bytes are too many/,
    ],
    [
      'by data past the end of the file',
      { offset: 1 << 30, size: 100, flags: 1 },
      /outside the file, at offset 0x40000000/,
    ],
    ['by data at offset 0', { offset: 0, size: 100, flags: 1 }, /outside the file, at offset 0x0/],
  ])('is corrupt, with a reason: %s', async (_, damaged, why) => {
    // Enough whole pages follow it that the file is not regarded as cut.
    const rest: Pages = Array.from({ length: 5000 }, (_unused, n) => [n + 3, 'zero'] as const);
    const image = await open([[1, { page: pageOf(1) }], [2, damaged], ...rest, [6000, { page: pageOf(2) }]]);
    for (const [address, length] of [
      [2 * PAGE, PAGE],
      [2 * PAGE + 8, 16],
    ] as const) {
      expect(read(image, address, length)).toEqual({
        absence: 'corrupt',
        address,
        detail: expect.stringMatching(why),
      });
    }
    expect(surveyed(image, 2, 1)).toEqual(['stored']);
    expect(read(image, PAGE, PAGE)).toEqual(pageOf(1));
    expect(image.memory.cutShort).toBe(false);
  });

  it('is unreadable, not corrupt, if the system refuses the read', async () => {
    const pages = new Map<number, PageRecipe>(
      Array.from({ length: 200 }, (_, n) => [n, { page: pattern(PAGE, n) }]),
    );
    const start = descriptorsAt({ pages }) + 200 * 24 + 150 * PAGE + 7;
    const image = await openSources([kdumpSource({ pages }, { failing: { start, end: start + 1 } })]);
    expect(read(image, 150 * PAGE, PAGE)).toMatchObject({
      absence: 'unreadable',
      detail: expect.stringContaining('EIO'),
    });
    for (const pfn of [149, 151]) expect(read(image, pfn * PAGE, PAGE)).toEqual(pattern(PAGE, pfn));
  });
});

describe('a truncated file', () => {
  const pages: Pages = [
    [1, { page: pageOf(1), codec: 'zlib' }],
    [2, 'zero'],
    [3, { page: pageOf(3), codec: 'lzo' }],
    [4, 'excluded'],
    [5, 'zero'],
  ];
  const whole = kdumpBytes({ pages: new Map(pages) }).length;

  it('lacks the last page with data of its own if one byte is missing', async () => {
    const image = await open(pages, {}, { cutAt: whole - 1 });
    expect(image.memory.cutShort).toBe(true);
    expect(surveyed(image, 0, 6)).toEqual(['hole', 'stored', 'zero', 'truncated', 'notStored', 'zero']);
    expect(read(image, 3 * PAGE, PAGE)).toEqual({ absence: 'truncated', address: 3 * PAGE });
    expect(image.memory.amounts).toEqual({ described: 5 * PAGE, stored: 3 * PAGE, truncated: PAGE });
    expect([...image.segments].map(({ missing }) => missing)).toEqual([BigInt(PAGE)]);
  });

  it('has only the pages before the cut if it is cut inside its descriptors', async () => {
    const at = descriptorsAt({ pages: new Map(pages) });
    const image = await open(pages, {}, { cutAt: at + 30 });
    expect(surveyed(image, 1, 5)).toEqual(['truncated', 'truncated', 'truncated', 'notStored', 'truncated']);
    expect(image.memory.amounts.truncated).toBe(4 * PAGE);
  });

  it('is recognised, wherever it is cut after its bitmaps', async () => {
    const at = descriptorsAt({ pages: new Map(pages) });
    for (let cutAt = at; cutAt < whole; cutAt += 41) {
      expect([cutAt, (await open(pages, {}, { cutAt })).memory.cutShort]).toEqual([cutAt, true]);
    }
    expect((await open(pages)).memory.cutShort).toBe(false);
  });

  it('is recognised without reading all descriptors, unless the last of them share one page', async () => {
    const count = 40_000;
    const bytesRead = async (offset: (n: number) => number) => {
      const image = await open(
        Array.from({ length: count }, (_, n) => [n, { offset: offset(n), size: 1, flags: 1 }] as const),
      );
      expect(image.memory.cutShort).toBe(false);
      return image.statistics.bytes;
    };
    expect(await bytesRead((n) => 100_000 + n)).toBeLessThan(400_000);
    expect(await bytesRead(() => 100_000)).toBeGreaterThan(count * 24);
  });

  it('has pages that were never written, and says so, if its writer ran out of space', async () => {
    const image = await open(
      [
        [1, { page: pageOf(1) }],
        [2, 'unwritten'],
        [3, 'unwritten'],
      ],
      { status: 9 },
    );
    expect(surveyed(image, 1, 3)).toEqual(['stored', 'truncated', 'truncated']);
    expect(image.memory).toMatchObject({ cutShort: true, amounts: { truncated: 2 * PAGE } });
    expect(image.warnings.join()).toContain('incomplete');
  });
});

describe('the image of a file', () => {
  it('lists the runs of its memory as segments', async () => {
    const image = await open([
      [1, { page: pageOf(1) }],
      [2, 'excluded'],
      [8, 'zero'],
    ]);
    const at = descriptorsAt({ pages: new Map([[8, 'zero']]) });
    expect([...image.segments]).toEqual([
      {
        type: 'RAM',
        virtual: null,
        physical: PAGE,
        memorySize: BigInt(2 * PAGE),
        fileSize: BigInt(PAGE),
        offset: BigInt(at),
        missing: 0n,
      },
      {
        type: 'RAM',
        virtual: null,
        physical: 8 * PAGE,
        memorySize: BigInt(PAGE),
        fileSize: BigInt(PAGE),
        offset: BigInt(at + 24),
        missing: 0n,
      },
    ]);
    expect(image.makedumpfile.originalPages).toBe(3);
    expect([...image.makedumpfile.looked()]).toEqual([...image.memory.described()]);
  });

  it('lists a limited number of segments, however many its bitmap claims, and says how many there are', async () => {
    const count = 2 ** 17;
    const pages: Pages = Array.from({ length: count }, (_, n) => [2 * n, 'excluded'] as const);
    const image = await open(pages, { maxMapnr: 2 * count });
    expect(countOf(image.segments)).toBe(100_000);
    expect(image.unlistedSegments).toBe(count - 100_000);
    expect(image.warnings).toEqual([]);
    expect(image.memory.amounts.described).toBe(count * PAGE);
  });

  it('has its notes, and VMCOREINFO from them if the sub header gives no place', async () => {
    const text = 'OSRELEASE=6.1.0\n';
    const notes = concat(
      note('CORE', 1, new Uint8Array(336)),
      vmcoreinfo(text),
      note('QEMU', 0, new Uint8Array(440)),
    );
    const image = await open([[1, 'zero']], { notes, eraseinfo: 'erase a\n' });
    expect(image.notes.map(({ name, type, size }) => [name, type, size])).toEqual([
      ['CORE', 1, 336],
      ['VMCOREINFO', 0, text.length],
      ['QEMU', 0, 440],
      ['ERASEINFO', 0, 8],
    ]);
    expect(image.vmcoreinfo).toEqual({ text, source: expect.stringContaining('note at offset 0x') });
    expect((await open([[1, 'zero']], { notes, vmcoreinfo: text })).vmcoreinfo?.source).toContain(
      'offset_vmcoreinfo 0x',
    );
    expect((await open([[1, 'zero']])).vmcoreinfo).toBeNull();
  });

  it('closes its file', async () => {
    const source = kdumpSource({ pages: new Map([[1, 'zero']]) });
    (await openSources([source])).close();
    expect(source.closed).toBe(true);
  });
});
