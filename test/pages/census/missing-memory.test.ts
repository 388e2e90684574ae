import { describe, expect, test } from 'vitest';
import { FileSource } from '../../../src/bytes/file-source.ts';
import { openSources } from '../../../src/formats/open.ts';
import { type Kernel, openKernel } from '../../../src/kernel/open/kernel.ts';
import { missingMemory } from '../../../src/pages/census/missing-memory.ts';
import { EXCLUDABLE } from '../../../src/pages/classify/page-class.ts';
import { readZones } from '../../../src/pages/zones/zones.ts';
import { pagesReport } from '../../../src/report/pages-report.ts';
import { censusOf } from '../../builders/census.ts';
import { type KernelPlan, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { kernelWithZones, type ZonePlan } from '../../builders/kernel-zones.ts';
import { PatchedSource } from '../../builders/patched-source.ts';
import { SECTION_FLAGS } from '../../builders/sections.ts';
import type { PageSpec } from '../../builders/struct-page.ts';
import { dumpOf } from '../../support/fixture.ts';
import { violations } from '../../support/schema.ts';

/**
 * The text begins at pfn 4096; its struct pages show which flag is PG_reserved: here one that nothing else
 * uses.
 */
const RESERVED: PageSpec = { flags: ['waiters'] };
const some = (first: number, count: number, spec: PageSpec) =>
  Array.from({ length: count }, (_, i): [number, PageSpec] => [first + i, spec]);
const TEXT = some(4096, 16, RESERVED);
const ADDED = 4 * PAGES_PER_SECTION;
const ZONE: ZonePlan = { name: 'Normal', start: 1, spanned: ADDED + 1023 };
const PRESENT = SECTION_FLAGS.MARKED_PRESENT | SECTION_FLAGS.HAS_MEM_MAP;

/** All of section 0 is RAM that the dump describes; the first 256 pages of section 4 are in no segment. */
function kernelOf(plan: KernelPlan, pages: readonly (readonly [number, PageSpec])[] = []): Kernel {
  const ram = [pfns(512, 3584), pfns(4608, PAGES_PER_SECTION - 4608)];
  const rest = some(ADDED + 256, 768, RESERVED);
  const all = { undescribed: [pfns(ADDED, 256)], pages: [...TEXT, ...rest, ...pages], ...plan, ram };
  return kernelWithZones(all, { nodes: [[ZONE]] }).open();
}
const missingIn = (kernel: Kernel) => missingMemory(kernel, readZones(kernel));

describe('memory that the kernel uses and the dump does not describe', () => {
  test('is counted, with where it is, and makes the report incomplete', () => {
    const kernel = kernelOf({});
    const missing = missingIn(kernel);
    expect(missing?.pages).toBe(256);
    expect([...(missing?.ranges ?? [])]).toEqual([pfns(ADDED, 256)]);
    expect(missing?.sentence).toContain('at least 256 pages');
    const report = pagesReport(
      { image: kernel.image, info: kernel.info, excludable: EXCLUDABLE },
      censusOf(kernel),
    );
    expect(report.complete).toBe(false);
    expect(report.total).toMatchObject({ pages: null });
    expect(report.warnings.join('\n')).toContain('0x20000000 - 0x20100000');
    expect(violations('pages', report)).toEqual([]);
  });

  test.each<[string, KernelPlan, PageSpec]>([
    ['was reserved at boot, as the crash kernel and holes are', {}, RESERVED],
    ['is marked as offline by a balloon or virtio-mem', {}, { type: 'offline' }],
    ['has struct pages that were never written', {}, { type: 0, refcount: 0 }],
    ['is in a section that is not online', { sections: { flags: { 4: PRESENT } } }, {}],
    ['is in a section without struct pages', { sections: { absent: [4] } }, {}],
  ])('is not memory that %s', (_, plan, spec) => {
    const pages = plan.sections?.absent ? [] : some(ADDED, 256, spec);
    expect(
      missingIn(kernelOf({ ...plan, ...(plan.sections?.absent ? { pages: TEXT } : {}) }, pages)),
    ).toBeNull();
  });

  test('is not looked for where text does not show what is reserved', () => {
    expect(missingIn(kernelOf({ pages: [] }))).toBeNull();
  });
});

const PHDR = { offset: 8, paddr: 24, filesz: 32, memsz: 40, size: 56 };
const CUT = 32 << 20;

/** The dump without the first 32 MiB of its LOAD at 1 MiB. */
async function withoutStart(path: string): Promise<Kernel> {
  const file = new FileSource(path);
  const head = Buffer.alloc(4096);
  file.read(0, head);
  const phoff = Number(head.readBigUInt64LE(32));
  const at = Array.from({ length: head.readUInt16LE(56) }, (_, i) => phoff + i * PHDR.size).find(
    (one) => head.readUInt32LE(one) === 1 && head.readBigUInt64LE(one + PHDR.paddr) === 0x10_0000n,
  );
  if (at === undefined) throw new Error('there is no LOAD at 1 MiB');
  const patch = (field: number, by: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(head.readBigUInt64LE(at + field) + by);
    return { at: BigInt(at + field), bytes };
  };
  const cut = BigInt(CUT);
  const patches = [
    patch(PHDR.offset, cut),
    patch(PHDR.paddr - 8, cut),
    patch(PHDR.paddr, cut),
    patch(PHDR.filesz, -cut),
    patch(PHDR.memsz, -cut),
  ];
  return openKernel(await openSources([new PatchedSource(file, patches)]));
}

describe.each(['linux-5.10', 'linux-6.1', 'linux-7.3-5level'])('%s', (name) => {
  test('lacks nothing: the crash kernel has its memory for itself', async () => {
    const kernel = openKernel(await openSources([new FileSource(dumpOf(name))]));
    expect(missingIn(kernel)).toBeNull();
  });

  test('lacks what a segment no longer has', async () => {
    const kernel = await withoutStart(dumpOf(name));
    const missing = missingIn(kernel);
    expect(missing?.ranges.length).toBeGreaterThan(0);
    for (const { start, end } of missing?.ranges ?? []) {
      expect(start).toBeGreaterThanOrEqual(0x10_0000);
      expect(end).toBeLessThanOrEqual(0x10_0000 + CUT);
    }
    expect(missing?.pages).toBeLessThanOrEqual(CUT / 4096);
    expect(censusOf(kernel).missingMemory).toEqual(missing);
  });
});
