import { describe, expect, test } from 'vitest';
import type { MemoryImage } from '../../../src/formats/image/image.ts';
import { type Kernel, openKernel } from '../../../src/kernel/open/kernel.ts';
import { takeCompatCensus } from '../../../src/pages/census/compat.ts';
import { missingEnd } from '../../../src/pages/census/open-end.ts';
import { EXCLUDABLE } from '../../../src/pages/classify/page-class.ts';
import { pagesReport } from '../../../src/report/pages-report.ts';
import { pagesView } from '../../../src/report/views/pages-view.ts';
import { censusOf } from '../../builders/census.ts';
import { failureOf } from '../../builders/failure.ts';
import { type BuiltKernel, type KernelPlan, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { kernelWithZones, type ZonePlan } from '../../builders/kernel-zones.ts';
import type { PageSpec } from '../../builders/struct-page.ts';
import { violations } from '../../support/schema.ts';
import { textOf } from '../../support/text-of.ts';

const FIRST = PAGES_PER_SECTION;
const PLAN: KernelPlan = { ram: [pfns(FIRST, 256)] };

/** A kernel whose memory ends with the zone, in a dump whose memory ends at pfn FIRST + 256. */
function kernelOf(zoneEnd: number, traits: Partial<MemoryImage> = { openEnded: true }, plan = PLAN): Kernel {
  const zone: ZonePlan = { name: 'DMA32', start: 1, spanned: zoneEnd - 1 };
  return opened(kernelWithZones(plan, { nodes: [[zone]] }), traits);
}

const opened = (built: BuiltKernel, traits: Partial<MemoryImage>) =>
  openKernel({ ...built.image, ...traits });

const reportOf = (kernel: Kernel) =>
  pagesReport({ image: kernel.image, info: kernel.info, excludable: EXCLUDABLE }, censusOf(kernel));

describe('the end of a dump that has no mark of it', () => {
  test('is there when it reaches as far as the last zone', () => {
    for (const end of [FIRST + 256, FIRST + 200]) expect(missingEnd(kernelOf(end))).toBeNull();
  });

  test('is missing if a zone of the kernel ends after it', () => {
    expect(missingEnd(kernelOf(FIRST + 257))).toContain(`pfn ${FIRST + 256}`);
    expect(missingEnd(kernelOf(FIRST + 257))).toContain(`pfn ${FIRST + 257}`);
  });

  test('is there if the kernel does not use what follows: it was reserved at boot, as for a crash kernel, or is offline; but not in a flat file', () => {
    const text = Array.from({ length: 16 }, (_, i): [number, PageSpec] => [4096 + i, { flags: ['waiters'] }]);
    const missing = (spec: PageSpec, pages = text) =>
      missingEnd(kernelOf(FIRST + 300, undefined, { ...PLAN, pages: [...pages, [FIRST + 299, spec]] }));
    expect(missing({ flags: ['waiters'] })).toBeNull();
    expect(missing({ type: 'offline' })).toBeNull();
    expect(missing({})).toContain(`pfn ${FIRST + 300}`);
    expect(missing({ flags: ['lru'] })).toContain(`pfn ${FIRST + 300}`);
    const flat = { openEnded: true, flat: true };
    const pages: [number, PageSpec][] = [...text, [FIRST + 299, { flags: ['waiters'] }]];
    expect(missingEnd(kernelOf(FIRST + 300, flat, { ...PLAN, pages }))).toContain(`pfn ${FIRST + 300}`);
    // Without the kernel's text it is not known which flag says that a page is reserved.
    expect(missing({ flags: ['waiters'] }, [])).toContain(`pfn ${FIRST + 300}`);
  });

  test('is not known without zones', () => {
    const keys = { 'SYMBOL(node_data)': null };
    expect(missingEnd(kernelOf(FIRST + 256, { openEnded: true }, { ...PLAN, keys }))).toContain('node_data');
  });

  test('is missing when the file is known to be cut short, wherever the zones end', () => {
    const plan = { ...PLAN, truncated: [pfns(FIRST + 250, 6)] };
    expect(missingEnd(kernelOf(FIRST + 256, { openEnded: true }, plan))).not.toBeNull();
  });

  test('is never in question for a dump that describes all its memory: the crash kernel may have had the last part', () => {
    expect(missingEnd(kernelOf(FIRST + 4096, {}))).toBeNull();
  });
});

describe('a report on a dump whose end is missing', () => {
  const report = reportOf(kernelOf(FIRST + 300));

  test('has no total and no row, but what there is at least, and says why', () => {
    const whole = reportOf(kernelOf(FIRST + 256));
    expect(whole.complete).toBe(true);
    expect(report.complete).toBe(false);
    expect(report.total).toEqual({ pages: null, bytes: null, atLeast: whole.total });
    for (const [name, row] of Object.entries(report.classes)) {
      expect([name, row.pages]).toEqual([name, null]);
      expect(row.atLeast?.pages).toBe(whole.classes[name as keyof typeof whole.classes]?.pages);
    }
    expect(report.warnings.join('\n')).toContain('at the end of the dump');
    expect(violations('pages', report)).toEqual([]);
  });

  test('shows the total as a lower bound', async () => {
    const text = await textOf(pagesView(report));
    expect(text).toMatch(new RegExp(`^TOTAL +>=${report.total.atLeast?.pages} +>=`, 'm'));
    expect(text).not.toContain('NaN');
  });

  test('is not made for makedumpfile, which would not have stopped there', () => {
    const failure = failureOf(() => takeCompatCensus(kernelOf(FIRST + 300)));
    expect(failure).toMatchObject({ kind: 'notStored', message: expect.stringContaining('its end') });
  });
});
