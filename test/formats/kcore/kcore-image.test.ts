import { describe, expect, it } from 'vitest';
import { elfSource, kcoreOffset, NO_PADDR, type SegmentRecipe } from '../../builders/elf.ts';
import { pattern } from '../../builders/encode.ts';
import type { SourceOptions } from '../../builders/memory-source.ts';
import { note, noteSegment, prstatus, taskstruct, vmcoreinfo } from '../../builders/notes.ts';
import { openSource } from '../../builders/open-source.ts';

const NOTES = noteSegment([prstatus(), taskstruct(), vmcoreinfo('OSRELEASE=6.12.0\n')], { offset: 0x400 });
const VMALLOC = { vaddr: 0xffffc90000000000n, paddr: NO_PADDR, filesz: (1n << 45n) - 1n };
const RAM_BYTES = pattern(0x3000, 1);
const TEXT_BYTES = pattern(0x1000, 2);

/** A LOAD at the offset that /proc/kcore gives it. */
const load = (segment: SegmentRecipe, levels: 4 | 5 = 4): SegmentRecipe => ({
  ...segment,
  offset: kcoreOffset(segment.vaddr ?? 0n, levels),
});
/** The text of the kernel. It also lies in RAM, but the direct map lacks its freed parts. */
const TEXT = load({ vaddr: 0xffffffff81000000n, paddr: 0x2000, data: TEXT_BYTES });
const RAM = load({ vaddr: 0xffff888000001000n, paddr: 0x1000, data: RAM_BYTES });

const opened = (segments: readonly SegmentRecipe[], options: SourceOptions = {}) =>
  openSource(elfSource({ segments }, { isProcfs: true, size: 2 ** 47, ...options }));

function bytesAt(image: ReturnType<typeof opened>, address: number, length: number) {
  const into = new Uint8Array(length);
  return image.memory.read(address, into) ?? [...into];
}

describe('/proc/kcore', () => {
  it('is a file in procfs that has the note of the task that opened it, under any name', () => {
    const image = opened([NOTES, RAM], { path: '/host/kcore' });
    expect(image).toMatchObject({ format: '/proc/kcore', path: '/host/kcore', live: true });
  });

  it('is not a copy on a disk, whatever its name: a copy does not change and may be truncated', () => {
    const image = opened([NOTES, { ...RAM, offset: 0x1000 }], {
      path: '/proc/kcore',
      isProcfs: false,
      size: 0x2000,
    });
    expect(image).toMatchObject({ format: 'ELF64 vmcore', live: false, bytes: 0x2000 });
    expect([...image.segments][0]?.missing).toBe(0x2000n);
  });

  it('is not /proc/vmcore, which also lies in procfs but has no such note', () => {
    const vmcore = noteSegment([prstatus(), vmcoreinfo('OSRELEASE=6.12.0\n')]);
    expect(opened([vmcore, { ...RAM, offset: 0x2000 }])).toMatchObject({
      format: 'ELF64 vmcore',
      live: false,
    });
  });

  it('is not a file whose note of that type is not from the kernel', () => {
    const other = noteSegment([prstatus(), note('OTHER', 4, new Uint8Array(64))]);
    expect(opened([other, { ...RAM, offset: 0x2000 }]).format).toBe('ELF64 vmcore');
  });

  it('has no true size: nothing counts as truncated', () => {
    const image = opened([NOTES, load(VMALLOC), RAM], { size: 0x8000 });
    expect(image.bytes).toBeNull();
    expect([...image.segments].map(({ missing }) => missing)).toEqual([0n, 0n]);
    expect(image.memory.cutShort).toBe(false);
  });

  it('has VMCOREINFO in a note since 4.19', () => {
    expect(opened([NOTES, RAM]).vmcoreinfo?.text).toBe('OSRELEASE=6.12.0\n');
  });

  it('does not warn of segments without a physical address, which it always has', () => {
    const image = opened([NOTES, load(VMALLOC), RAM]);
    expect([...image.segments].map(({ physical }) => physical)).toEqual([null, 0x1000]);
    expect(image.warnings).toEqual([]);
  });
});

describe('the memory of /proc/kcore', () => {
  it('is read from the text segment first, because it comes before the RAM that it aliases', () => {
    const image = opened([NOTES, TEXT, load(VMALLOC), RAM]);
    expect([...image.segments].map(({ virtual }) => virtual)).toEqual([TEXT.vaddr, VMALLOC.vaddr, RAM.vaddr]);
    expect(bytesAt(image, 0x1ff8, 16)).toEqual([
      ...RAM_BYTES.subarray(0xff8, 0x1000),
      ...TEXT_BYTES.subarray(0, 8),
    ]);
    expect(bytesAt(image, 0x3000, 8)).toEqual([...RAM_BYTES.subarray(0x2000, 0x2008)]);
    expect([...image.memory.described()]).toEqual([{ start: 0x1000, end: 0x4000 }]);
    expect(image.makedumpfile.originalPages).toBe(4);
  });

  it('does not grow by the entry trampolines of 4.19, which are mapped above vmalloc with a RAM address', () => {
    const remap = load({ vaddr: 0xfffffe0000006000n, paddr: 0x2000, data: TEXT_BYTES });
    const image = opened([NOTES, load(VMALLOC), remap, RAM]);
    expect([...image.segments].map(({ physical }) => physical)).toEqual([null, 0x2000, 0x1000]);
    expect([...image.memory.described()]).toEqual([{ start: 0x1000, end: 0x4000 }]);
  });

  it('is unreadable only where the kernel refuses the read', () => {
    const start = kcoreOffset(0xffff888000002000n);
    const image = opened([NOTES, RAM], { failing: { start, end: start + 0x1000n } });
    expect(bytesAt(image, 0x2000, 16)).toMatchObject({ absence: 'unreadable', address: 0x2000 });
    expect(bytesAt(image, 0x3000, 4)).toEqual([...RAM_BYTES.subarray(0x2000, 0x2004)]);
  });
});

describe('/proc/kcore with 5-level paging', () => {
  const vaddr = 0xff5a4e0040001000n;
  const ram = load({ vaddr, paddr: 0x1000, data: RAM_BYTES }, 5);
  const image = opened([NOTES, ram], { size: 2 ** 56 });

  it('has offsets that do not fit in a number', () => {
    expect([...image.segments][0]?.offset).toBe(0x5a4e0040005000n);
    expect(0x5a4e0040005000n).toBeGreaterThan(2n ** 53n);
  });

  it('is read at the exact byte, which a rounded offset would miss', () => {
    for (const address of [0x1001, 0x1002, 0x1003, 0x2fff]) {
      expect(bytesAt(image, address, 1)).toEqual([RAM_BYTES[address - 0x1000]]);
    }
  });
});
