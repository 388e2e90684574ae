import { describe, expect, test } from 'vitest';
import { takeCensus } from '../../src/pages/census.ts';
import { takeCompatCensus } from '../../src/pages/compat.ts';
import { structPageDoubt } from '../../src/pages/trust.ts';
import { failureOf } from '../builders/failure.ts';
import { BuiltKernel, pfns } from '../builders/kernel.ts';

const RAM = { ram: [pfns(0, 64)] };
const textPfn = (built: BuiltKernel) => built.imageAt / 4096;

/** A kernel whose text has these struct pages from its first page on. */
function withText(count: number, spec: object): BuiltKernel {
  const built = new BuiltKernel(RAM);
  for (let i = 0; i < count; i++) built.setPage(textPfn(built) + i, spec);
  return built;
}

describe('struct pages', () => {
  test('are trusted when those of the kernel text look like it', () => {
    expect(structPageDoubt(new BuiltKernel(RAM).open())).toBeNull();
  });

  test('are trusted when few pages of the text are strange, for one may have a memory error', () => {
    expect(structPageDoubt(withText(8, { refcount: 3 }).open())).toBeNull();
  });

  test.each([
    ['free', { refcount: 0 }, '_refcount 0'],
    ['mapped by processes', { refcount: 1, mapping: 0xffff_8880_0000_1001n }, 'mapping 0xffff888000001001'],
    ['of a type', { refcount: 1, type: 'offline' }, '_refcount 1'],
  ])('are refused when those of the text are %s, whatever table they would make', (_, spec, found) => {
    const kernel = withText(9, spec).open();
    for (const count of [takeCensus, takeCompatCensus]) {
      const { kind, message, facts } = failureOf(() => count(kernel));
      expect(kind).toBe('corrupt');
      expect(message).toContain('the struct pages are not those of this memory');
      expect(message).toContain('9 of 16 have not');
      expect(message).toContain(found);
      expect(facts.hint).toContain('VMCOREINFO of another boot');
    }
  });

  test('that cannot be read are no lie: the scan says what is missing', () => {
    const built = new BuiltKernel(RAM);
    built.unmapStructPage(textPfn(built));
    expect(structPageDoubt(built.open())).toBeNull();
  });
});
