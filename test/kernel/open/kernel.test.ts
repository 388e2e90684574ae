import { describe, expect, test } from 'vitest';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltKernel, IN_IMAGE, LINKED_AT, segment } from '../../builders/kernel.ts';
import { BuiltTables, KIB4 } from '../../builders/page-tables.ts';
import { CR4_4_LEVELS } from '../../builders/qemu-dump.ts';

/** KASLR moved the image by 480 MiB virtually, but to physical 48 MiB, so phys_base is negative. */
const KASLR = { kernelOffset: 0x1e00_0000n, physBase: -0x1c00_0000n };

describe('openKernel', () => {
  test('takes a phys_base of 0 as a value', () => {
    const built = new BuiltKernel({ physBase: 0n });
    const kernel = built.open();
    expect(kernel.physBase).toMatchObject({ value: 0n, source: 'vmcoreinfo' });
    expect(kernel.space.translate(built.stext)).toBe(LINKED_AT);
  });

  test('takes a negative phys_base, as virtual KASLR may produce', () => {
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

  test('uses the LOAD of the image if VMCOREINFO has no phys_base', () => {
    const { physBase } = new BuiltKernel({ ...KASLR, keys: { 'NUMBER(phys_base)': null } }).open();
    expect(physBase).toMatchObject({ value: -0x1c00_0000n, source: 'pt-load' });
    expect(physBase.candidates[0]).toMatchObject({ verdict: 'unavailable', value: null });
  });

  test('keeps the LOAD as a candidate that agrees', () => {
    const { physBase } = new BuiltKernel(KASLR).open();
    expect(physBase.candidates.map((c) => c.verdict)).toEqual(['believed', 'agrees']);
  });

  test('uses the page tables of the CPUs if neither VMCOREINFO nor a LOAD gives phys_base', () => {
    const built = new BuiltKernel({ ...KASLR, keys: { 'NUMBER(phys_base)': null } });
    const [cr3, cr4] = [BigInt(built.imageAt + IN_IMAGE.root), CR4_4_LEVELS];
    const segments = [segment(0n, { start: 0x1000, end: 0x20_0000 })];
    const registers = [0, 1].map((cpu) => ({ cpu, cr3, cr4 }));
    const { physBase } = openKernel({ ...built.image, segments, registers });
    expect(physBase).toMatchObject({ value: -0x1c00_0000n, source: 'registers' });
    expect(physBase.candidates[1]?.reason).toContain('of 2 of 2 CPUs map _stext to 0x');
  });

  test('refutes the page tables of a CPU that runs another kernel', () => {
    const built = new BuiltKernel(KASLR);
    const other = new BuiltTables({
      memory: built.memory,
      root: built.imageAt + 0x9000,
      levels: 4,
      allocate: () => built.allocate(KIB4),
    });
    other.map(built.stext, built.imageAt + 0xa000);
    const registers = [{ cpu: 0, cr3: BigInt(other.root), cr4: CR4_4_LEVELS }];
    const { physBase } = openKernel({ ...built.image, registers });
    expect(physBase.candidates.map((c) => [c.source, c.verdict])).toEqual([
      ['vmcoreinfo', 'believed'],
      ['registers', 'refuted'],
      ['pt-load', 'agrees'],
    ]);
  });

  test('tries an image that was not moved if nothing gives phys_base, as before 4.10', () => {
    const segments = [segment(0n, { start: 0x1000, end: 0x20_0000 })];
    const keys = { 'NUMBER(phys_base)': null };
    const { physBase } = new BuiltKernel({ kernelOffset: 0x200_0000n, segments, keys }).open();
    expect(physBase).toMatchObject({ value: 0n, source: 'constant' });
  });

  test('rejects the VMCOREINFO of another boot as corrupt', () => {
    const other = new BuiltKernel({ kernelOffset: 0x200_0000n }).image.vmcoreinfo?.text ?? '';
    const failure = failureOf(() => new BuiltKernel({ ...KASLR, text: other }).open());
    expect(failure).toMatchObject({ kind: 'corrupt', facts: { key: 'NUMBER(phys_base)' } });
  });

  test('lacks information if neither VMCOREINFO nor a LOAD gives phys_base', () => {
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

  test('lacks information without a symbol of the root table', () => {
    const failure = failureOf(() => new BuiltKernel({ keys: { 'SYMBOL(init_top_pgt)': null } }).open());
    expect(failure).toMatchObject({ kind: 'missingInfo', facts: { key: 'SYMBOL(init_top_pgt)' } });
  });

  test.each(['init_level4_pgt', 'swapper_pg_dir'])('finds the root by %s', (name) => {
    const address = new BuiltKernel().inImage(IN_IMAGE.root).toString(16);
    const keys = { 'SYMBOL(init_top_pgt)': null, [`SYMBOL(${name})`]: address };
    const kernel = new BuiltKernel({ keys }).open();
    expect(kernel.pageTableRoot).toMatchObject({
      value: BigInt(LINKED_AT + IN_IMAGE.root),
      source: 'vmcoreinfo',
    });
    expect(kernel.pageTableRoot.candidates[0]?.reason).toContain(name);
  });

  test.each([4, 5] as const)('determines that there are %d levels if no key says so', (levels) => {
    const kernel = new BuiltKernel({ levels, keys: { 'NUMBER(pgtable_l5_enabled)': null } }).open();
    expect(kernel.pagingLevels).toBe(levels);
    expect(kernel.space.walker.levels).toBe(levels);
  });

  const NEITHER = { 'NUMBER(pgtable_l5_enabled)': null, 'SYMBOL(_stext)': null };

  test.each([4, 5] as const)(
    'proves %d levels by its root table if no key says where its text is',
    (levels) => {
      const built = new BuiltKernel({ ...KASLR, levels, keys: NEITHER });
      const kernel = built.open();
      expect(kernel).toMatchObject({ pagingLevels: levels, levels: { source: 'page-tables' } });
      expect(kernel.space.translate(built.direct(0x2000))).toBe(0x2000);
      expect(kernel.space.translate(built.stext)).toBe(0x300_0000);
    },
  );

  test('does not open a kernel if nothing proves how many levels its tables have', () => {
    const built = new BuiltKernel({ ...KASLR, levels: 5, keys: NEITHER });
    const root = { start: built.imageAt + IN_IMAGE.root, end: built.imageAt + IN_IMAGE.root + KIB4 };
    built.memory.plan({ described: built.described, notStored: [root] });
    expect(failureOf(() => built.open()).message).toMatch(/page tables cannot be found/);
  });

  test.each([
    ['5', 4],
    ['0', 5],
    ['1', 4],
  ] as const)('does not believe NUMBER(pgtable_l5_enabled)=%s against the tables', (noted, levels) => {
    const keys = { 'NUMBER(pgtable_l5_enabled)': noted };
    const kernel = new BuiltKernel({ ...KASLR, levels, keys }).open();
    expect(kernel.pagingLevels).toBe(levels);
    const [first, second] = kernel.levels.candidates;
    expect(first?.verdict).toBe(noted === '5' ? 'believed' : 'refuted');
    expect(second).toMatchObject({ source: 'page-tables', value: BigInt(levels) });
  });

  test('lists what CR4 of the CPUs says', () => {
    const built = new BuiltKernel({ ...KASLR, levels: 5, keys: NEITHER });
    const cr3 = BigInt(built.imageAt + IN_IMAGE.root);
    const open = (...cr4s: readonly bigint[]) =>
      openKernel({ ...built.image, registers: cr4s.map((cr4, cpu) => ({ cpu, cr3, cr4 })) });
    const LA57 = CR4_4_LEVELS | (1n << 12n);
    expect(open(LA57, LA57).levels).toMatchObject({ value: 5n, source: 'registers' });
    expect(open(CR4_4_LEVELS).levels).toMatchObject({ value: 5n, source: 'page-tables' });
    expect(open(LA57, CR4_4_LEVELS).levels.candidates[1]).toMatchObject({ verdict: 'unavailable' });
  });

  test('says which key is malformed', () => {
    const failure = failureOf(() => new BuiltKernel({ keys: { 'SYMBOL(_stext)': 'text' } }).open());
    expect(failure).toMatchObject({ kind: 'corrupt', facts: { key: 'SYMBOL(_stext)' } });
  });
});
