import { describe, expect, it } from 'vitest';
import { HOLDINGS } from '../../../src/formats/image/image.ts';
import { openSources } from '../../../src/formats/open.ts';
import { elfSource } from '../../builders/elf.ts';
import { pattern } from '../../builders/encode.ts';
import { failureOfAsync } from '../../builders/failure.ts';
import { descriptorsAt, type KdumpRecipe, kdumpSource, PAGE, type PageRecipe } from '../../builders/kdump.ts';
import type { MemorySource } from '../../builders/memory-source.ts';

const pageOf = (pfn: number) => pattern(PAGE, pfn);
const PAGES = new Map<number, PageRecipe>([
  [1, { page: pageOf(1), codec: 'zlib' }],
  [2, 'zero'],
  [3, 'excluded'],
  [5, { page: pageOf(5), codec: 'lzo' }],
  [6, 'zero'],
  [8, 'excluded'],
  [9, { page: pageOf(9) }],
]);

const part = (start: number, end: number, rest: Partial<KdumpRecipe> = {}): MemorySource =>
  kdumpSource({ pages: PAGES, split: { start, end }, ...rest }, { path: `part-${start}-${end}` });

describe('the parts of a split dump', () => {
  it.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 2, 0]]])(
    'are one memory, given in any order: %j',
    async (order) => {
      const parts = [part(0, 4), part(4, 6), part(6, 10)];
      const image = await openSources(order.map((n) => parts[n] as MemorySource));
      const whole = await openSources([kdumpSource({ pages: PAGES })]);
      for (let pfn = 0; pfn < 10; pfn++) {
        const [a, b] = [new Uint8Array(PAGE), new Uint8Array(PAGE)];
        expect(image.memory.read(pfn * PAGE, a)).toEqual(whole.memory.read(pfn * PAGE, b));
        expect(a).toEqual(b);
      }
      const [a, b] = [new Uint8Array(12), new Uint8Array(12)];
      image.memory.surveyContents?.(0, a);
      whole.memory.surveyContents?.(0, b);
      expect([...a].map((code) => HOLDINGS[code])).toEqual([...b].map((code) => HOLDINGS[code]));
      expect(image.memory.amounts).toEqual(whole.memory.amounts);
      expect([image.memory.cutShort, image.warnings]).toEqual([false, []]);
      image.close();
      expect(parts.every((source) => source.closed)).toBe(true);
    },
  );

  it('may be empty, as makedumpfile writes them for a small machine', async () => {
    const image = await openSources([part(0, 10), part(10, 10), part(10, 10)]);
    expect([image.memory.cutShort, image.warnings]).toEqual([false, []]);
  });

  it('may end with the last bit of the bitmaps if it has no page', async () => {
    const recipe = { pages: PAGES, split: { start: 10, end: 10 } };
    // The bitmap of 10 pages has 2 bytes in a block of 4096.
    const end = descriptorsAt(recipe) - PAGE + 2;
    const image = await openSources([part(0, 10), kdumpSource(recipe, { cutAt: end })]);
    expect([image.memory.cutShort, image.warnings]).toEqual([false, []]);
    const alone = await openSources([kdumpSource(recipe, { cutAt: end })]);
    expect(alone.warnings).toEqual([expect.stringContaining('pfn 0 to 9, of which 5 pages were written')]);
    expect([alone.memory.shrunk, [...alone.segments].map(({ missing }) => missing)]).toEqual([
      false,
      [0n, 0n, 0n],
    ]);
    const cutShort = [
      kdumpSource(recipe, { cutAt: end - 1 }),
      kdumpSource({ ...recipe, split: { start: 6, end: 10 } }, { cutAt: end }),
    ];
    for (const source of cutShort) expect((await failureOfAsync(openSources([source]))).kind).toBe('corrupt');
  });

  it('may not all be given: the pages of a missing part do not count as left out, and the part is named', async () => {
    const image = await openSources([part(6, 10), part(0, 4)]);
    const codes = new Uint8Array(11);
    image.memory.survey(0, codes);
    expect([...codes].map((code) => HOLDINGS[code])).toEqual([
      'hole',
      'stored',
      'zero',
      'notStored',
      'hole',
      'otherPart',
      'stored',
      'hole',
      'notStored',
      'stored',
      'hole',
    ]);
    expect(image.memory.read(5 * PAGE + 8, new Uint8Array(8))).toEqual({
      absence: 'otherPart',
      address: 5 * PAGE + 8,
    });
    expect(image.memory.cutShort).toBe(true);
    expect(image.memory.amounts.truncated).toBe(0);
    expect(image.warnings).toEqual([
      expect.stringMatching(/part .* is missing: no given file has pfn 4 to 5, of which 1 pages/),
    ]);
  });

  it('may be opened alone, and the pages of the others are named', async () => {
    const image = await openSources([part(4, 6)]);
    expect(image.warnings).toEqual([
      expect.stringContaining('pfn 0 to 3, of which 2 pages'),
      expect.stringContaining('pfn 6 to 9, of which 2 pages'),
    ]);
    const page = new Uint8Array(PAGE);
    expect(image.memory.read(5 * PAGE, page)).toBeUndefined();
    expect(page).toEqual(pageOf(5));
  });
});

