import { type Btf, DEPTH_LIMIT, type Member } from '../btf/btf.ts';
import { hasMembers, KIND } from '../btf/kinds.ts';
import { MEMBERS_LIMIT } from './layout.ts';

/** A member, with what its type says. */
interface Part extends Member {
  /** Bytes; undefined for what no member can be. */
  readonly size: number | undefined;
  readonly holdsPointer: boolean;
}

interface Examination {
  readonly btf: Btf;
  /** Members that there may still be. */
  members: number;
  /** The first that was found. */
  fault: string | undefined;
}

/**
 * What no compiler can have made of the layout of a structure or union, its anonymous parts included: undefined where
 * nothing is wrong. The kernel itself holds members against the size of the structure and the order of each other
 * (btf_struct_check_member and btf_struct_check_meta of kernel/bpf/btf.c). @throws InspectError corrupt
 */
export function layoutFault(btf: Btf, id: number): string | undefined {
  const examination: Examination = { btf, members: MEMBERS_LIMIT, fault: undefined };
  examine(examination, id, 0);
  return examination.fault;
}

/** Whether the structure holds a pointer of its own. */
function examine(examination: Examination, id: number, depth: number): boolean {
  const { btf } = examination;
  const count = btf.elements(id);
  examination.members -= count;
  if (depth > DEPTH_LIMIT || examination.members < 0)
    throw btf.corrupt(id, 'has anonymous members without an end');
  const parts = Array.from({ length: count }, (_, i) => partOf(examination, btf.member(id, i), depth));
  const bytes = btf.sizeOf(id) ?? 0;
  examination.fault ??= nameFault(btf, id, parts) ?? sizeFault(parts);
  examination.fault ??= btf.isUnion(id) ? unionFault(parts, bytes) : orderFault(parts, bytes);
  const holdsPointer = parts.some((part) => part.holdsPointer);
  if (holdsPointer && !btf.isUnion(id)) examination.fault ??= gapFault(parts, bytes);
  return holdsPointer;
}

function partOf(examination: Examination, member: Member, depth: number): Part {
  const { btf } = examination;
  const type = btf.resolve(member.type);
  const opened = isOpened(btf, member);
  const holdsPointer = opened ? examine(examination, type, depth + 1) : btf.kind(type) === KIND.PTR;
  return { ...member, size: btf.sizeOf(type), holdsPointer };
}

const titleOf = ({ name }: Member, i: number) => `member ${i + 1} (${name === '' ? 'without a name' : name})`;
const bitsOf = ({ bitSize, size = 0 }: Part) => bitSize ?? 8 * size;

/** Whether the members of a member stand among those of the structure around it. */
function isOpened(btf: Btf, { name, type }: Member): boolean {
  return name === '' && hasMembers(btf.kind(btf.resolve(type)));
}

/** Only structures, unions and bit fields are without a name, and no two members have the same. */
function nameFault(btf: Btf, id: number, parts: readonly Part[]): string | undefined {
  const names = new Set<string>();
  for (const [i, part] of parts.entries()) {
    const { name, bitSize } = part;
    if (!btf.beginsName(id, i)) return `${titleOf(part, i)} is named by the rest of another name`;
    if (name === '' && bitSize === null && !isOpened(btf, part)) return `${titleOf(part, i)} is no structure`;
    if (name !== '' && names.has(name)) return `${titleOf(part, i)} has the name of another`;
    names.add(name);
  }
  return undefined;
}

function sizeFault(parts: readonly Part[]): string | undefined {
  const at = parts.findIndex(({ size }) => size === undefined);
  const part = parts[at];
  return part && `${titleOf(part, at)} is of a type without a size`;
}

function unionFault(parts: readonly Part[], bytes: number): string | undefined {
  const at = parts.findIndex((part) => part.bitOffset !== 0 || bitsOf(part) > 8 * bytes);
  const part = parts[at];
  return part && `${titleOf(part, at)} is not within the ${bytes} bytes of the union`;
}

/** Members follow each other, and only bit fields begin within a byte. */
function orderFault(parts: readonly Part[], bytes: number): string | undefined {
  let end = 0;
  for (const [i, part] of parts.entries()) {
    const { bitOffset, bitSize, size = 0 } = part;
    if (bitOffset < end) return `${titleOf(part, i)} begins before the end of the one before it`;
    end = bitOffset + bitsOf(part);
    if (end > 8 * bytes) return `${titleOf(part, i)} ends past the ${bytes} bytes of the structure`;
    if (bitSize === null ? bitOffset % 8 !== 0 : bitSize > 8 * size)
      return `${titleOf(part, i)} has impossible bits`;
  }
  return undefined;
}

/**
 * A gap is there to align what follows, so that is aligned to more than the gap's size. Only in what is sent to other
 * machines or to user space gaps are declared (ioam6_hdr, __kernel_timex): such structures hold no pointer.
 */
function gapFault(parts: readonly Part[], bytes: number): string | undefined {
  let end = 0;
  for (const [i, part] of parts.entries()) {
    const gap = part.bitOffset - end;
    if (part.bitSize === null && gap > 0 && gap >= 8 * alignmentAt(part.bitOffset / 8))
      return `${titleOf(part, i)} follows a gap of ${gap / 8} bytes, and is not aligned to more`;
    end = part.bitOffset + bitsOf(part);
  }
  const rest = 8 * bytes - end;
  return rest > 0 && rest >= 8 * alignmentAt(bytes)
    ? `it ends ${rest / 8} bytes past its last member, and is not aligned to more`
    : undefined;
}

/** The largest power of two that divides an offset, bytes. */
const alignmentAt = (offset: number) => offset & -offset;
