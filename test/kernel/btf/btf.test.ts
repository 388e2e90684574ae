import { describe, expect, test } from 'vitest';
import { Btf } from '../../../src/kernel/btf/btf.ts';
import { KIND } from '../../../src/kernel/btf/kinds.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { failureOf } from '../../builders/failure.ts';

const parsed = (built: BuiltBtf, base?: Btf) => new Btf(built.bytes(), base);
const idsOf = (btf: Btf, name: string) => [...btf.find(name)];

describe('a type', () => {
  test('is read whatever its kind, and so is the next one', () => {
    const built = new BuiltBtf();
    const int = built.int('int', 4, { signed: true });
    const ids = {
      PTR: built.pointer(int),
      ARRAY: built.array(int, 7),
      STRUCT: built.struct('s', 8, [['a', int, 0]]),
      UNION: built.union('u', 4, [['a', int, 0]]),
      ENUM: built.enum('e', [['E_A', 1]]),
      FWD: built.add(KIND.FWD, 'f', 0, [], 0, true),
      TYPEDEF: built.add(KIND.TYPEDEF, 't', int),
      VOLATILE: built.add(KIND.VOLATILE, '', int),
      CONST: built.add(KIND.CONST, '', int),
      RESTRICT: built.add(KIND.RESTRICT, '', int),
      FUNC_PROTO: built.function(int, [['x', int]]),
      FUNC: built.add(KIND.FUNC, 'fn', 12, [], 1),
      VAR: built.add(KIND.VAR, 'v', int, [1]),
      DATASEC: built.add(KIND.DATASEC, '.data..percpu', 4, [15, 0, 4], 1),
      FLOAT: built.add(KIND.FLOAT, 'double', 8),
      DECL_TAG: built.add(KIND.DECL_TAG, 'tag', 4, [0xffff_ffff]),
      TYPE_TAG: built.add(KIND.TYPE_TAG, 'user', int),
      ENUM64: built.enum64('e64', [['E_BIG', 1n << 40n]]),
      last: built.struct('last', 16, [['end', int, 12]]),
    };
    const btf = parsed(built);
    for (const [name, id] of Object.entries(ids)) {
      expect(btf.kind(id), name).toBe(KIND[name as keyof typeof KIND] ?? KIND.STRUCT);
    }
    expect(btf.array(ids.ARRAY)).toEqual({ element: int, count: 7 });
    expect(btf.member(ids.last, 0)).toEqual({ name: 'end', type: int, bitOffset: 96, bitSize: null });
    expect(btf.parameter(ids.FUNC_PROTO, 0)).toEqual({ name: 'x', type: int });
    expect(btf.enumerator(ids.ENUM64, 0)).toEqual({ name: 'E_BIG', value: 1n << 40n });
    expect(btf.flag(ids.FWD)).toBe(true);
    expect(btf.endId).toBe(ids.last + 1);
  });

  test('is found by name together with its namesakes, except functions and tags', () => {
    const built = new BuiltBtf();
    const int = built.int('int', 4);
    built.add(KIND.FUNC, 'page', int);
    const first = built.struct('page', 4, [['a', int, 0]]);
    built.add(KIND.DECL_TAG, 'page', first, [0]);
    const second = built.add(KIND.TYPEDEF, 'page', int);
    const btf = parsed(built);
    expect(idsOf(btf, 'page')).toEqual([first, second]);
    expect(idsOf(btf, 'pag')).toEqual([]);
    expect(idsOf(btf, 'pages')).toEqual([]);
    expect(idsOf(btf, '')).toEqual([]);
  });

  test('may have more elements than 16 bits count, as since 7.2', () => {
    const built = new BuiltBtf();
    const int = built.int('int', 4);
    const many = Array.from({ length: 70_000 }, (_, i) => [`E${i}`, i] as const);
    const id = built.enum('many', many);
    const after = built.struct('after', 4, [['x', int, 0]]);
    const btf = parsed(built);
    expect(btf.elements(id)).toBe(70_000);
    expect(btf.enumerator(id, 69_999)).toEqual({ name: 'E69999', value: 69_999n });
    expect(idsOf(btf, 'after')).toEqual([after]);
  });
});

