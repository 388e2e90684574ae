import { describe, expect, test } from 'vitest';
import type { Kernel } from '../../../src/kernel/open/kernel.ts';
import { headOf } from '../../../src/pages/details/head.ts';
import { explainPage, type PageExplanation } from '../../../src/pages/explain/explain.ts';
import { BuiltKernel, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';

const FIRST = PAGES_PER_SECTION;
const built = new BuiltKernel({ ram: [pfns(FIRST, 4096)] });
const kernel: Kernel = built.open();

/** A page whose compound word is as given. */
function page(pfn: number, compound: bigint, decidedBy: number | null = null): PageExplanation {
  const explained = explainPage(kernel, pfn);
  if (!explained.structPage) throw new Error(`pfn ${pfn} has no struct page`);
  return { ...explained, decidedBy, structPage: { ...explained.structPage, compound } };
}

describe('the head of a page', () => {
  test('is the page itself where it is not a tail', () => {
    expect(headOf(kernel, page(FIRST + 5, 0xffff_8880_0000_1000n))).toBe(FIRST + 5);
  });

  test('is the one whose verdict covers the page', () => {
    expect(headOf(kernel, page(FIRST + 5, 0n, FIRST + 4))).toBe(FIRST + 4);
  });

  test('is where the tail points', () => {
    expect(headOf(kernel, page(FIRST + 9, built.structPageAt(FIRST + 8) | 1n))).toBe(FIRST + 8);
  });

  test.each([1, 3, 9])('is what a mask of order %d leaves of the address of the tail (7.1+)', (order) => {
    const mask = BigInt.asUintN(64, -(64n << BigInt(order)));
    const head = FIRST + 2 ** order;
    expect(headOf(kernel, page(head + 2 ** order - 1, mask | 1n))).toBe(head);
  });

  test.each([
    ['after it', 8n * 64n],
    ['inside of a struct page', -33n],
    ['further before it than 1 GiB has pages', -64n * 2n ** 19n],
  ])('is the page itself where it points %s', (_, distance) => {
    expect(headOf(kernel, page(FIRST + 9, (built.structPageAt(FIRST + 9) + distance) | 1n))).toBe(FIRST + 9);
  });
});
