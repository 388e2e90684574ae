import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Btf } from '../btf/btf.ts';
import { KIND } from '../btf/kinds.ts';
import { didYouMean } from '../evidence/near-names.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { typeName } from './c-names.ts';
import { type MemberPlace, memberNames } from './members.ts';
import { parseMemberPath, type Step } from './path.ts';
import { stepInto } from './struct-type.ts';

/** What is inspected: a type and, if there is one, a value of it. */
export interface Subject {
  readonly btf: Btf;
  readonly type: number;
  /** The bits of a bit field, from the start of the byte at `address`; otherwise null. */
  readonly bits: { readonly first: number; readonly count: number } | null;
  /** Virtual address of the value; null if only the type is wanted. */
  readonly address: bigint | null;
}

/** A name from the command line: `task_struct.mm->pgd`, `struct page`, `console#2`, `runqueues@1.cpu`. */
export interface SubjectName {
  readonly name: string;
  /** Which of the types of that name, counted from 1. */
  readonly nth: number;
  /** Whose copy of a per-CPU variable; null for a type. */
  readonly cpu: number | null;
  readonly steps: readonly Step[];
}

const NAME = /^(?:(?:struct|union|enum)\s+)?([A-Za-z_]\w*)(?:#([1-9]\d?))?(?:@(\d{1,5}))?(.*)$/s;

/** @throws InspectError usage if the name is malformed */
export function parseSubject(text: string): SubjectName {
  const [, name, nth = '1', cpu, path = ''] = NAME.exec(text.trim()) ?? [];
  if (name === undefined) {
    throw new InspectError('usage', `"${text.slice(0, 80)}" is not the name of a type`, {
      hint: "write the name of one of the kernel's types, with a path if wanted: task_struct.mm->pgd",
    });
  }
  return {
    name,
    nth: Number(nth),
    cpu: cpu === undefined ? null : Number(cpu),
    steps: parseMemberPath(path.replace(/^\./, '')),
  };
}

/**
 * Follows a path from a type; if there is a value, through memory: `->` reads a pointer and goes to its
 * target.
 * @throws InspectError missingInfo if a member does not exist; notMapped, notStored
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
  throw new InspectError('usage', `-> needs a pointer before it, but this is a ${typeName(btf, type)}`, {
    hint: 'write a dot to reach a member of a structure',
  });
}

function pointerAt(space: AddressSpace, btf: Btf, base: bigint, { type, bitOffset }: MemberPlace): bigint {
  pointee(btf, type);
  const at = base + BigInt(Math.floor(bitOffset / 8));
  const pointer = space.u64(at);
  if (pointer !== 0n) return pointer;
  throw new InspectError('notMapped', `the pointer at ${hex(at)} is NULL and cannot be followed`, {
    address: at,
  });
}

function noStep(btf: Btf, type: number, step: Exclude<Step, 'follow'>): InspectError {
  const name = typeName(btf, type);
  if ('index' in step) return new InspectError('missingInfo', `${name} has no element ${step.index}`);
  const isPointer = btf.kind(btf.resolve(type)) === KIND.PTR;
  const hint = isPointer
    ? `it is a pointer: write ->${step.member}`
    : didYouMean(memberNames(btf, type), step.member);
  const facts = hint === undefined ? {} : { hint };
  return new InspectError('missingInfo', `${name} has no member ${step.member}`, facts);
}
