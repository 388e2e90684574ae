import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { deviceTest } from '../struct-pages/device-pages.ts';
import { type PageKeys, pageKeys, type WordTest } from '../struct-pages/page-keys.ts';
import { zonesOrNone } from '../zones/try-zones.ts';
import { type PlaceKeys, placeBits, placeKeys } from './page-places.ts';
import { slabCounterWord } from './slab-objects.ts';

/**
 * What tells the use of a page, in addition to its class: page types and flags that VMCOREINFO lacks, from
 * BTF.
 */
export interface UseKeys extends PageKeys {
  readonly pageTable: WordTest;
  readonly largeKmalloc: WordTest;
  readonly zsmalloc: WordTest;
  /**
   * Whether a page may have a type that none of these tests knows. Then it is the kernel's, whatever else its
   * struct page seems to say.
   */
  readonly otherTypes: boolean;
  readonly reservedMask: number;
  readonly swapbackedMask: number;
  /** The word that holds the lower half of a slab's pointer to its cache; -1 where it is not known. */
  readonly slabCache: number;
  /**
   * Of a compound head: the word that counts how often all of it is mapped at once; -1 where the kernel has
   * none.
   */
  readonly entireMapcount: number;
  readonly place: PlaceKeys;
  /** The word with a slab's counters of objects; -1 for none. */
  readonly slabCounters: number;
  /**
   * Whether bit 1 of mapping alone marks a movable page of a driver (older kernels). With bit 0 it marks a
   * page that KSM shares.
   */
  readonly movableMapping: boolean;
}

const NEVER: WordTest = { word: 0, mask: 0, value: 1 };

/** @throws InspectError missingInfo, when BTF or VMCOREINFO lacks what is needed */
export function typedKeys(typed: TypedKernel): UseKeys {
  const keys = pageKeys(typed.kernel.info);
  const { types } = typed;
  const slab = types.findStruct('slab') ?? types.struct('page');
  const flag = (name: string) => {
    const number = types.enumerator(name);
    return number === undefined || number > 31n ? 0 : (1 << Number(number)) | 0;
  };
  return {
    ...keys,
    device: deviceTest(zonesOrNone(typed.kernel), typed.kernel.info),
    pageTable: pageTypeTest(typed, keys, 'table') ?? unnamedTableTest(typed, keys),
    largeKmalloc: pageTypeTest(typed, keys, 'large_kmalloc') ?? NEVER,
    zsmalloc: pageTypeTest(typed, keys, 'zsmalloc') ?? NEVER,
    otherTypes: false,
    reservedMask: flag('PG_reserved'),
    swapbackedMask: flag('PG_swapbacked'),
    slabCache: slab.offsetOf('slab_cache') / 4,
    entireMapcount: entireMapcount(typed, keys),
    place: placeKeys(placeBits(typed)),
    slabCounters: slabCounterWord(typed),
    // Kernels with PG_movable_ops mark such pages by that flag instead.
    movableMapping: types.enumerator('PG_movable_ops') === undefined,
  };
}

/** compound_mapcount of page[1] up to 6.1, a member of the folio in 6.2, under another name since 6.3. */
function entireMapcount({ types }: TypedKernel, { stride }: PageKeys): number {
  const folio = types.findStruct('folio');
  const field = folio?.find('_entire_mapcount') ?? folio?.find('_compound_mapcount');
  if (field) return field.offset / 4;
  const second = types.struct('page').find('compound_mapcount');
  return second ? stride + second.offset / 4 : -1;
}

/** Whether this kernel has a page type of that name, by BTF. */
export function hasPageType(typed: TypedKernel, name: string): boolean {
  return pageTypeTest(typed, pageKeys(typed.kernel.info), name) !== undefined;
}

/**
 * A page type by the name that BTF has: PGTY_table in the top byte (6.12+), PG_table as a bit that is cleared
 * (6.11).
 */
function pageTypeTest(typed: TypedKernel, keys: PageKeys, name: string): WordTest | undefined {
  const inByte = typed.types.enumerator(`PGTY_${name}`);
  if (inByte !== undefined)
    return { word: keys.type, mask: 0xff00_0000 | 0, value: (Number(inByte) << 24) | 0 };
  const bit = typed.types.enumerator(`PG_${name}`);
  if (bit === undefined || bit < 1n << 24n) return undefined;
  return { word: keys.type, mask: 0x8000_0000 | Number(bit), value: 0x8000_0000 | 0 };
}

/**
 * Before 6.11 page types were macros, which BTF does not have. PG_table was 0x400 as long as PG_kmemcg had
 * 0x200 (to 5.10; 18b2db3b0385 replaced it by a bit of page.memcg_data in 5.11), then 0x200.
 */
function unnamedTableTest({ types }: TypedKernel, keys: PageKeys): WordTest {
  const cleared = types.struct('page').has('mem_cgroup') ? 0x400 : 0x200;
  return { word: keys.type, mask: 0xf000_0000 | cleared | 0, value: 0xf000_0000 | 0 };
}
