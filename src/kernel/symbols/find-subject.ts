import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Btf } from '../btf/btf.ts';
import { KIND } from '../btf/kinds.ts';
import { didYouMean } from '../evidence/near-names.ts';
import { listModuleBtf, readModuleBtf } from '../modules/module-btf.ts';
import { isCut } from '../objects/list.ts';
import { KNOWN_SYMBOLS } from '../types/known-symbols.ts';
import type { Subject, SubjectName } from '../types/subject.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** A type found by name. */
export interface FoundType {
  readonly btf: Btf;
  readonly id: number;
  /** The module that has it; null for the kernel. */
  readonly module: string | null;
  /** How many types of that name the same BTF has. */
  readonly alike: number;
}

/**
 * Finds a type by name: in the kernel's BTF, otherwise in the modules'.
 * @throws InspectError missingInfo, with the nearest names
 */
export function findType(typed: TypedKernel, { name, nth }: SubjectName): FoundType {
  const { btf } = typed.types;
  const found = pick(btf, name, nth, null) ?? inModules(typed, name, nth);
  if (found) return found;
  const hint = didYouMean(btf.names(), name);
  throw new InspectError('missingInfo', `this kernel has no type ${name}${nth > 1 ? `#${nth}` : ''}`, {
    key: name,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Returns what a name stands for that belongs to a symbol of known type, not to a type. */
export function findKnownSymbol(typed: TypedKernel, { name }: SubjectName): Subject | undefined {
  const isType = typed.types.btf.find(name).next().done === false;
  const declared = isType ? undefined : KNOWN_SYMBOLS[name];
  const address = declared === undefined ? undefined : typed.findSymbol(name);
  if (declared === undefined || address === undefined) return undefined;
  const [type = '', star] = declared.split(' ');
  const { btf, id } = typed.types.struct(type);
  // A pointer is followed: the name stands for its target.
  return { btf, type: id, bits: null, address: star === undefined ? address : typed.space.u64(address) };
}

/** Types of one name may number millions, so they are counted but not kept. */
function pick(btf: Btf, name: string, nth: number, module: string | null): FoundType | undefined {
  // A mere declaration has no layout; it counts only if there is nothing else.
  const whole = nthOf(idsOf(btf, name, true), nth);
  const { id, alike } = whole.alike > 0 ? whole : nthOf(idsOf(btf, name, false), nth);
  return id === undefined ? undefined : { btf, id, module, alike };
}

function nthOf(
  ids: Iterable<number>,
  nth: number,
): { readonly id: number | undefined; readonly alike: number } {
  let [alike, found]: [number, number | undefined] = [0, undefined];
  for (const id of ids) if (++alike === nth) found = id;
  return { id: found, alike };
}

/** Yields a BTF's own types of a name. A per-CPU variable stands for its type. */
function* idsOf(btf: Btf, name: string, sized: boolean): Generator<number> {
  for (const own of btf.find(name)) {
    if (own < btf.firstId || btf.kind(own) === KIND.DATASEC) continue;
    const id = btf.kind(own) === KIND.VAR ? btf.target(own) : own;
    if (!sized || btf.sizeOf(id) !== undefined) yield id;
  }
}

/** @throws InspectError corrupt if it is not found but may be in a module that was not read */
function inModules(typed: TypedKernel, name: string, nth: number): FoundType | undefined {
  const { modules, broken } = listModuleBtf(typed);
  for (const module of modules) {
    const found = pick(readModuleBtf(typed, module), name, nth, module.module);
    if (found) return found;
  }
  if (broken === null || !isCut(broken)) return undefined;
  const where = `the list of modules' types (btf_modules) is broken at ${hex(broken.address)}: ${broken.reason}`;
  throw new InspectError('corrupt', `no type ${name} was found, but ${where}`, { address: broken.address });
}
