import { describe, expect, test } from 'vitest';
import { takeCompatCensus } from '../../../src/pages/census/compat.ts';
import { EXCLUDABLE } from '../../../src/pages/classify/page-class.ts';
import { explainPage } from '../../../src/pages/explain/explain.ts';
import { type PagesReport, pagesReport } from '../../../src/report/pages-report.ts';
import { censusOf, countsWith, sumOf } from '../../builders/census.ts';
import { type BuiltKernel, type KernelPlan, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { kernelWithZones, MAX_NODES, type ZonePlan } from '../../builders/kernel-zones.ts';
import { SECTION_FLAGS } from '../../builders/sections.ts';
import { ANON_MAPPING, buddy, type PageSpec } from '../../builders/struct-page.ts';
import { violations } from '../../support/schema.ts';

/**
 * Memory that the page allocator does not have: not online, of a device, or with struct pages that nobody
 * wrote.
 */
const FIRST = PAGES_PER_SECTION;
const PRESENT = SECTION_FLAGS.MARKED_PRESENT | SECTION_FLAGS.HAS_MEM_MAP;
const UNWRITTEN: PageSpec = { type: 0, refcount: 0 };
const NORMAL: ZonePlan = { name: 'Normal', start: 1, spanned: FIRST + 255 };
/** Zone 3 in the bits below those of the node: three zones and this one take two bits. */
const DEVICE: ZonePlan = { name: 'Device', start: FIRST, spanned: 256 };
const DEVICE_FLAGS = 3 << (32 - Math.log2(MAX_NODES) - 2);

const kernelOf = (plan: KernelPlan, zones: readonly ZonePlan[] = [NORMAL]) =>
  kernelWithZones({ ram: [pfns(FIRST, 256)], ...plan }, { nodes: [zones] });
const some = (first: number, count: number, spec: PageSpec) =>
  Array.from({ length: count }, (_, i): [number, PageSpec] => [first + i, spec]);

function reportOf(built: BuiltKernel): PagesReport {
  const kernel = built.open();
  return pagesReport({ image: kernel.image, info: kernel.info, excludable: EXCLUDABLE }, censusOf(kernel));
}

describe('struct pages that were never written', () => {
  const plan = { pages: [...some(FIRST, 64, UNWRITTEN), ...buddy(FIRST + 64, 6)] };

  test('are a row of their own, a warning, and no complete report', () => {
    const built = kernelOf(plan, [{ ...NORMAL, free: [0, 0, 0, 0, 0, 0, 1] }]);
    const { counts, total } = censusOf(built.open());
    expect(counts).toEqual(countsWith(built, { uninitialized: 64, free: 64, zero: 128 }));
    expect(sumOf(counts)).toBe(total);
    const report = reportOf(built);
    expect(report.classes.uninitialized).toEqual({ pages: 64, bytes: 64 * 4096, excludable: false });
    expect(report.complete).toBe(false);
    expect(report.warnings.join('\n')).toContain('64 pages have struct pages that were never written');
    expect(violations('pages', report)).toEqual([]);
  });

  test('are different from pages that are mapped once, and from free ones', () => {
    const built = kernelOf({
      pages: [
        [FIRST, { type: 0, refcount: 2 }],
        [FIRST + 1, { refcount: 0 }],
      ],
    });
    expect(censusOf(built.open()).counts.uninitialized).toBe(0);
    expect(reportOf(built).classes).not.toHaveProperty('uninitialized');
    expect(reportOf(built).complete).toBe(true);
  });

  test('say nothing inside a free block, whose head speaks for them', () => {
    const built = kernelOf({ pages: [...some(FIRST, 64, UNWRITTEN), ...buddy(FIRST, 6)] });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { free: 64, zero: 192 }));
  });

  test('are not a fault of the dump if the kernel leaves those of holes unwritten, such as page 0', () => {
    const built = kernelOf({ pages: [...plan.pages, [0, UNWRITTEN]] });
    expect(censusOf(built.open())).toMatchObject({ counts: { uninitialized: 64 }, unwritten: 0 });
  });

  test('are kept as makedumpfile keeps them', () => {
    const built = kernelOf(plan);
    expect(takeCompatCensus(built.open()).counts).toMatchObject({ free: 64, zero: 192 + built.own.zero });
  });

  test('are explained', () => {
    const page = explainPage(kernelOf(plan).open(), FIRST);
    expect(page).toMatchObject({ rule: 'uninitialized', class: 'uninitialized', decidedBy: null });
  });
});

describe('a section that is not online', () => {
  const garbage = [...buddy(FIRST, 6), ...some(FIRST + 64, 64, { flags: ['lru'], mapping: ANON_MAPPING })];
  const offline = { sections: { flags: { 1: PRESENT } }, pages: garbage };

  test('is offline, whatever its struct pages say', () => {
    const built = kernelOf(offline);
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { offline: 256 }));
    expect(reportOf(built).complete).toBe(true);
  });

  test('is so when its struct pages cannot be read', () => {
    const built = kernelOf(offline);
    built.unmapStructPage(FIRST);
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { offline: 256 }));
    expect(reportOf(built).complete).toBe(true);
  });

  test('is one like others in a kernel that does not mark sections as online', () => {
    const built = kernelOf({ ...offline, sections: { flags: { 0: PRESENT, 1: PRESENT } } });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { free: 64, user: 64, zero: 128 }));
  });

  test('is read as makedumpfile reads it, which does not know the flag', () => {
    expect(takeCompatCensus(kernelOf(offline).open()).counts).toMatchObject({
      free: 64,
      user: 64,
      offline: 0,
    });
  });

  test('is explained', () => {
    const page = explainPage(kernelOf(offline).open(), FIRST + 64);
    expect(page).toMatchObject({ rule: 'offlineSection', class: 'offline', decidedBy: null });
  });
});

describe('device memory', () => {
  /** A page of ZONE_DEVICE has a pointer to its dev_pagemap after the flags. */
  const device: PageSpec = { flagsHigh: DEVICE_FLAGS, mapping: ANON_MAPPING };
  const zones = [NORMAL, { ...NORMAL, spanned: 0 }, { ...NORMAL, spanned: 0 }, DEVICE];
  const withPgmap = (built: BuiltKernel, count: number) => {
    for (let i = 0; i < count; i++) {
      const at = built.structPageAt(FIRST + i) + 8n;
      built.memory.writeU64(built.vmemmapBacking(at) + Number(at % 4096n), 0xffff_8880_0012_3400n);
    }
    return built;
  };

  test.each([
    ['that shares a section with RAM', {}, { zoneDevice: 64, zero: 192 }],
    ['in a section of its own', { sections: { flags: { 1: PRESENT } } }, { zoneDevice: 64, offline: 192 }],
  ])('is a row of its own: memory %s', (_, plan, wanted) => {
    const built = withPgmap(kernelOf({ ...plan, pages: some(FIRST, 64, device) }, zones), 64);
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, wanted));
    const report = reportOf(built);
    expect(report.classes.zoneDevice).toMatchObject({ pages: 64, excludable: false });
    expect(report.complete).toBe(true);
    expect(violations('pages', report)).toEqual([]);
    expect(explainPage(built.open(), FIRST + 5)).toMatchObject({ rule: 'zoneDevice', class: 'zoneDevice' });
  });

  test('does not exist where the zone has no memory', () => {
    const built = kernelOf({ pages: some(FIRST, 64, device) });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { user: 64, zero: 192 }));
  });
});
