import { describe, expect, it } from 'vitest';
import type { MemoryImage, Segment } from '../../src/formats/image/image.ts';
import { type SegmentsReport, segmentsReport } from '../../src/report/segments-report.ts';
import { segmentsView } from '../../src/report/views/segments-view.ts';
import { violations } from '../support/schema.ts';
import { textOf as shown } from '../support/text-of.ts';

const GIB = 1 << 30;

function segment(physical: number | null, size: number, changes: Partial<Segment> = {}): Segment {
  const sizes = { memorySize: BigInt(size), fileSize: BigInt(size), offset: 0x1000n, missing: 0n };
  return { type: 'PT_LOAD', virtual: null, physical, ...sizes, ...changes };
}

interface Memory {
  readonly described?: readonly (readonly [number, number])[];
  readonly truncated?: number;
  readonly cutShort?: boolean;
  readonly shrunk?: boolean;
  readonly unlistedSegments?: number;
}

/** Returns the report on a file with these segments, which have no regions. */
function reportOf(
  segments: readonly Segment[],
  { described = [], truncated = 0, cutShort = false, shrunk = false, unlistedSegments }: Memory = {},
) {
  const memory = {
    amounts: { described: 4096, stored: 4096, truncated },
    ...{
      cutShort,
      shrunk,
      encoded: false,
      survey: () => {},
      read: () => undefined,
      readPadded: () => undefined,
    },
    described: () => described.map(([start, end]) => ({ start, end })),
  };
  const image: MemoryImage = {
    ...{ format: 'ELF64 vmcore', path: 'core', bytes: 8192, live: false, memory, segments, notes: [] },
    ...{ vmcoreinfo: null, warnings: ['odd'], registers: [], statistics: { reads: 0, bytes: 0 } },
    ...(unlistedSegments === undefined ? {} : { unlistedSegments }),
    ...{ makedumpfile: { originalPages: 0, looked: () => [] }, close: () => {} },
  };
  const made = segmentsReport(image, () => null);
  const lists = { segments: [...made.segments], overlaps: [...made.overlaps], holes: [...made.holes] };
  const report = { ...made, ...lists };
  expect(violations('segments', report)).toEqual([]);
  return report;
}

const textOf = (report: SegmentsReport) => shown(segmentsView(report));
/** Returns the line of a segment with its columns one blank apart. */
const lineOf = async (one: Segment) =>
  (await textOf(reportOf([one]))).split('\n')[1]?.replace(/ +/g, ' ').trim();

