import { describe, expect, test } from 'vitest';
import type { PageTableWalk } from '../../../src/kernel/paging/page-walk.ts';
import { BuiltSpace, ROOT } from '../../builders/address-space.ts';
import { GIB1, KIB4, MIB2 } from '../../builders/page-tables.ts';

/** Index 0x111 in the root (4 levels), then 4, 0x11a and 0x56. */
const ADDRESS = 0xffff_8881_2345_6000n;
/** Index 0x111 in the root (5 levels), then 0, 0, 1 and 3. */
const ADDRESS5 = 0xff11_0000_0020_3000n;

const path = (walk: PageTableWalk) => walk.steps.map((step) => [step.level.name, step.table, step.index]);

describe('a walk', () => {
  test('reports each level, its table and the index in it, with 4 levels', () => {
    const { tables, walker } = new BuiltSpace();
    tables.map(ADDRESS, 0x9000);
    const walk = walker.walk(ADDRESS + 0x123n);
    expect(path(walk)).toEqual([
      ['pgd', ROOT, 0x111],
      ['pud', 0x2000, 4],
      ['pmd', 0x3000, 0x11a],
      ['pte', 0x4000, 0x56],
    ]);
    expect(walk.steps.map((step) => step.entry.physical)).toEqual([0x2000, 0x3000, 0x4000, 0x9000]);
    expect(walk.result).toEqual({ kind: 'mapped', physical: 0x9123, pageSize: KIB4 });
  });

  test('has a p4d between pgd and pud with 5 levels', () => {
    const { tables, walker } = new BuiltSpace({ levels: 5 });
    tables.map(ADDRESS5, 0x9000);
    const walk = walker.walk(ADDRESS5);
    expect(path(walk)).toEqual([
      ['pgd', ROOT, 0x111],
      ['p4d', 0x2000, 0],
      ['pud', 0x3000, 0],
      ['pmd', 0x4000, 1],
      ['pte', 0x5000, 3],
    ]);
    expect(walk.result).toMatchObject({ kind: 'mapped', physical: 0x9000 });
  });

  test('ends at a page of 2 MiB, whose PAT bit is not an address bit', () => {
    const { tables, walker } = new BuiltSpace();
    const base = ADDRESS - (ADDRESS % BigInt(MIB2));
    tables.map(base, 0x20_0000, MIB2, 1n << 12n);
    const walk = walker.walk(base + 0x1f_0008n);
    expect(walk.steps).toHaveLength(3);
    expect(walk.result).toEqual({ kind: 'mapped', physical: 0x3f_0008, pageSize: MIB2 });
  });

  test.each([
    [4, ADDRESS - (ADDRESS % BigInt(GIB1)), 2],
    [5, ADDRESS5 - (ADDRESS5 % BigInt(GIB1)), 3],
  ] as const)('ends at a page of 1 GiB with %d levels', (levels, base, steps) => {
    const { tables, walker } = new BuiltSpace({ levels });
    tables.map(base, 3 * GIB1, GIB1, 1n << 12n);
    const walk = walker.walk(base + 0x3fff_ffffn);
    expect(walk.steps).toHaveLength(steps);
    expect(walk.result).toEqual({ kind: 'mapped', physical: 4 * GIB1 - 1, pageSize: GIB1 });
  });

  test('strips the encryption bit from every entry', () => {
    const { tables, walker } = new BuiltSpace({ smeMask: 1n << 47n });
    tables.map(ADDRESS, 0x9000);
    const walk = walker.walk(ADDRESS);
    expect(walk.steps.map((step) => step.entry.raw >> 47n)).toEqual([1n, 1n, 1n, 1n]);
    expect(walk.result).toMatchObject({ kind: 'mapped', physical: 0x9000 });
  });

  test.each([
    [4, 0xff11_0000_0000_0000n],
    [4, 0x8000_0000_0000n],
    [5, 0xfe00_0000_0000_0000n],
  ] as const)('of a non-canonical address reads no table (%d levels, 0x%s)', (levels, address) => {
    const { walker, memory } = new BuiltSpace({ levels });
    expect(walker.walk(address)).toEqual({ address, steps: [], result: { kind: 'notCanonical' } });
    expect(memory.reads).toEqual([]);
  });
});

