import { type Btf, DEPTH_LIMIT } from '../btf/btf.ts';
import { hasMembers, KIND } from '../btf/kinds.ts';
import { declaration } from './c-names.ts';

/** A member where the compiler put it. */
export interface MemberLayout {
  /** Empty for an anonymous one. */
  readonly name: string;
  /** As C declares it, the name included. */
  readonly declaration: string;
  /** From the start of the outermost structure, bytes. */
  readonly offset: number;
  /** Bytes; of a bit field, those of its type. */
  readonly size: number;
  /** A bit field: its first bit from `offset` on, and how many there are. */
  readonly bits: { readonly first: number; readonly count: number } | null;
  /** A structure or union without a name of its own shows what is in it, also where the member has a name. */
  readonly inner: StructLayout | null;
}

/** Bits between members that none of them uses. */
export interface Hole {
  /** From the start of the outermost structure, bits. */
  readonly firstBit: number;
  readonly bits: number;
}

/** The layout of a structure or union. */
export interface StructLayout {
  readonly keyword: 'struct' | 'union';
  /** Bytes. */
  readonly size: number;
  readonly members: readonly MemberLayout[];
  /** Between members; behind the last one it is padding. */
  readonly holes: readonly Hole[];
  readonly padding: Hole | null;
}

/** Members of all anonymous parts together: the largest structures have some hundred, and parts may be in each other many times. */
export const MEMBERS_LIMIT = 1 << 18;

/** Where each member of a structure or union lies, anonymous ones opened. @throws InspectError corrupt */
export function layoutOf(btf: Btf, id: number): StructLayout {
  return layoutAt(btf, id, { base: 0, depth: 0, budget: { members: MEMBERS_LIMIT } });
}

/** Where a structure stands in the outermost one. */
interface Inside {
  /** Bytes from the start of that. */
  readonly base: number;
  readonly depth: number;
  /** Members that there may still be. */
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
  // A bit field is told by the aligned unit of its type that it lies in, as the compiler addresses it.
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

/** The structure or union without a name that a member is of, or of which it is an array. */
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

/** Members may stand in any order (randstruct), and may overlap only in a corrupt one. */
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
