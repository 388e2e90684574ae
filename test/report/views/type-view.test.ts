import { describe, expect, it } from 'vitest';
import type { LayoutRow, MemberRow, StructTypeRow } from '../../../src/report/struct-report.ts';
import { typeView } from '../../../src/report/views/type-view.ts';
import { textOf } from '../../support/text-of.ts';

const member = (
  declaration: string,
  offset: number,
  size: number,
  more: Partial<MemberRow> = {},
): MemberRow => ({
  ...{ name: declaration, declaration, offset, size, bitField: null, inner: null, ...more },
});
const layout = (size: number, members: readonly MemberRow[], more: Partial<LayoutRow> = {}): LayoutRow => ({
  ...{ keyword: 'struct', size, members, holes: [], padding: null, ...more },
});

async function linesOf(type: Partial<StructTypeRow>, width = 80): Promise<string[]> {
  const whole: StructTypeRow = {
    ...{ name: 'struct box', definition: null, size: 8, module: null, layout: null, enumerators: null },
    ...type,
  };
  return (await textOf(typeView(whole), { columns: width })).trimEnd().split('\n');
}

describe('the title of a type', () => {
  it.each<[string, Partial<StructTypeRow>, string]>([
    ['a structure', {}, 'struct box, 8 bytes'],
    ['one of a module', { module: 'ext4' }, 'struct box, 8 bytes  [ext4]'],
    [
      'a typedef, and what it stands for',
      { name: 'u8', definition: 'unsigned char', size: 1 },
      'typedef unsigned char, 1 byte',
    ],
    ['what has no size', { name: 'void', size: null }, 'void, without a size'],
  ])('is that of %s', async (_, type, text) => {
    expect(await linesOf(type)).toEqual([text]);
  });
});

describe('an enumeration', () => {
  it('has a line for each of its names, without control characters', async () => {
    const enumerators = [
      { name: 'ZONE_DMA', value: 0 },
      { name: '\x1b[2J', value: '-9223372036854775808' },
    ];
    const lines = ['enum zone_type, 4 bytes', '  ZONE_DMA = 0', '  \\x1b[2J = -9223372036854775808'];
    expect(await linesOf({ name: 'enum zone_type', size: 4, enumerators })).toEqual(lines);
  });
});

describe('a structure', () => {
  it('has its members, bit fields and gaps in the order of their offsets, and their sums', async () => {
    // struct box { u8 a; u32 :0; u32 b:3; u64 d; u16 e; }
    const found = layout(
      24,
      [
        member('u8 a', 0, 1),
        member('u32 b:3', 4, 4, { bitField: { first: 0, count: 3 } }),
        member('u64 d', 8, 8),
        member('u16 e', 16, 2),
      ],
      {
        holes: [
          { offset: 1, bit: 0, bits: 24 },
          { offset: 4, bit: 3, bits: 29 },
        ],
        padding: { offset: 18, bit: 0, bits: 48 },
      },
    );
    expect(await linesOf({ size: 24, layout: found })).toEqual([
      'struct box, 24 bytes',
      ' OFFSET   SIZE  MEMBER',
      '      0      1  u8 a;',
      '      1      3  (hole)',
      '    4:0     3b  u32 b:3;',
      '    4:3    29b  (hole)',
      '      8      8  u64 d;',
      '     16      2  u16 e;',
      '     18      6  (padding)',
      '24 bytes, 4 members, 2 holes of 6 bytes and 5 bits, 6 bytes of padding',
    ]);
  });

  it.each([
    [[8], '1 hole of 1 byte'],
    [[5], '1 hole of 5 bits'],
    [[1], '1 hole of 1 bit'],
    [[9, 16], '2 holes of 3 bytes and 1 bit'],
  ])('sums up holes of %j bits', async (holes, text) => {
    const rows = holes.map((bits) => ({ offset: 1, bit: 0, bits }));
    const lines = await linesOf({ layout: layout(8, [member('u8 a', 0, 1)], { holes: rows }) });
    expect(lines.at(-1)).toBe(`8 bytes, 1 member, ${text}`);
  });

  it('has the members of anonymous types in place', async () => {
    const inner = (at: number) =>
      layout(8, [member('u64 x', at, 8), member('void *y', at, 8)], { keyword: 'union' });
    const members = [
      member('u64 a', 0, 8),
      member('union {...}', 8, 8, { name: null, inner: inner(8) }),
      member('union {...} named[2]', 16, 16, { inner: inner(16) }),
    ];
    expect((await linesOf({ size: 32, layout: layout(32, members) })).slice(3, -1)).toEqual([
      '      8      8  union {',
      '      8      8    u64 x;',
      '      8      8    void *y;',
      '                };',
      '     16     16  union {',
      '     16      8    u64 x;',
      '     16      8    void *y;',
      '                } named[2];',
    ]);
  });
});
