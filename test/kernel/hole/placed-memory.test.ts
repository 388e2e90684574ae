import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileSource } from '../../../src/bytes/file-source.ts';
import type { Range } from '../../../src/bytes/ranges.ts';
import type { ByteSource } from '../../../src/bytes/source.ts';
import { InspectError } from '../../../src/errors.ts';
import type { OpenOptions } from '../../../src/formats/image/format.ts';
import { HOLE_END, HOLE_STARTS } from '../../../src/formats/image/hole.ts';
import type { MemoryImage } from '../../../src/formats/image/image.ts';
import { openSources } from '../../../src/formats/open.ts';
import { type Known, type PlacedMemory, placeMemory } from '../../../src/kernel/hole/placed-memory.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { EXCLUDABLE } from '../../../src/pages/classify/page-class.ts';
import { type PagesReport, pagesReport } from '../../../src/report/pages-report.ts';
import { censusOf } from '../../builders/census.ts';
import { failureOf } from '../../builders/failure.ts';
import { type KernelPlan, pfns } from '../../builders/kernel.ts';
import { MemoryFile, placeAround, USUAL_HOLE } from '../../builders/memory-file.ts';
import { openSource } from '../../builders/open-source.ts';
import { MIB2 } from '../../builders/page-tables.ts';
import { CutSource } from '../../builders/parts-source.ts';
import { PatchedSource } from '../../builders/patched-source.ts';
import { ATTIC, inOrder, keepPage, plant, provableKernel, textOf } from '../../builders/provable-kernel.ts';
import { SparseSource } from '../../fuzz/overlay-source.ts';
import { COUNTED, expectedOf, WITH_HOLE } from '../../support/fixture.ts';

const GIB = 2 ** 30;

function placed(source: ByteSource, known: Known = {}, options: OpenOptions = {}): PlacedMemory {
  return placeMemory(openSource(source, { format: 'raw', ...options }), known);
}

/** VMCOREINFO as it was found. @throws why it was not */
function textIn({ vmcoreinfo }: PlacedMemory) {
  if (vmcoreinfo === undefined || vmcoreinfo instanceof InspectError)
    throw vmcoreinfo ?? new Error('no text');
  return vmcoreinfo;
}

function pagesOf(memory: PlacedMemory): PagesReport {
  const { image } = memory;
  const kernel = openKernel(image, { vmcoreinfo: textIn(memory) });
  return pagesReport({ image, info: kernel.info, excludable: EXCLUDABLE }, censusOf(kernel));
}

describe('the memory file of a real machine with RAM above 4 GiB', () => {
  const expected = expectedOf(WITH_HOLE.name);
  /** The RAM that QEMU gave it, 4608 MiB. */
  const HIGH = { start: 4 * GIB, end: 5.5 * GIB };
  const RAM = [{ start: 0, end: USUAL_HOLE.start }, HIGH];
  const RAM_PAGES = (4.5 * GIB) / 4096;
  let original: MemoryImage;
  let vmem: MemoryFile;
  beforeAll(async () => {
    original = await openSources([new FileSource(WITH_HOLE.path)]);
    vmem = new MemoryFile(original.memory, RAM);
  });
  afterAll(() => original.close());

  function expectRows({ classes, total, complete, warnings }: PagesReport, pages: number): void {
    const { zero, privateCache } = expected.makedumpfile;
    const rows = Object.fromEntries(COUNTED.map((row) => [row, classes[row].pages]));
    expect(rows).toEqual({
      ...Object.fromEntries(COUNTED.map((row) => [row, expected.makedumpfile[row]])),
      zero: rows.zero,
      privateCache: rows.privateCache,
    });
    // Firmware and the memory of the capture kernel are zero here, because /proc/vmcore does not have them. Their
    // struct pages are blank in the fixture: some look like cache, others as if they had never been written.
    expect(Number(rows.zero) + Number(rows.privateCache) + (classes.uninitialized?.pages ?? 0)).toBe(
      zero + privateCache + pages - expected.distinctPagesInLoads,
    );
    expect(classes.kernelData.pages).toBe(expected.kernelDataDistinct);
    expect([total.pages, complete, warnings]).toEqual([pages, true, []]);
  }

  it('proves its hole, though the kernel itself lies above it', () => {
    const memory = placed(vmem);
    expect(memory.hole).toEqual(USUAL_HOLE);
    expect(memory.image.format).toBe('raw memory image with proved hole 0xc0000000-0x100000000');
    expect([...memory.image.segments].map(({ physical, offset }) => [physical, offset])).toEqual([
      [0, 0n],
      [4 * GIB, 0xc000_0000n],
    ]);
    // The kernel adds CRASHTIME to the note's own copy.
    expect(original.vmcoreinfo?.text.startsWith(textIn(memory).text)).toBe(true);
    expectRows(pagesOf(memory), RAM_PAGES);
  });

  it('is not searched where VMCOREINFO is given', () => {
    const before = vmem.statistics.bytes;
    const { hole } = placed(vmem, { vmcoreinfo: original.vmcoreinfo ?? undefined });
    expect(hole).toEqual(USUAL_HOLE);
    expect(vmem.statistics.bytes - before).toBeLessThan(64 << 20);
  });

  it('is read as the user says', () => {
    const memory = placed(vmem, {}, { hole: USUAL_HOLE });
    expect(memory.image.format).toBe('raw memory image with given hole 0xc0000000-0x100000000');
    expect([memory.hole, memory.vmcoreinfo]).toEqual([undefined, undefined]);
    const { vmcoreinfo } = original;
    expectRows(pagesOf({ ...memory, ...(vmcoreinfo ? { vmcoreinfo } : {}) }), RAM_PAGES);
  });

  it('is read as it is if it has the hole, too', () => {
    const padded = new MemoryFile(original.memory, [{ start: 0, end: HIGH.end }]);
    const memory = placed(padded, { vmcoreinfo: original.vmcoreinfo ?? undefined });
    expect(memory.hole).toBeUndefined();
    expect(memory.image.format).toBe('raw memory image');
    expectRows(pagesOf(memory), HIGH.end / 4096);
  });

  it('proves nothing if its end is lost, and says how to go on', () => {
    const memory = placed(new CutSource(vmem, 4 * GIB));
    expect(memory.hole).toBeUndefined();
    expect(memory.vmcoreinfo).toMatchObject({
      kind: 'missingInfo',
      facts: { key: 'VMCOREINFO', hint: expect.stringContaining('--hole START-END') },
    });
  });
});

