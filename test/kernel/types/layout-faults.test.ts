import { describe, expect, test } from 'vitest';
import { Btf } from '../../../src/kernel/btf/btf.ts';
import { KIND } from '../../../src/kernel/btf/kinds.ts';
import { layoutFault } from '../../../src/kernel/types/layout-faults.ts';
import { BuiltBtf, type MemberSpec } from '../../builders/btf.ts';
import { failureOf } from '../../builders/failure.ts';

function types() {
  const btf = new BuiltBtf();
  const u8 = btf.int('u8', 1);
  const u32 = btf.int('u32', 4);
  const pointer = btf.pointer(u8);
  const declared = btf.add(KIND.FWD, 'declared', 0);
  return { btf, u8, u32, pointer, declared };
}

type Members = (t: ReturnType<typeof types>) => readonly MemberSpec[];

function fault(size: number, members: Members, kind?: number): string | undefined {
  const t = types();
  const id = t.btf.struct('s', size, members(t), kind);
  return layoutFault(new Btf(t.btf.bytes()), id);
}

describe('a layout that a compiler may produce', () => {
  test.each<[string, number, Members, number?]>([
    [
      'aligned',
      24,
      ({ u8, pointer }) => [
        ['a', u8, 0],
        ['b', pointer, 8],
        ['c', u8, 16],
      ],
    ],
    [
      'packed',
      9,
      ({ u8, pointer }) => [
        ['a', u8, 0],
        ['b', pointer, 1],
      ],
    ],
    [
      'with bit fields',
      8,
      ({ u32 }) => [
        ['a', u32, 0, 3],
        ['b', u32, 8, 5],
        ['c', u32, 35, 2],
      ],
    ],
    [
      'aligned to more than its type needs',
      128,
      ({ pointer, u32 }) => [
        ['a', pointer, 0],
        ['b', u32, 64],
      ],
    ],
    [
      'of user space, with a declared gap',
      5,
      ({ u8 }) => [
        ['a', u8, 0],
        ['b', u8, 4],
      ],
    ],
    [
      'a union',
      8,
      ({ u32, pointer }) => [
        ['a', u32, 0],
        ['b', pointer, 0],
      ],
      KIND.UNION,
    ],
  ])('%s', (_, ...plan) => {
    expect(fault(...plan)).toBeUndefined();
  });
});

describe('a layout that no compiler produces', () => {
  test.each<[string, number, Members, RegExp, number?]>([
    [
      'members that overlap',
      16,
      ({ pointer }) => [
        ['a', pointer, 0],
        ['b', pointer, 7],
      ],
      /^member 2 \(b\) begins before the end/,
    ],
    [
      'a member past the end',
      12,
      ({ pointer }) => [
        ['a', pointer, 0],
        ['b', pointer, 8],
      ],
      /^member 2 \(b\) ends past the 12 bytes/,
    ],
    [
      'a member that begins within a byte',
      16,
      ({ u32 }) => [['a', u32, 3, 0]],
      /^member 1 \(a\) has impossible bits/,
    ],
    ['more bits than the type has', 16, ({ u8 }) => [['a', u8, 0, 9]], /^member 1 \(a\) has impossible bits/],
    [
      'a member that is only declared',
      8,
      ({ declared }) => [['a', declared, 0]],
      /^member 1 \(a\) has a type without a size/,
    ],
    [
      'two members of one name',
      16,
      ({ pointer }) => [
        ['a', pointer, 0],
        ['a', pointer, 8],
      ],
      /^member 2 \(a\) has the same name as another member/,
    ],
    [
      'a number without a name',
      8,
      ({ u32 }) => [
        ['a', u32, 0],
        ['', u32, 4],
      ],
      /^member 2 \(without a name\) is not a structure/,
    ],
    [
      'a gap that aligns nothing',
      32,
      ({ pointer }) => [
        ['a', pointer, 0],
        ['b', pointer, 24],
      ],
      /^member 2 \(b\) follows a gap of 16 bytes/,
    ],
    [
      'an end that aligns nothing',
      24,
      ({ pointer }) => [['a', pointer, 0]],
      /^it ends 16 bytes past its last member/,
    ],
    [
      'a union member that does not begin at its start',
      16,
      ({ pointer }) => [['a', pointer, 8]],
      /^member 1 \(a\) is not within the 16 bytes/,
      KIND.UNION,
    ],
  ])('%s', (_, size, members, expected, kind) => {
    expect(fault(size, members, kind)).toMatch(expected);
  });

  test('in an anonymous part', () => {
    const t = types();
    const inner = t.btf.struct('', 8, [
      ['x', t.u32, 0],
      ['y', t.u32, 2],
    ]);
    const id = t.btf.struct('s', 8, [['', inner, 0]]);
    expect(layoutFault(new Btf(t.btf.bytes()), id)).toMatch(/^member 2 \(y\) begins before the end/);
  });

  test('a name that is the tail of another', () => {
    const { btf, u32 } = types();
    const id = btf.add(KIND.STRUCT, 's', 4, [btf.string('number') + 2, u32, 0], 1, true);
    expect(layoutFault(new Btf(btf.bytes()), id)).toMatch(
      /^member 1 \(mber\) is named by the tail of another name/,
    );
  });
});

test('anonymous parts that nest exponentially come to an end', () => {
  const { btf, u32 } = types();
  let inner = btf.struct('', 4, [['x', u32, 0]]);
  for (let level = 0; level < 20; level++)
    inner = btf.struct('', 4, [
      ['', inner, 0],
      ['', inner, 0],
    ]);
  const { kind, message } = failureOf(() => layoutFault(new Btf(btf.bytes()), inner));
  expect([kind, message]).toEqual(['corrupt', expect.stringMatching(/nests anonymous members endlessly/)]);
});
