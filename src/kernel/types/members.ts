import type { Btf } from '../btf/btf.ts';
import { hasMembers, KIND } from '../btf/kinds.ts';

/** Where something lies in a structure, and what it is. */
export interface MemberPlace {
  readonly type: number;
  /** From the start of the structure that was asked, bits. */
  readonly bitOffset: number;
  /** Bits of a bit field; null for any other member. */
  readonly bitSize: number | null;
}

/** The largest structures have some hundred members, those of their anonymous parts included. */
const MEMBERS_LIMIT = 1 << 16;

/**
 * A member of a structure or union by its name, also one of its anonymous structures and unions, as in C.
 * @throws InspectError corrupt, when the type goes in circles
 */
export function findMember(btf: Btf, id: number, name: string): MemberPlace | undefined {
  const wanted = Buffer.from(name, 'latin1');
  const queue = [{ id, bitOffset: 0 }];
  let looked = 0;
  for (const part of queue) {
    const count = btf.elements(part.id);
    looked += count + 1;
    if (looked > MEMBERS_LIMIT) throw btf.corrupt(id, 'has anonymous members without an end');
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

const ANONYMOUS = new Uint8Array(0);

/** An element of an array. An array of no elements is a flexible one, of which any may be asked. */
export function elementAt(btf: Btf, place: MemberPlace, index: number): MemberPlace | undefined {
  const id = btf.resolve(place.type);
  if (btf.kind(id) !== KIND.ARRAY) return undefined;
  const { element, count } = btf.array(id);
  const size = btf.sizeOf(element);
  if (size === undefined || (count > 0 && index >= count)) return undefined;
  return { type: element, bitOffset: place.bitOffset + 8 * size * index, bitSize: null };
}