describe('sizes', () => {
  test('follow typedefs, qualifiers, tags and arrays; pointers have 8 bytes', () => {
    const built = new BuiltBtf();
    const short = built.int('short', 2);
    const tagged = built.add(KIND.TYPE_TAG, 'rcu', short);
    const constant = built.add(KIND.CONST, '', tagged);
    const named = built.add(KIND.TYPEDEF, 'u16', constant);
    const matrix = built.array(built.array(named, 3), 5);
    const pointer = built.pointer(matrix);
    const btf = parsed(built);
    expect([named, matrix, pointer].map((id) => btf.sizeOf(id))).toEqual([2, 30, 8]);
    expect(btf.resolve(named)).toBe(short);
  });

  test('are undefined for void, functions and forward declarations', () => {
    const built = new BuiltBtf();
    const declared = built.add(KIND.FWD, 'hidden', 0);
    const fn = built.function(0, []);
    const btf = parsed(built);
    expect([0, declared, fn].map((id) => btf.sizeOf(id))).toEqual([undefined, undefined, undefined]);
  });
});

describe('bit fields', () => {
  test('have their place and width in the member since 4.20', () => {
    const built = new BuiltBtf();
    const u32 = built.int('u32', 4);
    const id = built.struct('flags', 4, [
      ['a', u32, 0, 3],
      ['b', u32, 3, 29],
      ['whole', u32, 4],
    ]);
    const btf = parsed(built);
    expect(btf.member(id, 1)).toEqual({ name: 'b', type: u32, bitOffset: 3, bitSize: 29 });
    expect(btf.member(id, 2)).toEqual({ name: 'whole', type: u32, bitOffset: 32, bitSize: null });
  });

  test('are integers with fewer bits before 4.20', () => {
    const built = new BuiltBtf();
    const u32 = built.int('u32', 4);
    const three = built.int('', 1, { bits: 3 });
    const shifted = built.int('', 1, { bits: 2, bitOffset: 3 });
    const members = [
      ['a', three, 0],
      ['b', shifted, 0],
      ['c', u32, 4],
    ] as const;
    const id = built.struct('flags', 8, members, KIND.STRUCT, true);
    const btf = parsed(built);
    expect([0, 1, 2].map((i) => [btf.member(id, i).bitOffset, btf.member(id, i).bitSize])).toEqual([
      [0, 3],
      [3, 2],
      [32, null],
    ]);
  });
});

describe('values of enumerations', () => {
  const minusOne = [['E', -1]] as const;

  test('are signed if the writer marked them, otherwise unsigned', () => {
    const built = new BuiltBtf();
    const signed = built.enum('s', minusOne, true);
    const unsigned = built.enum('u', minusOne);
    const btf = parsed(built);
    expect(btf.enumerator(signed, 0).value).toBe(-1n);
    expect(btf.enumerator(unsigned, 0).value).toBe(0xffff_ffffn);
  });

  test('are all signed if the writer did not distinguish them, as before 6.0', () => {
    const built = new BuiltBtf();
    const id = built.enum('e', minusOne);
    expect(parsed(built).enumerator(id, 0).value).toBe(-1n);
  });

  test('have 64 bits in the wide kind', () => {
    const built = new BuiltBtf();
    const signed = built.enum64('s', [['LOW', -(2n ** 63n)]], true);
    const unsigned = built.enum64('u', [['HIGH', 2n ** 64n - 1n]]);
    const btf = parsed(built);
    expect(btf.enumerator(signed, 0).value).toBe(-(2n ** 63n));
    expect(btf.enumerator(unsigned, 0).value).toBe(2n ** 64n - 1n);
  });
});

