import { describe, expect, test } from 'vitest';
import { Btf } from '../../../src/kernel/btf/btf.ts';
import { KIND } from '../../../src/kernel/btf/kinds.ts';
import { declaration, typeName } from '../../../src/kernel/types/c-names.ts';
import { layoutOf } from '../../../src/kernel/types/layout.ts';
import { BuiltBtf, type MemberSpec } from '../../builders/btf.ts';
import { failureOf } from '../../builders/failure.ts';

function types() {
  const btf = new BuiltBtf();
  const u8 = btf.int('u8', 1);
  const u32 = btf.int('u32', 4);
  const u64 = btf.int('u64', 8);
  return { btf, u8, u32, u64 };
}

function layout(
  size: number,
  members: (t: ReturnType<typeof types>) => readonly MemberSpec[],
  kind?: number,
) {
  const t = types();
  const id = t.btf.struct('s', size, members(t), kind);
  return layoutOf(new Btf(t.btf.bytes()), id);
}

describe('the layout of a structure', () => {
  test('has holes where alignment leaves bytes, and padding at its end', () => {
    const { holes, padding, members } = layout(24, ({ u8, u64 }) => [
      ['a', u8, 0],
      ['b', u64, 8],
      ['c', u8, 16],
    ]);
    expect(members.map((m) => [m.name, m.offset, m.size])).toEqual([
      ['a', 0, 1],
      ['b', 8, 8],
      ['c', 16, 1],
    ]);
    expect(holes).toEqual([{ firstBit: 8, bits: 56 }]);
    expect(padding).toEqual({ firstBit: 136, bits: 56 });
  });

  test('has any number of members, more than a call can have arguments', () => {
    const count = 200_000;
    const { members, padding } = layout(count + 2, ({ u8 }) =>
      Array.from({ length: count }, (_, i) => ['', u8, i] as const),
    );
    expect(members.length).toBe(count);
    expect(padding).toEqual({ firstBit: 8 * count, bits: 16 });
  });

  test('is corrupt when anonymous members nest exponentially', () => {
    const { btf, u32 } = types();
    let inner = btf.struct('', 4, [['x', u32, 0]]);
    for (let level = 0; level < 20; level++) {
      inner = btf.struct(level === 19 ? 'twice' : '', 4, [
        ['', inner, 0],
        ['', inner, 0],
      ]);
    }
    const { kind, message } = failureOf(() => layoutOf(new Btf(btf.bytes()), inner));
    expect([kind, message]).toEqual(['corrupt', expect.stringMatching(/has more than 262144 members$/)]);
  });

  test('has holes between bit fields, counted in bits', () => {
    const { holes, padding, members } = layout(8, ({ u32 }) => [
      ['a', u32, 0, 3],
      ['b', u32, 8, 5],
      ['c', u32, 35, 2],
    ]);
    expect(members.map((m) => [m.offset, m.bits])).toEqual([
      [0, { first: 0, count: 3 }],
      [0, { first: 8, count: 5 }],
      [4, { first: 3, count: 2 }],
    ]);
    expect(holes).toEqual([
      { firstBit: 3, bits: 5 },
      { firstBit: 13, bits: 22 },
    ]);
    expect(padding).toEqual({ firstBit: 37, bits: 27 });
  });

  test('has no holes in a union, but padding after its longest member', () => {
    const { holes, padding, keyword } = layout(
      8,
      ({ u8, u32 }) => [
        ['a', u8, 0],
        ['b', u32, 0],
      ],
      KIND.UNION,
    );
    expect([keyword, holes, padding]).toEqual(['union', [], { firstBit: 32, bits: 32 }]);
  });

  test('is in the order of the declaration, even if the compiler shuffled the members', () => {
    const { holes, members } = layout(16, ({ u32 }) => [
      ['a', u32, 12],
      ['b', u32, 0],
    ]);
    expect(members.map((m) => m.name)).toEqual(['a', 'b']);
    expect(holes).toEqual([{ firstBit: 32, bits: 64 }]);
  });

  test('expands types without a name, with offsets from the outermost structure', () => {
    const t = types();
    const inner = t.btf.struct('', 8, [
      ['x', t.u8, 0],
      ['y', t.u32, 4],
    ]);
    const id = t.btf.struct('s', 40, [
      ['', inner, 8],
      ['named', t.btf.array(inner, 3), 16],
    ]);
    const [anonymous, named] = layoutOf(new Btf(t.btf.bytes()), id).members;
    expect(anonymous?.inner?.members.map((m) => [m.name, m.offset])).toEqual([
      ['x', 8],
      ['y', 12],
    ]);
    expect(anonymous?.inner?.holes).toEqual([{ firstBit: 72, bits: 24 }]);
    expect(named).toMatchObject({
      name: 'named',
      offset: 16,
      size: 24,
      declaration: 'struct {...} named[3]',
    });
    expect(named?.inner?.members.map((m) => m.offset)).toEqual([16, 20]);
  });

  test('is corrupt when it contains itself without a name', () => {
    const t = types();
    const id = t.btf.endId;
    t.btf.struct('', 8, [['', id, 0]]);
    expect(failureOf(() => layoutOf(new Btf(t.btf.bytes()), id)).kind).toBe('corrupt');
  });
});