describe('a walk that finds no page', () => {
  test.each([
    ['pgd', 2 ** 39, 1],
    ['pud', GIB1, 2],
    ['pmd', MIB2, 3],
    ['pte', KIB4, 4],
  ] as const)('says that the %s entry is empty', (name, span, steps) => {
    const { tables, walker } = new BuiltSpace();
    tables.map(ADDRESS, 0x9000);
    tables.set(ADDRESS, span, 0n);
    const walk = walker.walk(ADDRESS);
    expect(walk.result).toMatchObject({ kind: 'notMapped', level: { name } });
    expect(walk.steps).toHaveLength(steps);
  });

  test('distinguishes a nonempty entry that is not present from an empty one', () => {
    const { tables, walker } = new BuiltSpace();
    tables.set(ADDRESS, KIB4, 0x9100n);
    expect(walker.walk(ADDRESS).result).toMatchObject({ kind: 'notPresent', level: { name: 'pte' } });
  });

  test.each([
    ['notStored', { notStored: [{ start: 0x3000, end: 0x4000 }] }],
    ['truncated', { truncated: [{ start: 0x3000, end: 0x4000 }] }],
    ['unreadable', { unreadable: [{ start: 0x3000, end: 0x4000 }] }],
    ['truncated', { truncated: [{ start: 0x3ff8, end: 0x4000 }] }],
  ] as const)('says that the table is %s', (absence, plan) => {
    const built = new BuiltSpace();
    built.tables.map(ADDRESS, 0x9000);
    const walk = built.without(plan).walker.walk(ADDRESS);
    expect(walk.result).toMatchObject({ kind: 'noTable', level: { name: 'pmd' }, table: 0x3000, absence });
    expect(walk.steps).toHaveLength(2);
  });

  test('says that the table lies outside all memory', () => {
    const { tables, walker } = new BuiltSpace();
    tables.set(ADDRESS, GIB1, 0x7fff_ffff_f063n);
    expect(walker.walk(ADDRESS).result).toMatchObject({
      kind: 'noTable',
      level: { name: 'pmd' },
      table: 0x7fff_ffff_f000,
      absence: 'hole',
    });
  });

  test('ends where a table points at itself', () => {
    const { memory, tables, walker } = new BuiltSpace();
    const entry = 0x63n | BigInt(ROOT);
    for (let i = 0; i < 512; i++) memory.writeU64(tables.root + 8 * i, entry);
    expect(walker.walk(ADDRESS).steps.map((step) => step.table)).toEqual([ROOT, ROOT, ROOT, ROOT]);
    expect(walker.walk(ADDRESS).result).toMatchObject({ kind: 'mapped', physical: ROOT });
  });
});

describe('the tables of a walker', () => {
  test.each([4, 5] as const)('are read once per level for 512 neighbouring pages (%d levels)', (levels) => {
    const { memory, tables, walker } = new BuiltSpace({ levels });
    const first = levels === 4 ? 0xffff_8880_0000_0000n : 0xff11_0000_0000_0000n;
    for (let i = 0; i < 512; i++) tables.map(first + BigInt(i * KIB4), 0x10_0000 + i * KIB4);
    for (let i = 0; i < 512; i++) {
      const { result } = walker.walk(first + BigInt(i * KIB4));
      expect(result).toMatchObject({ kind: 'mapped', physical: 0x10_0000 + i * KIB4 });
    }
    expect(memory.reads).toHaveLength(levels);
  });

  test('are read again after a failed read', () => {
    const built = new BuiltSpace();
    built.tables.map(ADDRESS, 0x9000);
    built.without({ notStored: [{ start: 0x3000, end: 0x4000 }] });
    expect(built.walker.walk(ADDRESS).result.kind).toBe('noTable');
    expect(built.without({}).walker.walk(ADDRESS).result.kind).toBe('mapped');
  });

  test('are returned undecoded if the dump has them', () => {
    const { tables, walker } = new BuiltSpace();
    tables.map(ADDRESS, 0x9000);
    expect(walker.table(ROOT)?.[0x111]).toBe(0x2063n);
    expect(walker.table(0x7000_0000)).toBeUndefined();
  });
});