describe('files that are not parts of one dump', () => {
  it.each<[string, () => MemorySource[], RegExp]>([
    [
      'the same part twice',
      () => [part(0, 4), part(4, 10), part(0, 4)],
      /part-0-4 and part-0-4 hold the same pages, pfn 0 to 3/,
    ],
    [
      'parts that share pages',
      () => [part(4, 10), part(0, 6)],
      /part-0-6 and part-4-10 hold the same pages, pfn 4 to 5/,
    ],
    [
      'a part inside another',
      () => [part(0, 10), part(4, 6)],
      /part-0-10 and part-4-6 hold the same pages, pfn 4 to 5/,
    ],
    [
      'parts of another system',
      () => [part(0, 4), part(4, 10, { uts: { nodename: 'other' } })],
      /different dumps: their systems or times differ/,
    ],
    [
      'parts of another time',
      () => [part(0, 4), part(4, 10, { timestamp: 5 })],
      /different dumps: their systems or times differ/,
    ],
    [
      'parts of another size',
      () => [part(0, 4), part(4, 10, { maxMapnr: 12 })],
      /max_mapnr is 10 in one, 12 in the other/,
    ],
    [
      'parts of another filter',
      () => [part(0, 4), part(4, 10, { dumpLevel: 1 })],
      /-d 31, the other with -d 1/,
    ],
    [
      'parts with other pages',
      () => [part(0, 4), part(4, 10, { pages: new Map([...PAGES, [8, 'zero']]) })],
      /one has 5 pages, the other 6/,
    ],
    [
      'a whole dump',
      () => [part(0, 4), kdumpSource({ pages: PAGES }, { path: 'whole' })],
      /whole is a whole dump/,
    ],
    [
      'two whole dumps',
      () => [kdumpSource({ pages: PAGES }, { path: 'a' }), kdumpSource({ pages: PAGES }, { path: 'b' })],
      /a is a whole dump/,
    ],
    [
      'a file of another format',
      () => [part(0, 4), elfSource({ segments: [{ data: pageOf(1) }] }, { path: 'elf' })],
      /elf: not a part of a split dump/,
    ],
    [
      'two files of another format',
      () => [elfSource({ segments: [{ data: pageOf(1) }] }), elfSource({ segments: [{ data: pageOf(1) }] })],
      /2 files were given/,
    ],
  ])('are refused with a reason: %s', async (_, sources, message) => {
    const failure = await failureOfAsync(openSources(sources()));
    expect(failure.kind).toBe('usage');
    expect(failure.message).toMatch(message);
  });
});