describe('declarations', () => {
  const { btf, u8, u64 } = types();
  const list = btf.struct('list_head', 16, []);
  const constant = btf.add(KIND.CONST, '', u8);
  const pointer = btf.pointer(constant);
  const constantPointer = btf.add(KIND.CONST, '', btf.pointer(u8));
  const fn = btf.function(u64, [
    ['', btf.pointer(list)],
    ['', 0],
  ]);
  const noArguments = btf.function(0, []);
  const typed = btf.add(KIND.TYPEDEF, 'size_t', u64);
  const hidden = btf.add(KIND.FWD, 'u', 0, [], 0, true);
  const user = btf.pointer(btf.add(KIND.TYPE_TAG, 'user', u8));
  const circle = btf.pointer(btf.endId);
  const built = [
    btf.array(btf.pointer(list), 4),
    btf.pointer(btf.array(u8, 4)),
    btf.array(btf.pointer(fn), 2),
  ];
  const parsed = new Btf(btf.bytes());
  const [pointers, toArray, functions] = built as [number, number, number];

  test.each([
    [u8, 'u8 x'],
    [pointer, 'const u8 *x'],
    [constantPointer, 'u8 *const x'],
    [pointers, 'struct list_head *x[4]'],
    [toArray, 'u8 (*x)[4]'],
    [fn, 'u64 x(struct list_head *, ...)'],
    [functions, 'u64 (*x[2])(struct list_head *, ...)'],
    [noArguments, 'void x(void)'],
    [typed, 'size_t x'],
    [hidden, 'union u x'],
    [user, 'u8 *x'],
  ])('of type %d are written as C writes them: %s', (id, text) => {
    expect(declaration(parsed, id, 'x')).toBe(text);
  });

  test('without a name are just the type', () => {
    expect(typeName(parsed, functions)).toBe('u64 (*[2])(struct list_head *, ...)');
    expect(typeName(parsed, 0)).toBe('void');
  });

  test('of functions that nest exponentially are corrupt', () => {
    const twice = new BuiltBtf();
    let taken = twice.int('int', 4);
    for (let level = 0; level < 12; level++) {
      taken = twice.function(0, [
        ['', taken],
        ['', taken],
      ]);
    }
    const { kind, message } = failureOf(() => typeName(new Btf(twice.bytes()), taken));
    expect([kind, message]).toEqual([
      'corrupt',
      expect.stringMatching(/is a declaration of more than 1024 types$/),
    ]);
  });

  test('of a pointer to itself are corrupt', () => {
    expect(failureOf(() => typeName(parsed, circle)).kind).toBe('corrupt');
  });
});
