import { describe, expect, it } from 'vitest';
import { HOLDINGS } from '../../../src/formats/image/image.ts';
import { elfSource, NO_PADDR, type SegmentRecipe } from '../../builders/elf.ts';
import { pattern } from '../../builders/encode.ts';
import type { SourceOptions } from '../../builders/memory-source.ts';
import { openSource } from '../../builders/open-source.ts';

const opened = (segments: readonly SegmentRecipe[], options: SourceOptions = {}) =>
  openSource(elfSource({ segments }, options));

/** `length` bytes of physical memory, or what is missing. */
function bytesAt(image: ReturnType<typeof opened>, address: number, length: number) {
  const into = new Uint8Array(length);
  return image.memory.read(address, into) ?? [...into];
}

describe('an ELF64 vmcore', () => {
  it('says what it is, how large it is, and that it does not change', () => {
    const image = opened([{ paddr: 0x1000, data: pattern(0x1000, 1) }], { path: 'some/vmcore' });
    expect(image).toMatchObject({ format: 'ELF64 vmcore', path: 'some/vmcore', bytes: 0x2000, live: false });
    expect(image.warnings).toEqual([]);
  });

  it('lists its LOADs in file order, with their own values', () => {
    const data = pattern(0x1000, 1);
    const image = opened([
      { vaddr: 0xffffffff81000000n, paddr: 0x100_0000, data, offset: 0x3000 },
      { type: 6, data },
      { vaddr: 0xffff888000001000n, paddr: 0x1000, data, memsz: 0x5000, offset: 0x5000 },
    ]);
    const load = { type: 'LOAD', fileSize: 0x1000n, missing: 0n };
    expect([...image.segments]).toEqual([
      { ...load, virtual: 0xffffffff81000000n, physical: 0x100_0000, memorySize: 0x1000n, offset: 0x3000n },
      { ...load, virtual: 0xffff888000001000n, physical: 0x1000, memorySize: 0x5000n, offset: 0x5000n },
    ]);
  });

  it('holds memory at offsets that are not page-aligned, as QEMU writes them', () => {
    const data = pattern(0x2000, 7);
    const image = opened([{ paddr: 0, data, offset: 0x508 }]);
    expect(bytesAt(image, 0x1003, 5)).toEqual([...data.subarray(0x1003, 0x1008)]);
  });

  it('closes the file that it was opened from, and counts its reads', () => {
    const source = elfSource({ segments: [{ paddr: 0, data: pattern(64, 1) }] });
    const image = openSource(source);
    const before = image.statistics.bytes;
    bytesAt(image, 0, 64);
    expect(image.statistics.bytes - before).toBe(64);
    image.close();
    expect(source.closed).toBe(true);
  });
});

describe('memory that a filter left out', () => {
  const data = pattern(0x1000, 2);
  const image = opened([{ paddr: 0x1000, data, memsz: 0x3000 }]);

  it('is notStored, not zero: p_filesz is less than p_memsz', () => {
    expect(bytesAt(image, 0x1800, 0x800)).toEqual([...data.subarray(0x800)]);
    expect(bytesAt(image, 0x1800, 0x801)).toEqual({ absence: 'notStored', address: 0x2000 });
    expect(bytesAt(image, 0x3fff, 1)).toEqual({ absence: 'notStored', address: 0x3fff });
  });

  it('is described but not stored', () => {
    expect([...image.memory.described()]).toEqual([{ start: 0x1000, end: 0x4000 }]);
    expect(image.memory.amounts).toEqual({ described: 0x3000, stored: 0x1000, truncated: 0 });
    expect(image.memory.cutShort).toBe(false);
  });

  it('is read from another segment that stores it', () => {
    const both = opened([
      { paddr: 0x1000, memsz: 0x1000 },
      { paddr: 0x1000, data },
    ]);
    expect(bytesAt(both, 0x1000, 0x1000)).toEqual([...data]);
  });

  it('may be all of a segment', () => {
    const none = opened([{ paddr: 0x4000, memsz: 0x2000 }]);
    expect(bytesAt(none, 0x4000, 1)).toEqual({ absence: 'notStored', address: 0x4000 });
    expect(bytesAt(none, 0x6000, 1)).toEqual({ absence: 'hole', address: 0x6000 });
  });
});

