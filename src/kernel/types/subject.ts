import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Btf } from '../btf/btf.ts';
import { KIND } from '../btf/kinds.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { typeName } from './c-names.ts';
import type { MemberPlace } from './members.ts';
import { parseMemberPath, type Step } from './path.ts';
import { stepInto } from './struct-type.ts';

/** What is looked at: a type, and where there is a value of it. */
export interface Subject {
  readonly btf: Btf;
  readonly type: number;
  /** Bits of a bit field, from the start of the byte at `address`; null for all else. */
  readonly bits: { readonly first: number; readonly count: number } | null;
  /** Virtual address of the value; null when only the type was asked for. */
  readonly address: bigint | null;
}

/** A name of the command line: `task_struct.mm->pgd`, `struct page`, `console#2`. */
export interface SubjectName {
  readonly name: string;
  /** Which of the types of that name, from 1 on. */
  readonly nth: number;
  readonly steps: readonly Step[];
}

const NAME = /^(?:(?:struct|union|enum)\s+)?([A-Za-z_]\w*)(?:#([1-9]\d?))?(.*)$/s;

/** @throws InspectError usage, when it is no such name */
export function parseSubject(text: string): SubjectName {
  const [, name, nth = '1', path = ''] = NAME.exec(text.trim()) ?? [];
  if (name === undefined) {
    throw new InspectError('usage', `"${text.slice(0, 80)}" is no name of a type`, {
      hint: "a name is one of the kernel's types, then a path if one is wanted: task_struct.mm->pgd",
    });
  }
  return { name, nth: Number(nth), steps: parseMemberPath(path.replace(/^\./, '')) };
}

/**
 * Goes a path from a type on; where there is a value, through memory: a pointer is read, and followed to what it points
 * at. @throws InspectError missingInfo for a member that is not there; notMapped, notStored
 */
export function followPath(space: AddressSpace, from: Subject, steps: readonly Step[]): Subject {
  const { btf } = from;
  let place: MemberPlace = { type: from.type, bitOffset: 0, bitSize: null };
  let base = from.address;
  for (const step of steps) {
    if (step === 'follow') {
      base = base === null ? null : pointerAt(space, btf, base, place);
      place = { type: pointee(btf, place.type), bitOffset: 0, bitSize: null };
      continue;
    }
    const next = stepInto(btf, place, step);
    if (!next) throw noStep(btf, place.type, step);
    place = next;
  }
  const { type, bitOffset, bitSize } = place;
  const bits = bitSize === null ? null : { first: bitOffset % 8, count: bitSize };
  return { btf, type, bits, address: base === null ? null : base + BigInt(Math.floor(bitOffset / 8)) };
}

function pointee(btf: Btf, type: number): number {
  const id = btf.resolve(type);
  if (btf.kind(id) === KIND.PTR) return btf.target(id);
  throw new InspectError('usage', `-> needs a pointer before it, and this is a ${typeName(btf, type)}`, {
    hint: 'a member of a structure is reached by a dot',
  });
}

function pointerAt(space: AddressSpace, btf: Btf, base: bigint, { type, bitOffset }: MemberPlace): bigint {
  pointee(btf, type);
  const at = base + BigInt(Math.floor(bitOffset / 8));
  const pointer = space.u64(at);
  if (pointer !== 0n) return pointer;
  throw new InspectError('notMapped', `the pointer at ${hex(at)} is NULL, so there is nothing behind it`, {
    address: at,
  });
}

function noStep(btf: Btf, type: number, step: Exclude<Step, 'follow'>): InspectError {
  const name = typeName(btf, type);
  if ('index' in step) return new InspectError('missingInfo', `${name} has no element ${step.index}`);
  const pointer = btf.kind(btf.resolve(type)) === KIND.PTR;
  const facts = pointer ? { hint: `it is a pointer: write ->${step.member}` } : {};
  return new InspectError('missingInfo', `${name} has no member ${step.member}`, facts);
}
