import { hex } from '../hex.ts';
import type { Enumerator } from '../kernel/btf/btf.ts';
import type { Hole, MemberLayout, StructLayout } from '../kernel/types/layout.ts';
import type { Value } from '../kernel/types/value.ts';
import { jsonInteger } from './json-integer.ts';
import type { Report } from './report.ts';

/** Bits without a member. Offsets are from the start of the outermost structure. */
export interface HoleRow {
  readonly offset: number;
  /** The first bit of the byte at `offset`. */
  readonly bit: number;
  readonly bits: number;
}

export interface MemberRow {
  /** null for an anonymous member. */
  readonly name: string | null;
  readonly declaration: string;
  /** From the start of the outermost structure, bytes. */
  readonly offset: number;
  /** Bytes; for a bit field, of its type. */
  readonly size: number;
  readonly bitField: { readonly first: number; readonly count: number } | null;
  /** The layout of an unnamed structure or union; for an array, of its first element. */
  readonly inner: LayoutRow | null;
}

export interface LayoutRow {
  readonly keyword: 'struct' | 'union';
  readonly size: number;
  readonly members: readonly MemberRow[];
  readonly holes: readonly HoleRow[];
  readonly padding: HoleRow | null;
}

/** A type. A structure or union has `layout`, an enumeration has `enumerators`. */
export interface StructTypeRow {
  /** In C syntax. */
  readonly name: string;
  /** What a typedef stands for; null for other types. */
  readonly definition: string | null;
  /** Bytes; null for a type without a size. */
  readonly size: number | null;
  /** The module that has the type; null for the kernel. */
  readonly module: string | null;
  readonly layout: LayoutRow | null;
  readonly enumerators: readonly { readonly name: string; readonly value: number | string }[] | null;
}

/** A value in JSON: addresses are 0x text, numbers past 2^53 are decimal text, missing parts are null. */
export type JsonValue =
  | number
  | string
  | boolean
  | null
  | JsonValue[]
  | { readonly [name: string]: JsonValue };

interface StructSummary extends Report {
  readonly schema: 'kdump-inspect/struct/1';
  readonly file: { readonly path: string; readonly format: string };
  readonly query: { readonly name: string; readonly address: string | null };
  /** Without its layout if a value is shown. */
  readonly type: StructTypeRow;
  /** The address of the value, after all pointers were followed. */
  readonly address: string | null;
  /** The symbol that contains the address, with the offset. */
  readonly symbol: string | null;
  /** By address: the symbols that pointers in the value point into. */
  readonly symbols: Readonly<Record<string, string>>;
  /** Which arrays are cut, and which parts are not in the dump. */
  readonly warnings: readonly string[];
  readonly complete: boolean;
}

/** What `struct` found; `value` is null if only the type was asked for. */
export interface StructFindings extends StructSummary {
  readonly value: Value | null;
}

/** The document of `struct --json`. */
export interface StructReport extends StructSummary {
  readonly value: JsonValue;
}

export function structDocument(report: StructFindings): StructReport {
  return { ...report, value: report.value && jsonValue(report.value) };
}

function holeRow({ firstBit, bits }: Hole): HoleRow {
  return { offset: Math.floor(firstBit / 8), bit: firstBit % 8, bits };
}

export function layoutRow({ keyword, size, members, holes, padding }: StructLayout): LayoutRow {
  return {
    keyword,
    size,
    members: members.map(memberRow),
    holes: holes.map(holeRow),
    padding: padding && holeRow(padding),
  };
}

function memberRow({ name, declaration, offset, size, bits, inner }: MemberLayout): MemberRow {
  return {
    name: name === '' ? null : name,
    declaration,
    offset,
    size,
    bitField: bits,
    inner: inner && layoutRow(inner),
  };
}

export function enumeratorRows(
  enumerators: readonly Enumerator[],
): { readonly name: string; readonly value: number | string }[] {
  return enumerators.map(({ name, value }) => ({ name, value: jsonInteger(value) }));
}

/** As in C, the members of anonymous structures and unions are members of the structure around them. */
export function jsonValue(value: Value): JsonValue {
  switch (value.kind) {
    case 'number':
      return jsonInteger(value.value);
    case 'enum':
      return value.name ?? jsonInteger(value.value);
    case 'bool':
      return value.value;
    case 'pointer':
      return hex(value.address);
    case 'text':
      return value.text;
    case 'array':
      return value.elements.map(jsonValue);
    case 'opaque':
      return `0x${Buffer.from(value.bytes).reverse().toString('hex')}`;
    case 'missing':
      return null;
    case 'struct':
      return Object.fromEntries(membersOf(value));
  }
}

function membersOf(value: Value & { kind: 'struct' }): [string, JsonValue][] {
  return value.members.flatMap(({ name, value: inner }): [string, JsonValue][] => {
    if (name !== '') return [[name, jsonValue(inner)]];
    return inner.kind === 'struct' ? membersOf(inner) : [];
  });
}
