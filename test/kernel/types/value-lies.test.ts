import { describe, expect, it } from 'vitest';
import { notesOn, readValue, type Value } from '../../../src/kernel/types/value.ts';
import { jsonValue, type StructTypeRow } from '../../../src/report/struct-report.ts';
import { valueView } from '../../../src/report/views/value-view.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { ascii, packed } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';
import { textOf } from '../../support/text-of.ts';

const PLENTY = { elements: 100, values: 1000 };

/** Decodes a value at the start of the data, of the type that `make` adds. */
function decoded(
  make: (btf: BuiltBtf) => number,
  bytes: Uint8Array = new Uint8Array(64),
  budget = PLENTY,
): Value {
  const btf = new BuiltBtf();
  const type = make(btf);
  const kernel = new BuiltTypedKernel(btf);
  kernel.write(0, bytes);
  const { types, space } = kernel.typed;
  return readValue(space, { btf: types.btf, type, bits: null, address: null }, kernel.at(0), { ...budget });
}

const TYPE: StructTypeRow = {
  name: 'struct outer',
  definition: null,
  size: 16,
  module: null,
  layout: null,
  enumerators: null,
};

const u32 = (btf: BuiltBtf) => btf.int('unsigned int', 4);

describe('types that no kernel has', () => {
  it('are rejected when they are too large to read at once', () => {
    const { kind, message } = failureOf(() => decoded((btf) => btf.array(u32(btf), 5 << 20)));
    expect([kind, message]).toEqual([
      'unsupported',
      'unsigned int [5242880] has 20971520 bytes, too many to read at once',
    ]);
  });

  it('are rejected when they contain themselves', () => {
    const { kind, message } = failureOf(() =>
      decoded((btf) => btf.struct('endless', 8, [['self', btf.endId, 0]])),
    );
    expect([kind, message]).toEqual(['corrupt', expect.stringMatching(/nests more than 64 deep$/)]);
  });

  it('have values except for a member that lies outside its structure', () => {
    const value = decoded(
      (btf) => {
        const int = u32(btf);
        const text = btf.array(btf.int('char', 1), 16);
        return btf.struct('small', 8, [
          ['in', int, 0],
          ['out', int, 8],
          ['half', text, 4],
        ]);
      },
      packed(16, [
        [0, 4, 7],
        [8, 4, 9],
      ]),
    );
    expect(jsonValue(value)).toEqual({ in: 7, out: null, half: null });
    expect(value).toMatchObject({
      members: [{}, { value: { reason: 'lies outside its structure' } }, {}],
    });
  });
});

describe('a value that claims more than is decoded', () => {
  it('says how many members are not shown', async () => {
    const value = decoded(
      (btf) => {
        const int = u32(btf);
        const inner = btf.struct('inner', 12, [
          ['a', int, 0],
          ['b', int, 4],
          ['c', int, 8],
        ]);
        return btf.struct('outer', 16, [
          ['inner', inner, 0],
          ['d', int, 12],
        ]);
      },
      packed(16, [[0, 4, 7]]),
      { elements: 100, values: 4 },
    );
    expect(jsonValue(value)).toEqual({ inner: { a: 7, b: 0 } });
    expect(notesOn(value).cut).toEqual([
      'only the first 1 of 2 members are shown',
      'only the first 2 of 3 members of inner are shown',
    ]);
    const title = { name: 'outer', address: 0x1000n, symbol: undefined, type: TYPE };
    expect((await textOf(valueView(title, value, () => undefined))).split('\n').slice(1)).toEqual([
      '  inner = {',
      '    a = 7',
      '    b = 0',
      '    ... 1 more',
      '  }',
      '  ... 1 more',
      '',
    ]);
  });

  it('has at most 4 MiB of texts, even if many members have the same one', () => {
    const size = 500 << 10;
    const value = decoded(
      (btf) => {
        const text = btf.array(btf.int('char', 1), size);
        return btf.union(
          'texts',
          size,
          [...'abcdefghi'].map((name) => [name, text, 0] as const),
        );
      },
      ascii('a'.repeat(size)),
    );
    const members = value.kind === 'struct' ? value.members.map((member) => member.value) : [];
    const texts = members.slice(0, 8).map((text) => text.kind === 'text' && text.text.length);
    expect(texts).toEqual(Array(8).fill(size));
    expect(members[8]).toEqual({ kind: 'missing', reason: 'its texts exceed 4194304 bytes' });
  });
});

describe('an unusual number', () => {
  it('is not a boolean unless it is 0 or 1', () => {
    const bool = (btf: BuiltBtf) => btf.int('_Bool', 1, { bool: true });
    expect([0, 1, 2].map((byte) => jsonValue(decoded(bool, Uint8Array.of(byte))))).toEqual([false, true, 2]);
  });

  it('is a number if its enumeration has no name for it', () => {
    const state = (btf: BuiltBtf) =>
      btf.enum(
        'state',
        [
          ['RUNNING', 0],
          ['LOST', -1],
        ],
        true,
      );
    const values = [0, -1, 5].map((n) => decoded(state, packed(4, [[0, 4, n >>> 0]])));
    expect(values.map(jsonValue)).toEqual(['RUNNING', 'LOST', 5]);
  });
});

describe('an array', () => {
  it('of bytes is a text if they are characters by name or encoding, otherwise numbers', () => {
    const text = ascii('abc\0');
    const four =
      (name: string, char = false) =>
      (btf: BuiltBtf) =>
        btf.array(btf.int(name, 1, { char }), 4);
    expect(jsonValue(decoded(four('char'), text))).toBe('abc');
    expect(jsonValue(decoded(four('signed char', true), text))).toBe('abc');
    expect(jsonValue(decoded(four('unsigned char'), text))).toEqual([97, 98, 99, 0]);
  });

  it('ends when enough has been decoded, and keeps its count', () => {
    const many = (btf: BuiltBtf) => btf.array(btf.array(u32(btf), 4), 8);
    // The array itself, the first of eight, its four numbers, the second and one of its numbers.
    const value = decoded(many, new Uint8Array(128), { elements: 100, values: 8 });
    expect(value).toMatchObject({ kind: 'array', count: 8, elements: [{ count: 4 }, { count: 4 }] });
    expect(jsonValue(value)).toEqual([[0, 0, 0, 0], [0]]);
  });
});
