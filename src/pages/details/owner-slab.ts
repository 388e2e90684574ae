import { fact } from '../../kernel/evidence/fact.ts';
import { CacheReader } from '../../kernel/slabs/cache-reader.ts';
import { type FreePlace, isInSlab } from '../../kernel/slabs/free-objects.ts';
import { FreeSearch } from '../../kernel/slabs/free-search.ts';
import { type Slab, SlabReader, type SlabShape } from '../../kernel/slabs/slab.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { SlabObject, SlabOwner } from './owner.ts';
import type { HeadedPage } from './owner-user.ts';

/**
 * The cache of a slab page, and what is known about one object.
 * @param physical the address that was asked for, bytes, which lies in that object; null for the page as a
 * whole
 * @throws InspectError notMapped, notStored or corrupt, when the cache cannot be read
 */
export function slabOwner(typed: TypedKernel, page: HeadedPage, physical: number | null): SlabOwner {
  const struct = typed.types.findStruct('slab') ? 'slab' : 'page';
  const slab = typed.read(struct, page.address, 'slab_cache', 'objects', 'inuse');
  const shape = new CacheReader(typed).read(slab.big('slab_cache'));
  const [objects, inUse] = [slab.number('objects'), slab.number('inuse')];
  const inPages = (physical ?? 0) - page.head * PAGE_SIZE - shape.pad;
  const index = Math.floor(inPages / shape.size);
  const inside = physical !== null && index >= 0 && index < objects;
  const own = inside ? { index, offset: inPages - index * shape.size } : null;
  const waiting = fact(() => whereItWaits(typed, page.address, shape, own?.index ?? null));
  return {
    kind: 'slab',
    cache: { address: shape.cache, name: shape.name, objectSize: shape.objectSize, size: shape.size },
    ...{ objects, inUse },
    list: 'value' in waiting ? waiting.value.list : null,
    object: own && {
      ...own,
      ...('value' in waiting ? waiting.value.object : { ...UNKNOWN, unknown: waiting.missing }),
    },
  };
}

type ObjectState = Omit<SlabObject, 'index' | 'offset'>;

const UNKNOWN: ObjectState = { address: null, state: null, waitsOn: null, unknown: null };

/** The list that a slab is on, and the state of one of its objects. */
function whereItWaits(typed: TypedKernel, address: bigint, shape: SlabShape, index: number | null) {
  const slab = new SlabReader(typed).read(address, shape);
  if (typeof slab === 'string') return { list: null, object: { ...UNKNOWN, unknown: slab } };
  const object = index === null ? null : slab.begin + BigInt(shape.pad + index * shape.size);
  const search = new FreeSearch(typed, address);
  const found = look(search, slab, shape, object);
  const freeing = object !== null && !found.place ? search.cpuFreeing(object, shape) : undefined;
  return { list: found.list, object: stateOf(object, found, freeing) };
}

interface Found {
  list: FreePlace | null;
  /** Where the object waits. */
  place: FreePlace | null;
  /** Why a list on which it might be cannot be followed. */
  broken: string | null;
}

function look(search: FreeSearch, slab: Slab, shape: SlabShape, object: bigint | null): Found {
  const found: Found = { list: null, place: null, broken: null };
  for (const { place, slab: of, objects, broken } of search.of(shape)) {
    const isOwn = of?.address === slab.address;
    if (isOwn && isInSlab(place)) found.list = place;
    if (broken !== null && broken.mended !== true && (isOwn || of === null)) found.broken ??= broken.reason;
    if (object !== null && objects.includes(object)) found.place = place;
  }
  return found;
}

function stateOf(address: bigint | null, { place, broken }: Found, freeing: number | undefined): ObjectState {
  if (place) return { address, state: 'free', waitsOn: place, unknown: null };
  if (broken !== null) return { ...UNKNOWN, address, unknown: broken };
  if (freeing === undefined) return { address, state: 'allocated', waitsOn: null, unknown: null };
  return { address, state: 'freeing', waitsOn: { kind: 'sheaf', cpu: freeing }, unknown: null };
}