describe('the document on segments', () => {
  it('has sizes past 2^53 as text', () => {
    const memorySize = (1n << 64n) - 4096n;
    const [row] = reportOf([segment(null, 0, { virtual: 0n, memorySize })]).segments;
    expect(row).toMatchObject({ memorySize: '18446744073709547520', fileSize: 0, physical: null });
    const largest = reportOf([segment(null, 0, { memorySize: (1n << 53n) - 1n })]).segments[0];
    expect(largest?.memorySize).toBe(9007199254740991);
  });

  it('has the holes before and between segments, and none after them', () => {
    const described = [
      [0x1000, 0x2000],
      [0x5000, 0x6000],
      [0x6000, 0x7000],
    ] as const;
    expect(reportOf([], { described }).holes).toEqual([
      { start: '0x0', end: '0x1000', bytes: 0x1000 },
      { start: '0x2000', end: '0x5000', bytes: 0x3000 },
    ]);
    expect(reportOf([], { described: [[0, 0x1000]] }).holes).toEqual([]);
  });

  it('limits its lists, and says how many it leaves out', async () => {
    const described = Array.from({ length: 100_005 }, (_, i) => [8192 * i + 4096, 8192 * i + 8192] as const);
    const report = reportOf([], { described, unlistedSegments: 17 });
    expect(report.holes).toHaveLength(100_000);
    expect(report).toMatchObject({ omitted: { segments: 17, holes: 5 }, complete: false });
    expect(report.warnings.at(-1)).toContain('17 segments and 5 holes');
    expect(await textOf(report)).toContain('and 99985 more');
    const whole = reportOf([], { described: described.slice(0, 100_000) });
    expect(whole).toMatchObject({ complete: true, warnings: ['odd'] });
    expect(whole).not.toHaveProperty('omitted');
  });

  it('leaves none out if memory begins at 0, or if there is none', () => {
    const described = Array.from({ length: 100_001 }, (_, i) => [8192 * i, 8192 * i + 4096] as const);
    expect(reportOf([], { described })).not.toHaveProperty('omitted');
    expect(reportOf([])).not.toHaveProperty('omitted');
  });

  it('has the memory that two segments share', () => {
    const segments = [
      segment(0x4000, 0x1000),
      segment(0, 0x8000),
      segment(0x7000, 0x2000),
      segment(null, 0x8000),
      segment(0x9000, 0x1000),
    ];
    expect(reportOf(segments).overlaps).toEqual([
      { start: '0x4000', end: '0x5000', bytes: 0x1000, segments: [0, 1] },
      { start: '0x7000', end: '0x8000', bytes: 0x1000, segments: [1, 2] },
    ]);
  });

  it('distinguishes a truncated file from one that lost its end meanwhile', () => {
    expect(reportOf([])).toMatchObject({ complete: true, warnings: ['odd'] });
    expect(reportOf([], { truncated: 3 * GIB, cutShort: true })).toMatchObject({
      ...{ complete: false },
      warnings: ['odd', 'the file is truncated: 3 GiB of memory are missing at its end'],
    });
    expect(reportOf([], { cutShort: true, shrunk: true })).toMatchObject({
      ...{ complete: false, warnings: ['odd', 'the file was truncated after it was opened'] },
    });
    // A part of a split dump is missing, or the writer marked the dump as incomplete: the image says so.
    expect(reportOf([], { cutShort: true })).toMatchObject({ complete: false, warnings: ['odd'] });
  });
});

describe('the list of segments for people', () => {
  it.each<[string, Segment, string]>([
    ['all', segment(0, 8192), 'all'],
    ['a part', segment(0, 8192, { fileSize: 4096n }), '4 KiB'],
    ['nothing', segment(0, 8192, { fileSize: 0n }), '0 B'],
    ['less than it should', segment(0, 8192, { missing: 4096n }), '4 KiB cut'],
  ])('says how much is stored: %s', async (_, one, stored) => {
    expect(await lineOf(one)).toBe(`0 0x0 8 KiB ${stored} 0x1000`);
  });

  it('has a dash for a missing address, and no column of dashes', async () => {
    const kcore = segment(null, 8192, { virtual: 0xffff_c900_0000_0000n });
    expect(await lineOf(kcore)).toBe('0 0xffffc90000000000 8 KiB all 0x1000');
    const both = await textOf(reportOf([kcore, segment(0, 8192)]));
    expect(both.replace(/ +/g, ' ')).toMatch(
      /^# VIRTUAL PHYSICAL SIZE STORED OFFSET\n0 0xffffc90000000000 - 8 KiB all 0x1000\n1 - 0x0 8 KiB all /,
    );
  });

  it('ends in sums, and leaves out empty lists', async () => {
    expect(await textOf(reportOf([segment(0, 4096)]))).toMatch(
      /\n\n1 segment: 4 KiB of physical memory, 4 KiB stored\n$/,
    );
    const described = [[0x1000, 0x2000]] as const;
    expect(await textOf(reportOf([segment(0, 8192), segment(4096, 8192)], { described }))).toMatch(
      /\n2 segments: .*\nIn two segments:\n {2}0x1000 - 0x2000 {2}4 KiB, in #0 and #1\nHoles:\n {2}0x0 - 0x1000 {2}4 KiB\n$/,
    );
  });

  it('lists twenty holes and counts the others', async () => {
    const described = Array.from({ length: 22 }, (_, i) => [8192 * i + 4096, 8192 * i + 8192] as const);
    const lines = (await textOf(reportOf([], { described }))).split('Holes:\n')[1]?.split('\n') ?? [];
    expect(lines.slice(0, -1)).toHaveLength(21);
    expect(lines.at(-2)).toBe('  and 2 more');
    const listed = await textOf(reportOf([], { described: described.slice(0, 20) }));
    expect(listed).not.toContain('more');
  });
});
