import { InspectError } from '../../errors.ts';
import type { Btf } from '../btf/btf.ts';
import { hasMembers } from '../btf/kinds.ts';
import { elementAt, findMember, type MemberPlace } from './members.ts';
import { parseMemberPath, type Step } from './path.ts';
import { namesOfMember } from './renames.ts';

/** A structure's member, resolved. */
export interface MemberField extends MemberPlace {
  /** The path that this kernel has it under. */
  readonly path: string;
  /** Whole bytes from the start of the structure. */
  readonly offset: number;
  /** Bytes; 0 for a flexible array; for a bit field, the size of its type. */
  readonly size: number;
}

/** A structure or union of a kernel, and where its members lie. */
export class StructType {
  readonly btf: Btf;
  readonly id: number;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly #fields = new Map<string, MemberField | undefined>();

  /** @param id of a structure or union */
  constructor(btf: Btf, id: number, name: string) {
    this.btf = btf;
    this.id = id;
    this.name = name;
    this.size = btf.sizeOf(id) ?? 0;
  }

  /**
   * Returns the member at a path such as `se.vruntime` or `numbers[0].nr`, through anonymous structures as in
   * C. The first that exists of `path`, `otherwise` and the names of each in other kernels (renames.ts) is
   * used.
   * @throws InspectError missingInfo if this kernel has no such member; usage if the path is malformed
   */
  field(path: string, ...otherwise: string[]): MemberField {
    const found = this.find(path, ...otherwise);
    if (found) return found;
    const names = [path, ...otherwise].map((p) => `${this.name}.${p}`).join(', ');
    throw new InspectError('missingInfo', `this kernel has no ${names}`, { key: `${this.name}.${path}` });
  }

  /** Like field(), but returns undefined if this kernel has no such member. */
  find(path: string, ...otherwise: string[]): MemberField | undefined {
    for (const name of [path, ...otherwise].flatMap((p) => namesOfMember(this.name, p))) {
      const field = this.#resolve(name);
      if (field) return field;
    }
    return undefined;
  }

  has(path: string): boolean {
    return this.find(path) !== undefined;
  }

  /** Returns the bytes from the start to the member. @throws InspectError missingInfo */
  offsetOf(path: string, ...otherwise: string[]): number {
    return this.field(path, ...otherwise).offset;
  }

  /**
   * Like offsetOf(), for a member that is read as `bytes` bytes, whatever its type.
   * @throws InspectError missingInfo; corrupt if the structure ends before them
   */
  placeOf(path: string, bytes: number): number {
    const { offset } = this.field(path);
    if (offset + bytes > this.size) throw this.#outside(path, offset + bytes);
    return offset;
  }

  #outside(path: string, end: number): InspectError {
    return new InspectError(
      'corrupt',
      `BTF: ${this.name}.${path} ends at byte ${end}, but the structure has ${this.size} bytes`,
    );
  }

  #resolve(path: string): MemberField | undefined {
    if (!this.#fields.has(path)) this.#fields.set(path, this.#walk(path));
    return this.#fields.get(path);
  }

  #walk(path: string): MemberField | undefined {
    let place: MemberPlace | undefined = { type: this.id, bitOffset: 0, bitSize: null };
    for (const step of parseMemberPath(path)) {
      place = place && stepInto(this.btf, place, step);
      if (!place) return undefined;
    }
    const size = this.btf.sizeOf(place.type) ?? 0;
    const offset = Math.floor(place.bitOffset / 8);
    // Array elements may lie past the end: an array that ends a structure may be longer than its type says.
    if (!path.includes('[') && place.bitSize === null && offset + size > this.size)
      throw this.#outside(path, offset + size);
    return { ...place, path, offset, size };
  }
}

/**
 * Returns one step of a path within a structure; undefined if there is nothing, or for a pointer to follow.
 */
export function stepInto(btf: Btf, place: MemberPlace, step: Step): MemberPlace | undefined {
  if (step === 'follow') return undefined;
  if ('index' in step) return elementAt(btf, place, step.index);
  const id = btf.resolve(place.type);
  const found = hasMembers(btf.kind(id)) ? findMember(btf, id, step.member) : undefined;
  return found && { ...found, bitOffset: place.bitOffset + found.bitOffset };
}