describe('a truncated file', () => {
  const data = pattern(0x3000, 4);
  const segments = [
    { paddr: 0x1000, data, offset: 0x1000 },
    { paddr: 0x8000, data, offset: 0x4000 },
    { paddr: 0x10000, data, offset: 0x7000 },
  ];
  const image = opened(segments, { cutAt: 0x5800 });

  it('states for each segment how much is missing', () => {
    expect([...image.segments].map(({ missing }) => missing)).toEqual([0n, 0x1800n, 0x3000n]);
  });

  it('has the memory before its end; the rest is truncated, including the page that it ends in', () => {
    expect(bytesAt(image, 0x97f0, 16)).toEqual([...data.subarray(0x17f0, 0x1800)]);
    expect(bytesAt(image, 0x9000, 0x1000)).toEqual({ absence: 'truncated', address: 0x9800 });
    expect(image.memory.cutShort).toBe(true);
    expect(image.memory.amounts.truncated).toBe(0xb000 - 0x9800 + 0x3000);
    const holdings = new Uint8Array(6);
    image.memory.survey(8, holdings);
    expect([...holdings].map((code) => HOLDINGS[code])).toEqual([
      'stored',
      'truncated',
      'truncated',
      'hole',
      'hole',
      'hole',
    ]);
  });

  it('never lacks more of a segment than the segment has', () => {
    const far = opened([{ paddr: 0, filesz: 0x2000, offset: (1n << 64n) - 0x1000n }], { cutAt: 0x1000 });
    expect([...far.segments][0]?.missing).toBe(0x2000n);
    expect(bytesAt(far, 0, 1)).toEqual({ absence: 'truncated', address: 0 });
  });
});

describe('segments that overlap', () => {
  const image = (first: number, second: number) =>
    opened([
      { paddr: first, data: new Uint8Array(0x2000).fill(1) },
      { paddr: second, data: new Uint8Array(0x2000).fill(2) },
    ]);

  it('are read from the first in file order, whichever starts first', () => {
    expect(bytesAt(image(0x1000, 0x2000), 0x2fff, 2)).toEqual([1, 2]);
    expect(bytesAt(image(0x2000, 0x1000), 0x1fff, 2)).toEqual([2, 1]);
  });

  it('are described once and counted twice, as makedumpfile counts them', () => {
    expect([...image(0x1000, 0x2000).memory.described()]).toEqual([{ start: 0x1000, end: 0x4000 }]);
    expect(image(0x1000, 0x2000).makedumpfile.originalPages).toBe(4);
  });
});

describe('a segment that starts or ends inside a page', () => {
  it('counts that page, and its memory is padded with zeros', () => {
    const data = pattern(0x9ec00, 5);
    const image = opened([{ paddr: 0x1000, data }]);
    expect(image.makedumpfile.originalPages).toBe(0x9f);
    const page = new Uint8Array(0x1000).fill(0xee);
    expect(image.memory.readPadded(0x9f000, page)).toBeUndefined();
    expect([...page.subarray(0, 0xc00)]).toEqual([...data.subarray(0x9e000)]);
    expect(page.subarray(0xc00).every((byte) => byte === 0)).toBe(true);
    expect(bytesAt(image, 0x9fbff, 2)).toEqual({ absence: 'hole', address: 0x9fc00 });
  });
});

describe('a segment that has more bytes in the file than in memory', () => {
  it('has as much memory as it has bytes', () => {
    const data = pattern(0x2000, 8);
    const image = opened([{ paddr: 0x1000, data, memsz: 0x1000 }]);
    expect([...image.segments][0]).toMatchObject({ memorySize: 0x2000n, fileSize: 0x2000n });
    expect(bytesAt(image, 0x2ff8, 8)).toEqual([...data.subarray(0x1ff8)]);
    expect(image.makedumpfile.originalPages).toBe(2);
  });
});

describe('a segment without a physical address', () => {
  const data = pattern(0x1000, 6);

  it('is listed with a warning, and is not memory', () => {
    const image = opened([
      { vaddr: 0xffffc90000000000n, paddr: NO_PADDR, data },
      { paddr: 0x1000, data },
    ]);
    expect([...image.segments].map(({ physical }) => physical)).toEqual([null, 0x1000]);
    expect([...image.memory.described()]).toEqual([{ start: 0x1000, end: 0x2000 }]);
    expect(image.makedumpfile.originalPages).toBe(1);
    expect(image.warnings).toHaveLength(1);
    expect(image.warnings[0]).toMatch(/^1 of 2 segments/);
  });

  it('is also one that ends past the physical address space', () => {
    const image = opened([
      { paddr: (1n << 52n) - 0x1000n, data },
      { paddr: (1n << 52n) - 0x1000n, data, memsz: 0x1001 },
      { paddr: 0, data, memsz: (1n << 64n) - 1n },
    ]);
    expect([...image.segments].map(({ physical }) => physical)).toEqual([2 ** 52 - 0x1000, null, null]);
  });
});