describe('the memory file of a made-up machine', () => {
  /** Page tables, the section table and the struct pages that are used lie above 4 GiB. */
  const arena = { start: HOLE_END, end: HOLE_END + MIB2 };
  const IMAGE_ABOVE: KernelPlan = { kernelOffset: 0x1a00_0000n, physBase: BigInt(HOLE_END) - 0x1900_0000n };

  function machine(plan: KernelPlan = {}) {
    const built = provableKernel({ ram: [pfns(HOLE_END / 4096, 0x2000)], ...plan });
    plant(built, ATTIC.start, textOf(built));
    return built;
  }

  function fileAround(hole: Range, built = machine({ arena })): SparseSource {
    for (let block = 0; block < 6; block++) keepPage(built, HOLE_END / 4096 + 1024 * block);
    const chunks = [...built.memory.pages()].flatMap(({ pfn, bytes }) => {
      const at = placeAround(hole, pfn * 4096);
      return at === undefined ? [] : [{ at: BigInt(at), bytes }];
    });
    return new SparseSource(chunks, hole.start + 0x400_0000);
  }

  it.each(HOLE_STARTS)('proves the hole of known machines that begins at %i', (start) => {
    expect(placed(fileAround({ start, end: HOLE_END })).hole).toEqual({ start, end: HOLE_END });
  });

  it('proves a hole that no known machine has', () => {
    const hole = { start: 0x6800_0000, end: HOLE_END };
    const file = fileAround(hole, machine({ arena, ...IMAGE_ABOVE }));
    expect(placed(file).hole).toEqual(hole);
  });

  it('has no hole that counts if all its memory lies below 4 GiB', () => {
    const low = machine({ ram: [] });
    const file = fileAround(USUAL_HOLE, low);
    const { hole, image, vmcoreinfo } = placed(file);
    expect([hole, image.warnings]).toEqual([undefined, []]);
    expect(vmcoreinfo).toMatchObject({ text: inOrder(textOf(low)) });
  });

  it('is warned about if nothing that could be a proof lies above 4 GiB', () => {
    const { hole, image } = placed(fileAround(USUAL_HOLE, machine()));
    expect(hole).toBeUndefined();
    expect(image.warnings).toEqual([expect.stringContaining('--hole START-END')]);
  });

  it('proves its hole by any list above it, if struct pages lie below', () => {
    const built = machine();
    const members = [0, 1, 2, 3].map((n) => HOLE_END + 0x10_0000 + 0x48 * n);
    for (const [n, member] of members.entries()) {
      const [next, before] = [members[(n + 1) % 4] ?? 0, members[(n + 3) % 4] ?? 0];
      built.memory.writeU64(member, built.direct(next));
      built.memory.writeU64(member + 8, built.direct(before));
    }
    expect(placed(fileAround(USUAL_HOLE, built)).hole).toEqual(USUAL_HOLE);
  });

  it('has no proof in lists that are broken', () => {
    const built = machine({ arena });
    const file = fileAround(USUAL_HOLE, built);
    const at = (pfn: number) => placeAround(USUAL_HOLE, built.vmemmapBacking(built.structPageAt(pfn))) ?? 0;
    const broken = Array.from({ length: 6 }, (_, block) => ({
      at: BigInt(at(HOLE_END / 4096 + 1024 * block) + 16),
      bytes: new Uint8Array(8).fill(0xff),
    }));
    const { hole, vmcoreinfo } = placed(new PatchedSource(file, broken));
    expect([hole, vmcoreinfo]).toEqual([undefined, expect.any(InspectError)]);
  });

  it('is asked about if it holds together in two ways', () => {
    const image = openSource(fileAround(USUAL_HOLE), { format: 'raw' });
    // An image that is the same around every hole.
    const same: MemoryImage = { ...image, placedAround: () => image.placedAround?.(USUAL_HOLE) ?? image };
    expect(failureOf(() => placeMemory(same))).toMatchObject({
      kind: 'missingInfo',
      facts: { hint: expect.stringContaining('--hole START-END') },
    });
  });
});
