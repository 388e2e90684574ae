import { type Btf, DEPTH_LIMIT } from '../btf/btf.ts';
import { hasMembers, KIND } from '../btf/kinds.ts';
import { declaration } from './c-names.ts';

/** A member where the compiler put it. */
export interface MemberLayout {
  /** Empty for an anonymous member. */
  readonly name: string;
  /** C declaration including the name. */
  readonly declaration: string;
  /** Bytes from the start of the outermost structure. */
  readonly offset: number;
  /** Bytes; for a bit field, the size of its type. */
  readonly size: number;
  /** For a bit field: its first bit, counted from `offset`, and its width. */
  readonly bits: { readonly first: number; readonly count: number } | null;
  /** Layout of a structure or union type without a name, whether or not the member has one. */
  readonly inner: StructLayout | null;
}

/** Unused bits between members. */
export interface Hole {
  /** Bits from the start of the outermost structure. */
  readonly firstBit: number;
  readonly bits: number;
}

/** The layout of a structure or union. */
export interface StructLayout {
  readonly keyword: 'struct' | 'union';
  /** Bytes. */
  readonly size: number;
  readonly members: readonly MemberLayout[];
  /** Holes between members; after the last one it is padding. */
  readonly holes: readonly Hole[];
  readonly padding: Hole | null;
}

/**
 * Limit of members, with all anonymous parts: the largest structures have a few hundred, but parts may nest
 * exponentially.
 */
export const MEMBERS_LIMIT = 1 << 18;

/**
 * Returns where each member of a structure or union lies, with anonymous ones expanded.
 * @throws InspectError corrupt
 */
export function layoutOf(btf: Btf, id: number): StructLayout {
  return layoutAt(btf, id, { base: 0, depth: 0, budget: { members: MEMBERS_LIMIT } });
}

/** Where a structure lies in the outermost one. */
interface Inside {
  /** Bytes from the start of the outermost structure. */
  readonly base: number;
  readonly depth: number;
  /** How many more members may follow. */
  readonly budget: { members: number };
}

function layoutAt(btf: Btf, id: number, inside: Inside): StructLayout {
  const { base, depth, budget } = inside;
  if (depth > DEPTH_LIMIT) throw btf.corrupt(id, `has anonymous members more than ${DEPTH_LIMIT} deep`);
  budget.members -= btf.elements(id);
  if (budget.members < 0) throw btf.corrupt(id, `has more than ${MEMBERS_LIMIT} members`);
  const size = btf.sizeOf(id) ?? 0;
  const keyword = btf.isUnion(id) ? 'union' : 'struct';
  const members = Array.from({ length: btf.elements(id) }, (_, i) => memberAt(btf, id, i, inside));
  const gaps = keyword === 'union' ? [] : gapsBetween(members, 8 * base);
  const end = members.reduce((most, member) => Math.max(most, endBit(member)), 8 * base);
  const rest = 8 * (base + size) - end;
  const padding = rest > 0 ? { firstBit: end, bits: rest } : null;
  return { keyword, size, members, holes: gaps, padding };
}

function memberAt(btf: Btf, id: number, i: number, { base, depth, budget }: Inside): MemberLayout {
  const { name, type, bitOffset, bitSize } = btf.member(id, i);
  const size = btf.sizeOf(type) ?? 0;
  const opened = anonymousType(btf, type);
  const at = Math.floor(bitOffset / 8);
  // A bit field is given by the aligned unit of its type that it lies in, as the compiler accesses it.
  const unit = bitSize === null || size === 0 ? at : Math.floor(at / size) * size;
  return {
    name,
    declaration:
      bitSize === null ? declaration(btf, type, name) : `${declaration(btf, type, name)}:${bitSize}`,
    offset: base + unit,
    size,
    bits: bitSize === null ? null : { first: bitOffset - 8 * unit, count: bitSize },
    inner: opened === undefined ? null : layoutAt(btf, opened, { base: base + at, depth: depth + 1, budget }),
  };
}

/** Returns a member's structure or union type without a name, also if the member is an array of it. */
function anonymousType(btf: Btf, type: number): number | undefined {
  let id = type;
  for (let depth = 0; depth < DEPTH_LIMIT; depth++) {
    const kind = btf.kind(id);
    if (hasMembers(kind)) return btf.nameOf(id) === '' ? id : undefined;
    if (kind === KIND.ARRAY) id = btf.array(id).element;
    else if (kind === KIND.CONST || kind === KIND.VOLATILE) id = btf.target(id);
    else return undefined;
  }
  return undefined;
}

const startBit = ({ offset, bits }: MemberLayout) => 8 * offset + (bits?.first ?? 0);
const endBit = (member: MemberLayout) => startBit(member) + (member.bits?.count ?? 8 * member.size);

/** Members may come in any order (randstruct); they overlap only if they are corrupt. */
function gapsBetween(members: readonly MemberLayout[], first: number): Hole[] {
  const holes: Hole[] = [];
  let end = first;
  for (const member of [...members].sort((a, b) => startBit(a) - startBit(b))) {
    const start = startBit(member);
    if (start > end) holes.push({ firstBit: end, bits: start - end });
    end = Math.max(end, endBit(member));
  }
  return holes;
}
