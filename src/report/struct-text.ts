import { hex } from '../hex.ts';
import { escapeText } from './escape.ts';
import type { HoleRow, LayoutRow, MemberRow, StructFindings } from './struct-report.ts';
import type { Terminal } from './terminal.ts';
import { plural } from './units.ts';
import { valueText } from './value-text.ts';
import { wrap } from './wrap.ts';

const OFFSET = 7;
const SIZE = 7;
const INDENT = 2;

/** The report for people: a value, or the layout of a type. */
export function structText(report: StructFindings, terminal: Terminal): string {
  const { value, address, symbol, type, query } = report;
  if (value === null || address === null) return typeText(report, terminal);
  const title = { type, name: query.name, address: BigInt(address), symbol: symbol ?? undefined };
  return valueText(title, value, (pointer) => report.symbols[hex(pointer)]);
}

/** The layout of a type for people, ending in a newline: offset, size and declaration of each member, and the gaps. */
export function typeText({ type }: Pick<StructFindings, 'type'>, { bold, width }: Terminal): string {
  const lines = [bold(title(type))];
  if (type.layout) {
    lines.push(bold(`${'OFFSET'.padStart(OFFSET)}${'SIZE'.padStart(SIZE)}  MEMBER`));
    for (const line of layoutLines(type.layout, 0)) lines.push(line);
    lines.push(summary(type.layout));
  }
  for (const { name, value } of type.enumerators ?? []) lines.push(`  ${escapeText(name)} = ${value}`);
  return lines.map((line) => `${wrap(line, width, OFFSET + SIZE + 2 + 2 * INDENT)}\n`).join('');
}

function title({ name, definition, size, module }: StructFindings['type']): string {
  const what = definition === null ? name : `typedef ${definition}`;
  const bytes = size === null ? 'without a size' : plural(size, 'byte');
  return escapeText(`${what}, ${bytes}${module === null ? '' : `  [${module}]`}`);
}

/** Members and holes in the order of their places; what is anonymous is opened below its keyword. */
function layoutLines(layout: LayoutRow, depth: number): string[] {
  const gaps = layout.padding ? [...layout.holes, layout.padding] : layout.holes;
  const rows = [
    ...layout.members.map((member) => ({ at: placeOf(member), lines: memberLines(member, depth) })),
    ...gaps.map((gap) => ({
      at: 8 * gap.offset + gap.bit,
      lines: [gapLine(gap, gap === layout.padding, depth)],
    })),
  ];
  // A union's members all begin at the same place, and sort() keeps their order.
  return rows.sort((a, b) => a.at - b.at).flatMap(({ lines }) => lines);
}

const placeOf = ({ offset, bitField }: MemberRow) => 8 * offset + (bitField?.first ?? 0);

function row(offset: string, size: string, text: string, depth: number): string {
  return `${offset.padStart(OFFSET)}${size.padStart(SIZE)}  ${' '.repeat(INDENT * depth)}${escapeText(text)}`;
}

function memberLines(member: MemberRow, depth: number): string[] {
  const { offset, size, declaration, bitField, inner } = member;
  if (inner) {
    const open = row(`${offset}`, `${size}`, `${inner.keyword} {`, depth);
    const named = declaration.slice(declaration.lastIndexOf('}') + 1);
    return [open, ...layoutLines(inner, depth + 1), row('', '', `}${named};`, depth)];
  }
  if (bitField === null) return [row(`${offset}`, `${size}`, `${declaration};`, depth)];
  return [row(`${offset}:${bitField.first}`, bits(bitField.count), `${declaration};`, depth)];
}

const bits = (count: number) => `${count}b`;

function gapLine({ offset, bit, bits: count }: HoleRow, isPadding: boolean, depth: number): string {
  const whole = bit === 0 && count % 8 === 0;
  const size = whole ? `${count / 8}` : bits(count);
  return row(whole ? `${offset}` : `${offset}:${bit}`, size, isPadding ? '(padding)' : '(hole)', depth);
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