describe("a module's types", () => {
  const kernel = new BuiltBtf();
  const int = kernel.int('int', 4);
  const page = kernel.struct('page', 4, [['flags', int, 0]]);
  const base = parsed(kernel);
  const built = new BuiltBtf(kernel);
  const own = built.struct('blk', 8, [
    ['page', page, 0],
    ['n', int, 4],
  ]);
  const ownPage = built.struct('page', 8, []);
  const module = parsed(built, base);

  test('continue the ids and names of the kernel', () => {
    expect(own).toBe(page + 1);
    expect([module.firstId, module.endId]).toEqual([own, ownPage + 1]);
    expect(module.nameOf(own)).toBe('blk');
    expect(module.member(own, 1)).toMatchObject({ name: 'n', type: int });
    expect(module.nameOf(page)).toBe('page');
    expect(module.sizeOf(page)).toBe(4);
  });

  test("are found before the kernel's, which are found, too", () => {
    expect(idsOf(module, 'page')).toEqual([ownPage, page]);
    expect(idsOf(module, 'int')).toEqual([int]);
    expect(idsOf(base, 'blk')).toEqual([]);
  });

  test('can only be read with the base that they continue', () => {
    const other = parsed(new BuiltBtf());
    const wrong = parsed(built, other);
    expect(failureOf(() => wrong.nameOf(wrong.firstId)).kind).toBe('corrupt');
  });
});

describe('an invalid type', () => {
  test('is corrupt when its typedefs form a cycle', () => {
    const built = new BuiltBtf();
    built.add(KIND.TYPEDEF, 'a', 2);
    built.add(KIND.CONST, '', 1);
    const btf = parsed(built);
    expect(failureOf(() => btf.resolve(1))).toMatchObject({ kind: 'corrupt', facts: { offset: 24 } });
    expect(failureOf(() => btf.sizeOf(1)).kind).toBe('corrupt');
  });

  test('is corrupt when it is an array of itself', () => {
    const built = new BuiltBtf();
    built.array(1, 2);
    expect(failureOf(() => parsed(built).sizeOf(1)).kind).toBe('corrupt');
  });

  test('is corrupt when it has more bytes than there are', () => {
    const built = new BuiltBtf();
    let id = built.int('int', 4);
    for (let i = 0; i < 4; i++) id = built.array(id, 2 ** 32 - 1);
    expect(failureOf(() => parsed(built).sizeOf(id)).kind).toBe('corrupt');
  });

  test.each([2, 99, 2 ** 32 - 1])('is corrupt when it refers to type %d, which does not exist', (id) => {
    const built = new BuiltBtf();
    built.add(KIND.TYPEDEF, 'a', id);
    const failure = failureOf(() => parsed(built).resolve(1));
    expect(failure.kind).toBe('corrupt');
    expect(failure.message).toContain(`there is no type ${id}`);
  });

  test('is corrupt when its name is past the strings', () => {
    const built = new BuiltBtf();
    built.int('int', 4);
    const bytes = built.bytes();
    new DataView(bytes.buffer).setUint32(24, 500, true);
    expect(failureOf(() => new Btf(bytes).nameOf(1)).message).toContain('a name is at offset 500');
  });
});

describe('a text that is longer than any name', () => {
  const built = new BuiltBtf();
  const int = built.int('int', 4);
  const long = built.struct('a'.repeat(4096), 4, [['b'.repeat(100_000), int, 0]]);
  const btf = parsed(built);

  test('is not a name, however many offsets point into it', () => {
    expect(failureOf(() => btf.member(long, 0))).toMatchObject({
      kind: 'corrupt',
      message: expect.stringMatching(/the name at \d+ has more than 4096 characters$/),
    });
  });

  test('is distinguished from the longest valid name, which can be found', () => {
    expect(btf.nameOf(long)).toBe('a'.repeat(4096));
    expect(idsOf(btf, 'a'.repeat(4096))).toEqual([long]);
  });
});
