import { describe, expect, it } from 'vitest';
import { takeCompatCensus } from '../../../src/pages/census/compat.ts';
import { structPageDoubt } from '../../../src/pages/struct-pages/trust.ts';
import { censusOf } from '../../builders/census.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltKernel, type KernelPlan } from '../../builders/kernel.ts';
import { KIB4 } from '../../builders/page-tables.ts';
import type { PageSpec } from '../../builders/struct-page.ts';

const doubtOf = (plan: KernelPlan) => structPageDoubt(new BuiltKernel(plan).open());

/** The first pages of the kernel's text, from pfn 4096 on. */
function text(count: number, specOf: (i: number) => PageSpec): [number, PageSpec][] {
  return Array.from({ length: count }, (_, i) => [4096 + i, specOf(i)]);
}

describe('the struct pages of the kernel text', () => {
  it('speak for all the others when they say that it is in use', () => {
    expect(doubtOf({})).toBeNull();
    expect(doubtOf({ levels: 5 })).toBeNull();
  });

  it('may be odd for some pages: one has a memory error', () => {
    expect(doubtOf({ pages: text(7, () => ({ flags: ['hwpoison'], refcount: 5, mapping: 8n })) })).toBeNull();
  });

  it('are garbage where all is zero', () => {
    expect(doubtOf({ unwritten: true })).toBe(
      "those of the kernel's own text, from pfn 4096 on at 0xffffea0000040000, should have _refcount 1, _mapcount -1 " +
        'and no mapping, but 16 of 16 do not; the first has _refcount 0, _mapcount 0, mapping 0x0',
    );
  });

  it.each<[string, (i: number) => PageSpec]>([
    ['free pages', () => ({ type: 'buddy', refcount: 0 })],
    ['anything', (i) => ({ type: i * 77, refcount: i * 1001 + 5, mapping: BigInt(i) * 0x1234_5677n + 1n })],
    [
      'memory of processes',
      () => ({ flags: ['lru'], type: 0, refcount: 1, mapping: 0xffff_8880_0000_1001n }),
    ],
  ])('are garbage where %s are in their place', (_, specOf) => {
    expect(doubtOf({ pages: text(16, specOf) })).toContain('16 of 16 do not');
  });

  it('are garbage where VMCOREINFO has another size for them', () => {
    expect(doubtOf({ keys: { 'SIZE(page)': '56' } })).not.toBeNull();
  });

  it('are missing where the section table has no entry', () => {
    const built = new BuiltKernel({
      sections: { absent: [0] },
      ram: [{ start: 2 ** 27, end: 2 ** 27 + KIB4 }],
    });
    expect(structPageDoubt(built.open())).toBe(
      "the section table has no struct pages for the kernel's own text, pfn 4096",
    );
  });

  it('speak neither for nor against when they cannot be read', () => {
    const built = new BuiltKernel();
    const at = built.vmemmapBacking(built.structPageAt(4096));
    built.memory.plan({ described: built.described, notStored: [{ start: at, end: at + KIB4 }] });
    expect(structPageDoubt(built.open())).toBeNull();
  });
});

describe('a census of what is not struct pages', () => {
  const kernel = new BuiltKernel({ unwritten: true }).open();

  it.each([
    ['pages', censusOf],
    ['pages --compat makedumpfile', takeCompatCensus],
  ])('%s refuses them, whatever table they would make', (_, count) => {
    const { kind, message, facts } = failureOf(() => count(kernel));
    expect(kind).toBe('corrupt');
    expect(message).toMatch(/^the struct pages are not those of this memory: .*16 of 16 do not/);
    expect(facts.hint).toContain('VMCOREINFO of another boot');
  });
});
