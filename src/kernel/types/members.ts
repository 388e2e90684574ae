import { type Btf, DEPTH_LIMIT } from '../btf/btf.ts';
import { hasMembers, KIND } from '../btf/kinds.ts';

/** Where in a structure something lies, and its type. */
export interface MemberPlace {
  readonly type: number;
  /** Bits from the start of the structure of the look-up. */
  readonly bitOffset: number;
  /** Width of a bit field; null for any other member. */
  readonly bitSize: number | null;
}

/** The largest structures have a few hundred members, including anonymous parts. */
const MEMBERS_LIMIT = 1 << 16;

/**
 * Finds a member of a structure or union by name, also within its anonymous structures and unions, as in C.
 * @throws InspectError corrupt if the type contains itself
 */
export function findMember(btf: Btf, id: number, name: string): MemberPlace | undefined {
  const wanted = Buffer.from(name, 'latin1');
  const queue = [{ id, bitOffset: 0 }];
  let visited = 0;
  for (const part of queue) {
    const count = btf.elements(part.id);
    visited += count + 1;
    if (visited > MEMBERS_LIMIT) throw btf.corrupt(id, 'nests anonymous members endlessly');
    for (let i = 0; i < count; i++) {
      const found = btf.memberIsNamed(part.id, i, wanted);
      if (!found && !btf.memberIsNamed(part.id, i, ANONYMOUS)) continue;
      const { type, bitOffset, bitSize } = btf.member(part.id, i);
      const at = part.bitOffset + bitOffset;
      if (found) return { type, bitOffset: at, bitSize };
      const inner = btf.resolve(type);
      if (hasMembers(btf.kind(inner))) queue.push({ id: inner, bitOffset: at });
    }
  }
  return undefined;
}

/** Yields the names by which findMember() finds something; none in a type that has no members. */
export function* memberNames(btf: Btf, type: number, depth = 0): Generator<string> {
  const id = btf.resolve(type);
  if (!hasMembers(btf.kind(id)) || depth > DEPTH_LIMIT) return;
  for (let i = 0; i < btf.elements(id); i++) {
    const member = btf.member(id, i);
    if (member.name === '') yield* memberNames(btf, member.type, depth + 1);
    else yield member.name;
  }
}

const ANONYMOUS = new Uint8Array(0);

/** Returns an element of an array. An array of 0 elements is flexible and has any element. */
export function elementAt(btf: Btf, place: MemberPlace, index: number): MemberPlace | undefined {
  const id = btf.resolve(place.type);
  if (btf.kind(id) !== KIND.ARRAY) return undefined;
  const { element, count } = btf.array(id);
  const size = btf.sizeOf(element);
  if (size === undefined || (count > 0 && index >= count)) return undefined;
  return { type: element, bitOffset: place.bitOffset + 8 * size * index, bitSize: null };
}
