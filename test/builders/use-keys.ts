import type { UseKeys } from '../../src/pages/attribution/use-keys.ts';
import { keysOf } from './decide.ts';
import { SHAPES, type Shape } from './kernel-shapes.ts';

const NEVER = { word: 0, mask: 0, value: 1 };
const RESERVED = 1 << 28;

/**
 * What decides on the use of pages of a shape. Zone and node take 6 bits; a slab has its cache in word 6 and
 * its counters in word 10.
 */
export function useKeysOf(shape: Shape): UseKeys {
  const keys = keysOf(shape);
  return {
    ...keys,
    pageTable: { word: keys.type, mask: -1, value: (shape.types.table ?? 0) | 0 },
    largeKmalloc: NEVER,
    zsmalloc: NEVER,
    otherTypes: false,
    reservedMask: RESERVED,
    swapbackedMask: 1 << (shape.flags.swapbacked ?? 0),
    slabCache: 6,
    entireMapcount: -1,
    place: { shift: 26, mask: 63 },
    slabCounters: 10,
    movableMapping: shape !== SHAPES['7.1'],
  };
}
