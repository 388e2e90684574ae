import type { HoleRow, LayoutRow, MemberRow, StructTypeRow } from '../struct-report.ts';
import { plural } from '../units.ts';
import { type Column, numbers, ordinals, paragraph, strong, table, title, type View } from '../view.ts';

const COLUMNS: readonly Column[] = [
  { ...ordinals('OFFSET'), least: 7 },
  { ...numbers('SIZE'), least: 5 },
  { title: 'MEMBER', align: 'left', hang: 4 },
];
/** Blanks before the members of a structure or union without a type name, for each level. */
const DEPTH = '  ';

/**
 * Shows offset, size and declaration of each member of a type, and its gaps; of an enumeration, its names.
 */
export function* typeView({ name, definition, size, module, layout, enumerators }: StructTypeRow): View {
  const what = definition === null ? name : `typedef ${definition}`;
  const bytes = size === null ? 'without a size' : plural(size, 'byte');
  yield title(strong(`${what}, ${bytes}${module === null ? '' : `  [${module}]`}`));
  if (layout) {
    yield table(COLUMNS, layoutRows(layout, ''));
    yield paragraph(summary(layout));
  }
  for (const { name: called, value } of enumerators ?? []) yield paragraph(`${called} = ${value}`, 2);
}

type Row = readonly [offset: string, size: string, text: string];

/** Returns members and holes in the order of their offsets. Anonymous types are expanded in place. */
function layoutRows(layout: LayoutRow, before: string): Row[] {
  const gaps = layout.padding ? [...layout.holes, layout.padding] : layout.holes;
  const rows = [
    ...layout.members.map((member) => ({ at: placeOf(member), rows: memberRows(member, before) })),
    ...gaps.map((gap) => ({
      at: 8 * gap.offset + gap.bit,
      rows: [gapRow(gap, `${before}${gap === layout.padding ? '(padding)' : '(hole)'}`)],
    })),
  ];
  // All members of a union have the same offset; sort() keeps their order.
  return rows.sort((a, b) => a.at - b.at).flatMap((one) => one.rows);
}

const placeOf = ({ offset, bitField }: MemberRow) => 8 * offset + (bitField?.first ?? 0);

function memberRows({ offset, size, declaration, bitField, inner }: MemberRow, before: string): Row[] {
  if (inner) {
    const named = declaration.slice(declaration.lastIndexOf('}') + 1);
    return [
      [`${offset}`, `${size}`, `${before}${inner.keyword} {`],
      ...layoutRows(inner, before + DEPTH),
      ['', '', `${before}}${named};`],
    ];
  }
  if (bitField === null) return [[`${offset}`, `${size}`, `${before}${declaration};`]];
  return [[`${offset}:${bitField.first}`, bits(bitField.count), `${before}${declaration};`]];
}

const bits = (count: number) => `${count}b`;

function gapRow({ offset, bit, bits: count }: HoleRow, text: string): Row {
  const isWhole = bit === 0 && count % 8 === 0;
  return isWhole ? [`${offset}`, `${count / 8}`, text] : [`${offset}:${bit}`, bits(count), text];
}

function summary({ size, members, holes, padding }: LayoutRow): string {
  const parts = [plural(size, 'byte'), plural(members.length, 'member')];
  if (holes.length > 0) parts.push(`${plural(holes.length, 'hole')} of ${amount(holes)}`);
  if (padding) parts.push(`${amount([padding])} of padding`);
  return parts.join(', ');
}

function amount(gaps: readonly HoleRow[]): string {
  const count = gaps.reduce((sum, gap) => sum + gap.bits, 0);
  const [bytes, left] = [Math.floor(count / 8), count % 8];
  if (left === 0) return plural(bytes, 'byte');
  return bytes === 0 ? plural(left, 'bit') : `${plural(bytes, 'byte')} and ${plural(left, 'bit')}`;
}
