import { hex } from '../../hex.ts';
import type { Value } from '../../kernel/types/value.ts';
import type { StructTypeRow } from '../struct-report.ts';
import { lines, title, type View } from '../view.ts';

/** Returns the symbol that an address lies in. */
export type SymbolOf = (address: bigint) => string | undefined;

const INDENT = '  ';
/** Numbers from this one on are shown in hex, too: they may be flags or addresses. */
const LARGE = 1n << 32n;

/** What a value is, and where it is. */
export interface ValueTitle {
  readonly type: StructTypeRow;
  /** As it was asked for. */
  readonly name: string;
  readonly address: bigint;
  /** The symbol that the address lies in. */
  readonly symbol: string | undefined;
}

/** Shows a title, and a line for each member. */
export function valueView(
  { type, name, address, symbol }: ValueTitle,
  value: Value,
  symbolOf: SymbolOf,
): View {
  const where = `${hex(address)}${symbol === undefined ? '' : ` <${symbol}>`}`;
  const module = type.module === null ? '' : `  [${type.module}]`;
  const members =
    value.kind === 'struct'
      ? memberLines(value, INDENT, symbolOf)
      : valueLines(name, value, INDENT, symbolOf);
  return [title(`${type.name} at ${where}${module}`), lines(members)];
}

/** Members of anonymous structures and unions are listed among the others, as in C. */
function memberLines({ members, count }: Struct, indent: string, symbolOf: SymbolOf): string[] {
  const all = members.flatMap(({ name, value }) =>
    name === '' && value.kind === 'struct'
      ? memberLines(value, indent, symbolOf)
      : valueLines(name, value, indent, symbolOf),
  );
  for (const more of rest(count, members.length)) all.push(`${indent}${more}`);
  return all;
}

function valueLines(name: string, value: Value, indent: string, symbolOf: SymbolOf): string[] {
  const is = `${indent}${name} = `;
  if (value.kind === 'struct' && value.members.length === 0) return [`${is}{}`];
  if (value.kind === 'struct') {
    return [`${is}{`, ...memberLines(value, indent + INDENT, symbolOf), `${indent}}`];
  }
  if (value.kind !== 'array') return [is + plainText(value, symbolOf)];
  const plain = value.elements.filter(isPlain);
  if (plain.length === value.elements.length) return [`${is}{${listed(plain, value.count, symbolOf)}}`];
  return [`${is}{`, ...elementLines(value, indent + INDENT, symbolOf), `${indent}}`];
}

type Elements = Value & { kind: 'array' };
type Struct = Value & { kind: 'struct' };
/** A value that contains no others, and so fits on one line. */
type Plain = Exclude<Value, { kind: 'struct' | 'array' }>;

function isPlain(value: Value): value is Plain {
  return value.kind !== 'struct' && value.kind !== 'array';
}

/** Lists elements on one line. Equal neighbours are listed once. */
function listed(elements: readonly Plain[], count: number, symbolOf: SymbolOf): string {
  const texts = elements.map((element) => plainText(element, symbolOf));
  const parts = runsOf(texts, (a, b) => a === b).map(({ one, times }) =>
    times === 1 ? one : `${one} (${times} times)`,
  );
  return [...parts, ...rest(count, elements.length)].join(', ');
}

/** Lists structures below each other. Equal neighbours are listed once. */
function elementLines({ elements, count }: Elements, indent: string, symbolOf: SymbolOf): string[] {
  const all = elements.map((element) => valueLines('', element, indent, symbolOf));
  const isSame = (a: readonly string[], b: readonly string[]) =>
    a.length === b.length && a.every((line, i) => line === b[i]);
  let index = 0;
  const shown = runsOf(all, isSame).flatMap(({ one: [first = '', ...others], times }) => {
    const which = times === 1 ? `[${index}]` : `[${index}..${index + times - 1}]`;
    index += times;
    return [`${indent}${which}${first.slice(indent.length)}`, ...others];
  });
  return [...shown, ...rest(count, elements.length).map((text) => indent + text)];
}

function rest(count: number, shown: number): string[] {
  return count > shown ? [`... ${count - shown} more`] : [];
}

interface Run<T> {
  readonly one: T;
  times: number;
}

function runsOf<T>(all: readonly T[], isSame: (a: T, b: T) => boolean): Run<T>[] {
  const runs: Run<T>[] = [];
  for (const one of all) {
    const last = runs.at(-1);
    if (last && isSame(last.one, one)) last.times++;
    else runs.push({ one, times: 1 });
  }
  return runs;
}

function plainText(value: Plain, symbolOf: SymbolOf): string {
  switch (value.kind) {
    case 'number':
      return numberText(value.value);
    case 'bool':
      return String(value.value);
    case 'enum':
      return value.name === null ? numberText(value.value) : `${value.name} (${value.value})`;
    case 'pointer':
      return pointerText(value.address, symbolOf);
    case 'text':
      return quoted(value.text);
    case 'opaque':
      return `0x${Buffer.from(value.bytes).reverse().toString('hex')}`;
    case 'missing':
      return `(unknown: ${value.reason})`;
  }
}

function numberText(value: bigint): string {
  return value >= LARGE ? `${value} (${hex(value)})` : value.toString();
}

function pointerText(address: bigint, symbolOf: SymbolOf): string {
  const symbol = address === 0n ? undefined : symbolOf(address);
  return symbol === undefined ? hex(address) : `${hex(address)} <${symbol}>`;
}

/** Quotes a string as C does. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
