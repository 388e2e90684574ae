import { describe, expect, it } from 'vitest';
import type { MemberValue, Value } from '../../../src/kernel/types/value.ts';
import type { StructTypeRow } from '../../../src/report/struct-report.ts';
import { type ValueTitle, valueView } from '../../../src/report/views/value-view.ts';
import { textOf } from '../../support/text-of.ts';

const TYPE: StructTypeRow = {
  ...{ name: 'struct box', definition: null, size: 8, module: null, layout: null, enumerators: null },
};
const TITLE: ValueTitle = { type: TYPE, name: 'box', address: 0xffff_8880_0000_1000n, symbol: undefined };

const number = (value: bigint): Value => ({ kind: 'number', value });
const struct = (...members: [string, Value][]): Value => ({
  kind: 'struct',
  count: members.length,
  members: members.map(([name, value]): MemberValue => ({ name, value })),
});
const array = (elements: readonly Value[], count = elements.length): Value => ({
  ...{ kind: 'array', count, elements },
});

const symbolOf = (address: bigint) => (address === 0x10n ? 'init_task+0x0' : undefined);
/** Returns the lines below the title. */
const linesOf = async (value: Value) =>
  (await textOf(valueView(TITLE, value, symbolOf))).split('\n').slice(1, -1);

describe('the title of a value', () => {
  const titleOf = async (changes: Partial<ValueTitle>) =>
    (await textOf(valueView({ ...TITLE, ...changes }, struct(), symbolOf))).split('\n')[0];

  it('has the type, the address with its symbol, and the module of the type', async () => {
    expect(await titleOf({})).toBe('struct box at 0xffff888000001000');
    expect(await titleOf({ symbol: 'a_box' })).toBe('struct box at 0xffff888000001000 <a_box>');
    expect(await titleOf({ type: { ...TYPE, module: 'ext4' } })).toBe(
      'struct box at 0xffff888000001000  [ext4]',
    );
  });

  it('is escaped', async () => {
    expect(await titleOf({ symbol: '\x1b[2J', type: { ...TYPE, module: '\x9b' } })).toBe(
      'struct box at 0xffff888000001000 <\\x1b[2J>  [\\x9b]',
    );
  });
});

describe('a value on one line', () => {
  it.each<[string, Value, string]>([
    ['a number', number(-5n), '-5'],
    ['a number that may be flags', number(1n << 32n), '4294967296 (0x100000000)'],
    ['the largest number that has no hex', number((1n << 32n) - 1n), '4294967295'],
    ['a truth', { kind: 'bool', value: true }, 'true'],
    ['a named number', { kind: 'enum', value: 3n, name: 'PG_lru' }, 'PG_lru (3)'],
    ['a number of an enumeration that has no name', { kind: 'enum', value: 9n, name: null }, '9'],
    ['a pointer', { kind: 'pointer', address: 0x20n }, '0x20'],
    ['a pointer at a symbol', { kind: 'pointer', address: 0x10n }, '0x10 <init_task+0x0>'],
    ['text, as C writes it', { kind: 'text', text: 'a "b" \\ \x07' }, '"a \\"b\\" \\\\ \\x07"'],
    // As a number: x86_64 has the lowest byte first.
    ['bytes of no known meaning', { kind: 'opaque', bytes: Uint8Array.of(1, 2, 0xab) }, '0xab0201'],
    ['what is missing, and why', { kind: 'missing', reason: 'not stored' }, '(unknown: not stored)'],
    ['a structure without members', struct(), '{}'],
    ['an array without elements', array([]), '{}'],
  ])('is %s', async (_, value, text) => {
    expect(await linesOf(struct(['m', value]))).toEqual([`  m = ${text}`]);
  });

  it('has no symbol for a null pointer', async () => {
    const text = await textOf(valueView(TITLE, { kind: 'pointer', address: 0n }, () => 'fixed_percpu_data'));
    expect(text.split('\n')[1]).toBe('  box = 0x0');
  });
});

describe('an array', () => {
  it('of numbers is on one line; equal neighbours are listed once, and the rest is counted', async () => {
    const [one, two] = [number(1n), number(2n)];
    expect(await linesOf(array([one, two, two, two, one], 9))).toEqual([
      '  box = {1, 2 (3 times), 1, ... 4 more}',
    ]);
  });

  it('of structures has them below each other with their indexes; equal neighbours are listed once', async () => {
    const [one, two] = [struct(['x', number(1n)]), struct(['x', number(2n)])];
    expect(await linesOf(array([one, two, two], 5))).toEqual([
      '  box = {',
      ...['    [0] = {', '      x = 1', '    }'],
      ...['    [1..2] = {', '      x = 2', '    }'],
      '    ... 2 more',
      '  }',
    ]);
  });

  it('of arrays has each on its own line', async () => {
    expect(await linesOf(array([array([number(1n), number(2n)]), array([])]))).toEqual([
      ...['  box = {', '    [0] = {1, 2}', '    [1] = {}', '  }'],
    ]);
  });
});

describe('a structure', () => {
  it('has the members of an anonymous one among its own, as in C', async () => {
    const inner = struct(['y', number(2n)], ['', struct(['z', number(3n)])]);
    expect(await linesOf(struct(['x', number(1n)], ['', inner], ['w', inner]))).toEqual([
      ...['  x = 1', '  y = 2', '  z = 3', '  w = {', '    y = 2', '    z = 3', '  }'],
    ]);
  });
});
