import { describe, expect, test } from 'vitest';
import { BuiltSpace } from '../../builders/address-space.ts';
import { failureOf } from '../../builders/failure.ts';
import { KIB4, MIB2 } from '../../builders/page-tables.ts';

const FIRST = 0xffff_8880_0000_0000n;
const SECOND = FIRST + BigInt(KIB4);
const PHYSICAL = 0x10_0000;

/** Two neighbouring virtual pages, mapped to distant physical pages in reverse order. */
function apart(): BuiltSpace {
  const built = new BuiltSpace();
  built.tables.map(FIRST, PHYSICAL + 4 * KIB4);
  built.tables.map(SECOND, PHYSICAL);
  built.memory.write(PHYSICAL + 4 * KIB4 + 4092, Uint8Array.of(1, 2, 3, 4));
  built.memory.write(PHYSICAL, Uint8Array.of(5, 6, 7, 8));
  return built;
}

describe('reading virtual memory', () => {
  test('goes on in the physical page of the next virtual page', () => {
    const { space } = apart();
    expect([...space.bytes(FIRST + 4092n, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('reads words little-endian, even across the border of pages', () => {
    const { space } = apart();
    expect(space.u64(FIRST + 4092n)).toBe(0x0807_0605_0403_0201n);
    expect(space.u32(FIRST + 4094n)).toBe(0x0605_0403);
  });

  test('reads from the middle of a large page past its end', () => {
    const { space, tables, memory } = new BuiltSpace();
    tables.map(FIRST, MIB2, MIB2);
    tables.map(FIRST + BigInt(MIB2), 0x5000);
    memory.write(2 * MIB2 - 2, Uint8Array.of(0xaa, 0xbb));
    memory.write(0x5000, Uint8Array.of(0xcc));
    expect([...space.bytes(FIRST + BigInt(MIB2) - 2n, 3)]).toEqual([0xaa, 0xbb, 0xcc]);
    expect(space.translate(FIRST + 0x1234n)).toBe(MIB2 + 0x1234);
  });

  test('reads nothing when nothing is asked for', () => {
    const { space, memory } = new BuiltSpace();
    expect(space.bytes(0n, 0)).toHaveLength(0);
    expect(memory.reads).toEqual([]);
  });

  test('describes the page that maps an address', () => {
    const { space } = apart();
    expect(space.mappingAt(SECOND + 5n)).toEqual({ virtual: SECOND, physical: PHYSICAL, size: KIB4 });
  });
});

describe('memory that is missing', () => {
  test('is not mapped from the first byte after the last mapped page on', () => {
    const { space } = apart();
    const failure = failureOf(() => space.bytes(SECOND + 4000n, 200));
    expect(failure).toMatchObject({ kind: 'notMapped', facts: { address: SECOND + BigInt(KIB4) } });
  });

  test.each([
    ['notStored', 'is not stored in the dump'],
    ['truncated', 'past the end of the truncated file'],
  ] as const)('is not stored from its first missing byte on (%s)', (absence, text) => {
    const built = apart();
    built.without({ [absence]: [{ start: PHYSICAL + 2, end: PHYSICAL + KIB4 }] });
    const failure = failureOf(() => built.space.bytes(FIRST + 4090n, 20));
    expect(failure).toMatchObject({ kind: 'notStored', facts: { address: SECOND + 2n } });
    expect(failure.message).toContain(text);
  });

  test('is not stored when a page lies outside the dump', () => {
    const { space, tables } = new BuiltSpace();
    tables.map(FIRST, 0x7000_0000);
    const failure = failureOf(() => space.u64(FIRST + 8n));
    expect(failure).toMatchObject({ kind: 'notStored', facts: { address: FIRST + 8n } });
    expect(failure.message).toContain('0x70000008');
  });

  test('is not stored, rather than not mapped, when a table is not stored', () => {
    const built = apart();
    built.without({ notStored: [{ start: 0x4000, end: 0x5000 }] });
    const failure = failureOf(() => built.space.translate(FIRST));
    expect(failure).toMatchObject({ kind: 'notStored', facts: { address: FIRST } });
    expect(failure.message).toContain('pte table at physical 0x4000');
  });

  test('is not mapped at a non-canonical address', () => {
    const failure = failureOf(() => new BuiltSpace().space.u64(0x8000_0000_0000n));
    expect(failure).toMatchObject({ kind: 'notMapped', facts: { address: 0x8000_0000_0000n } });
  });

  test('is not mapped past the last address', () => {
    const { space, tables } = new BuiltSpace();
    tables.map(0xffff_ffff_ffff_f000n, PHYSICAL);
    const failure = failureOf(() => space.bytes(0xffff_ffff_ffff_fffcn, 8));
    expect(failure).toMatchObject({ kind: 'notMapped', facts: { address: 1n << 64n } });
  });

  test('is reported as such when an entry is there but not present', () => {
    const { space, tables } = new BuiltSpace();
    tables.set(FIRST, KIB4, 0x9100n);
    const failure = failureOf(() => space.translate(FIRST));
    expect(failure).toMatchObject({ kind: 'notMapped', facts: { address: FIRST } });
    expect(failure.message).toContain('not present');
  });

  test('does not disturb earlier results after a failure', () => {
    const { space } = apart();
    failureOf(() => space.translate(FIRST - 1n));
    expect(space.translate(SECOND)).toBe(PHYSICAL);
    expect(space.translate(FIRST)).toBe(PHYSICAL + 4 * KIB4);
  });
});
