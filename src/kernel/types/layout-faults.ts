import { type Btf, DEPTH_LIMIT, type Member } from '../btf/btf.ts';
import { hasMembers, KIND } from '../btf/kinds.ts';
import { MEMBERS_LIMIT } from './layout.ts';

/** A member and what its type adds. */
interface Part extends Member {
  /** Bytes; undefined if its type has no size. */
  readonly size: number | undefined;
  readonly holdsPointer: boolean;
}

interface Examination {
  readonly btf: Btf;
  /** How many more members may follow. */
  members: number;
  /** The first fault found. */
  fault: string | undefined;
}

/**
 * Returns what no compiler can have produced in the layout of a structure or union, including its anonymous
 * parts, or undefined if nothing is wrong. The kernel, too, checks members against the size of the structure
 * and their order (btf_struct_check_member and btf_struct_check_meta of kernel/bpf/btf.c).
 * @throws InspectError corrupt
 */
export function layoutFault(btf: Btf, id: number): string | undefined {
  const examination: Examination = { btf, members: MEMBERS_LIMIT, fault: undefined };
  examine(examination, id, 0);
  return examination.fault;
}

/** Examines a structure and returns whether it has a pointer of its own. */
function examine(examination: Examination, id: number, depth: number): boolean {
  const { btf } = examination;
  const count = btf.elements(id);
  examination.members -= count;
  if (depth > DEPTH_LIMIT || examination.members < 0)
    throw btf.corrupt(id, 'nests anonymous members endlessly');
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

/** Whether a member's own members count as members of the enclosing structure. */
function isOpened(btf: Btf, { name, type }: Member): boolean {
  return name === '' && hasMembers(btf.kind(btf.resolve(type)));
}

/** Only structures, unions and bit fields may lack a name, and no two members share one. */
function nameFault(btf: Btf, id: number, parts: readonly Part[]): string | undefined {
  const names = new Set<string>();
  for (const [i, part] of parts.entries()) {
    const { name, bitSize } = part;
    if (!btf.beginsName(id, i)) return `${titleOf(part, i)} is named by the tail of another name`;
    if (name === '' && bitSize === null && !isOpened(btf, part))
      return `${titleOf(part, i)} is not a structure`;
    if (name !== '' && names.has(name)) return `${titleOf(part, i)} has the same name as another member`;
    names.add(name);
  }
  return undefined;
}

function sizeFault(parts: readonly Part[]): string | undefined {
  const at = parts.findIndex(({ size }) => size === undefined);
  const part = parts[at];
  return part && `${titleOf(part, at)} has a type without a size`;
}

function unionFault(parts: readonly Part[], bytes: number): string | undefined {
  const at = parts.findIndex((part) => part.bitOffset !== 0 || bitsOf(part) > 8 * bytes);
  const part = parts[at];
  return part && `${titleOf(part, at)} is not within the ${bytes} bytes of the union`;
}

/** Members follow one another, and only bit fields may begin within a byte. */
function orderFault(parts: readonly Part[], bytes: number): string | undefined {
  let end = 0;
  for (const [i, part] of parts.entries()) {
    const { bitOffset, bitSize, size = 0 } = part;
    if (bitOffset < end) return `${titleOf(part, i)} begins before the end of the previous member`;
    end = bitOffset + bitsOf(part);
    if (end > 8 * bytes) return `${titleOf(part, i)} ends past the ${bytes} bytes of the structure`;
    if (bitSize === null ? bitOffset % 8 !== 0 : bitSize > 8 * size)
      return `${titleOf(part, i)} has impossible bits`;
  }
  return undefined;
}

/**
 * A gap aligns the next member, which is therefore aligned to more than the gap's size. Only structures for
 * other machines or user space declare gaps (ioam6_hdr, __kernel_timex), and those have no pointers.
 */
function gapFault(parts: readonly Part[], bytes: number): string | undefined {
  let end = 0;
  for (const [i, part] of parts.entries()) {
    const gap = part.bitOffset - end;
    if (part.bitSize === null && gap > 0 && gap >= 8 * alignmentAt(part.bitOffset / 8))
      return `${titleOf(part, i)} follows a gap of ${gap / 8} bytes that its alignment does not need`;
    end = part.bitOffset + bitsOf(part);
  }
  const rest = 8 * bytes - end;
  return rest > 0 && rest >= 8 * alignmentAt(bytes)
    ? `it ends ${rest / 8} bytes past its last member, which its alignment does not need`
    : undefined;
}

/** The largest power of two that divides an offset in bytes. */
const alignmentAt = (offset: number) => offset & -offset;
