import { describe, expect, test } from 'vitest';
import { failureOf } from '../builders/failure.ts';
import { BuiltKernel, IN_IMAGE, LINKED_AT, segment } from '../builders/kernel.ts';

/** KASLR moved the image by 480 MiB, but it lies at physical 48 MiB: phys_base is negative then. */
const KASLR = { kernelOffset: 0x1e00_0000n, physBase: -0x1c00_0000n };

describe('openKernel', () => {
  test('takes a phys_base of 0 for a value', () => {
    const built = new BuiltKernel({ physBase: 0n });
    const kernel = built.open();
    expect(kernel.physBase).toMatchObject({ value: 0n, source: 'vmcoreinfo' });
    expect(kernel.space.translate(built.stext)).toBe(LINKED_AT);
  });

  test('takes a negative phys_base, as KASLR of the virtual address makes it', () => {
    const built = new BuiltKernel(KASLR);
    const kernel = built.open();
    expect(kernel.physBase.value).toBe(-0x1c00_0000n);
    expect(kernel.space.translate(built.stext)).toBe(0x300_0000);
    expect(kernel.pageTableRoot.value).toBe(BigInt(0x300_0000 + IN_IMAGE.root));
  });

  test('falls back to the LOAD of the image when the page tables refute phys_base', () => {
    const built = new BuiltKernel({ ...KASLR, keys: { 'NUMBER(phys_base)': '4194304' } });
    const { physBase } = built.open();
    expect(physBase).toMatchObject({ value: -0x1c00_0000n, source: 'pt-load' });
    expect(physBase.candidates.map(({ source, value, verdict }) => [source, value, verdict])).toEqual([
      ['vmcoreinfo', 0x40_0000n, 'refuted'],
      ['pt-load', -0x1c00_0000n, 'believed'],
    ]);
  });

  test('uses the LOAD of the image where VMCOREINFO has no phys_base', () => {
    const { physBase } = new BuiltKernel({ ...KASLR, keys: { 'NUMBER(phys_base)': null } }).open();
    expect(physBase).toMatchObject({ value: -0x1c00_0000n, source: 'pt-load' });
    expect(physBase.candidates[0]).toMatchObject({ verdict: 'unavailable', value: null });
  });

  test('keeps the LOAD beside a phys_base that it agrees with', () => {
    const { physBase } = new BuiltKernel(KASLR).open();
    expect(physBase.candidates.map((c) => c.verdict)).toEqual(['believed', 'agrees']);
  });

  test('takes the VMCOREINFO of another boot for corrupt', () => {
    const other = new BuiltKernel({ kernelOffset: 0x200_0000n }).image.vmcoreinfo?.text ?? '';
    const failure = failureOf(() => new BuiltKernel({ ...KASLR, text: other }).open());
    expect(failure).toMatchObject({ kind: 'corrupt', facts: { key: 'NUMBER(phys_base)' } });
  });

  test('lacks information where neither VMCOREINFO nor a LOAD gives phys_base', () => {
    const segments = [segment(0n, { start: 0x1000, end: 0x20_0000 })];
    const failure = failureOf(() =>
      new BuiltKernel({ ...KASLR, segments, keys: { 'NUMBER(phys_base)': null } }).open(),
    );
    expect(failure).toMatchObject({ kind: 'missingInfo', facts: { key: 'NUMBER(phys_base)' } });
  });

  test('lacks information without VMCOREINFO, and says what helps', () => {
    const failure = failureOf(() => new BuiltKernel({ text: null }).open());
    expect(failure).toMatchObject({
      kind: 'missingInfo',
      facts: { key: 'VMCOREINFO', path: 'made-up.core' },
    });
    expect(failure.facts.hint).toContain('--vmcoreinfo');
  });

  test('lacks information without any name of the root table', () => {
    const failure = failureOf(() => new BuiltKernel({ keys: { 'SYMBOL(init_top_pgt)': null } }).open());
    expect(failure).toMatchObject({ kind: 'missingInfo', facts: { key: 'SYMBOL(init_top_pgt)' } });
  });

  test.each(['init_level4_pgt', 'swapper_pg_dir'])('finds the root by %s alone', (name) => {
    const address = new BuiltKernel().inImage(IN_IMAGE.root).toString(16);
    const keys = { 'SYMBOL(init_top_pgt)': null, [`SYMBOL(${name})`]: address };
    const kernel = new BuiltKernel({ keys }).open();
    expect(kernel.pageTableRoot).toMatchObject({
      value: BigInt(LINKED_AT + IN_IMAGE.root),
      source: 'vmcoreinfo',
    });
    expect(kernel.pageTableRoot.candidates[0]?.reason).toContain(name);
  });

  test.each([4, 5] as const)('finds out that there are %d levels where no key says so', (levels) => {
    const kernel = new BuiltKernel({ levels, keys: { 'NUMBER(pgtable_l5_enabled)': null } }).open();
    expect(kernel.pagingLevels).toBe(levels);
    expect(kernel.space.walker.levels).toBe(levels);
  });

  test('says which key is malformed', () => {
    const failure = failureOf(() => new BuiltKernel({ keys: { 'SYMBOL(_stext)': 'text' } }).open());
    expect(failure).toMatchObject({ kind: 'corrupt', facts: { key: 'SYMBOL(_stext)' } });
  });
});
