import { KIND } from '../../../src/kernel/btf/kinds.ts';
import type { StructType } from '../../../src/kernel/types/struct-type.ts';
import type { Random } from '../random.ts';
import { attempt, type Dump } from './dump.ts';
import { objects } from './objects.ts';
import { STRUCTURES, type Structure } from './structure-list.ts';
import { type Aim, type FieldKind, inMemory, type Target } from './target.ts';

const ATTEMPTS = 12;

/** Aims at a member of an object of one of the given structures. */
function aimAt(structures: readonly Structure[]): Aim {
  return (dump, random) => {
    for (let i = 0; i < ATTEMPTS; i++) {
      const { name, fields, commands } = random.pick(structures);
      const type = dump.struct(name);
      const path = random.pick(fields);
      const pool = type ? objects(dump, name) : [];
      if (!type?.has(path) || pool.length === 0) continue;
      const target = memberOf(dump, random, { type, path, pool, commands });
      if (target) return target;
    }
    return undefined;
  };
}

interface Member {
  readonly type: StructType;
  readonly path: string;
  readonly pool: readonly bigint[];
  readonly commands: readonly string[];
}

function memberOf(dump: Dump, random: Random, { type, path, pool, commands }: Member): Target | undefined {
  const { offset, size, type: id } = type.field(path);
  const index = random.below(pool.length);
  const [object = 0n, next] = [pool[index], pool[index + 1]];
  const address = object + BigInt(offset);
  const isLink = /\.(next|prev)$/.test(path);
  return inMemory(dump, address, {
    structure: type.name,
    field: path,
    kind: kindOfField(type, id),
    length: size === 0 ? 8 : size,
    room: Math.max(8, type.size - offset),
    commands,
    neighbour: next === undefined ? undefined : dump.positionOf(next + BigInt(offset)),
    other: () => attempt(() => dump.bytes(random.pick(pool) + BigInt(offset), size === 0 ? 8 : size)),
    head: isLink ? headOf(dump, address - (path.endsWith('.prev') ? 8n : 0n)) : undefined,
  });
}

const STEPS = 20_000;

/** Of the nodes of a list, the one that is not in a slab object or the like: the head, in the image. */
function headOf(dump: Dump, node: bigint): bigint {
  let at = node;
  for (let i = 0; i < STEPS; i++) {
    const next = attempt(() => dump.u64(at));
    if (next === undefined || next === node) break;
    at = next;
    if (at >= 0xffff_ffff_8000_0000n) return at;
  }
  return node;
}

function kindOfField({ btf }: StructType, type: number): FieldKind {
  const id = btf.resolve(type);
  if (btf.kind(id) === KIND.PTR) return 'pointer';
  return btf.kind(id) === KIND.ARRAY && btf.sizeOf(btf.array(id).element) === 1 ? 'text' : 'number';
}

export const STRUCTURE_AIMS: Readonly<Record<string, Aim>> = Object.fromEntries(
  Object.entries(STRUCTURES).map(([kind, structures]) => [kind, aimAt(structures)]),
);
