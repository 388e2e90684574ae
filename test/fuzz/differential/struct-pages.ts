import { u32At, u64At } from '../../../src/bytes/words.ts';
import { openMemSections } from '../../../src/kernel/sparsemem/mem-section.ts';
import type { Random } from '../random.ts';
import { attempt, type Dump } from './dump.ts';
import { type Aim, inMemory, type Target } from './target.ts';

const SIZE = 64;
const PAGES_PER_SECTION = 32768;
const SECTIONS = 16;

/** Members of struct page, at the same offsets in all kernels from 4.18 to 7.3 (include/linux/mm_types.h). */
const FIELDS = {
  flags: [0, 8],
  compound_head: [8, 8],
  'lru.prev': [16, 8],
  mapping: [24, 8],
  index: [32, 8],
  private: [40, 8],
  _mapcount: [48, 4],
  _refcount: [52, 4],
  memcg_data: [56, 8],
  'all of it': [0, 64],
} as const;

/** Struct pages, grouped by what they say about their page, so that rare ones are picked too. */
interface Groups {
  readonly mapOf: (pfn: number) => bigint;
  readonly byShape: readonly (readonly number[])[];
}

const groups = new WeakMap<Dump, Groups>();

function groupsOf(dump: Dump): Groups {
  const known = groups.get(dump) ?? findGroups(dump);
  groups.set(dump, known);
  return known;
}

function findGroups(dump: Dump): Groups {
  const sections = openMemSections(dump.kernel);
  const maps = new Map<number, bigint>();
  const byShape = new Map<string, number[]>();
  for (let section = 0; section < SECTIONS; section++) {
    const map = attempt(() => sections.memMapOf(section)) ?? null;
    if (map === null) continue;
    maps.set(section, map);
    const page = new Uint8Array(4096);
    for (let i = 0; i < PAGES_PER_SECTION; i++) {
      const inPage = (i * SIZE) % page.length;
      if (inPage === 0 && !isRead(dump, map + BigInt(i * SIZE), page)) {
        i += page.length / SIZE - 1;
        continue;
      }
      const shape = shapeOf(page.subarray(inPage, inPage + SIZE));
      const like = byShape.get(shape);
      if (like) like.push(section * PAGES_PER_SECTION + i);
      else byShape.set(shape, [section * PAGES_PER_SECTION + i]);
    }
  }
  const mapOf = (pfn: number) =>
    (maps.get(Math.floor(pfn / PAGES_PER_SECTION)) ?? 0n) + BigInt((pfn % PAGES_PER_SECTION) * SIZE);
  return { mapOf, byShape: [...byShape.values()] };
}

function isRead({ kernel }: Dump, address: bigint, into: Uint8Array): boolean {
  return (
    attempt(() => {
      kernel.space.read(address, into);
      return true;
    }) === true
  );
}

/** The contents without the zone and the node in the top bits of the flags, and without pointer targets. */
function shapeOf(page: Uint8Array): string {
  const flags = u32At(page, 0) & 0x3fffff;
  const tail = page[8] === undefined ? 0 : page[8] & 1;
  const mapping = u64At(page, 24);
  const type = u32At(page, 48);
  const kind = mapping === 0n ? 'none' : String(mapping & 3n);
  return [
    flags,
    tail,
    kind,
    type > 0x8000_0000 ? type >>> 24 : Math.min(type, 2),
    u32At(page, 52) === 0,
  ].join(' ');
}

/** Aims at a struct page: a member of it, all of it, or also some of its neighbours. */
export const structPage: Aim = (dump, random) => {
  const { mapOf, byShape } = groupsOf(dump);
  if (byShape.length === 0) return undefined;
  const pick = () => random.pick(random.pick(byShape));
  const pfn = pick();
  const field = random.pick(Object.keys(FIELDS) as (keyof typeof FIELDS)[]);
  const [offset, length] = FIELDS[field];
  return pageTarget(dump, random, { pfn, other: pick(), mapOf, field, offset, length });
};

interface Picked {
  readonly pfn: number;
  readonly other: number;
  readonly mapOf: (pfn: number) => bigint;
  readonly field: string;
  readonly offset: number;
  readonly length: number;
}

/** Most struct pages that are changed together: a page of the memory map. */
const MANY = 64;

function pageTarget(dump: Dump, random: Random, picked: Picked): Target | undefined {
  const { pfn, other, mapOf, field, offset, length } = picked;
  const count = length === SIZE && random.once(3) ? MANY : 1;
  const first = count === 1 ? pfn : pfn - (pfn % MANY);
  const address = mapOf(first) + BigInt(offset);
  return inMemory(dump, address, {
    structure: 'page',
    field: count === 1 ? field : `${count} of them`,
    kind: length === SIZE ? 'bytes' : 'number',
    length: length * count,
    room: SIZE * count - offset,
    commands: ['pages', 'usage', `page:${pfn}`],
    neighbour: dump.positionOf(mapOf(first + count) + BigInt(offset)),
    other: () =>
      attempt(() =>
        dump.bytes(mapOf(count === 1 ? other : other - (other % MANY)) + BigInt(offset), length * count),
      ),
  });
}

/** A page of each shape, to find the tables that lead to the memory map. */
export function someStructPages(dump: Dump): bigint[] {
  const { mapOf, byShape } = groupsOf(dump);
  return byShape.flatMap(([pfn]) => (pfn === undefined ? [] : [mapOf(pfn)]));
}
