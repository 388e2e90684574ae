/**
 * What a page is used for, in the order of makedumpfile's table, then the two classes that it counts and does
 * not print, and two that it does not know.
 */
const PAGE_CLASSES = [
  'zero',
  'nonPrivateCache',
  'privateCache',
  'user',
  'free',
  'hwpoison',
  'offline',
  'kernelData',
  'uninitialized',
  'zoneDevice',
] as const;

export type PageClass = (typeof PAGE_CLASSES)[number];

/** Whether a dump can do without the class (makedumpfile -d 31 excludes it). */
export const EXCLUDABLE: Record<PageClass, boolean> = {
  zero: true,
  nonPrivateCache: true,
  privateCache: true,
  user: true,
  free: true,
  hwpoison: true,
  offline: true,
  kernelData: false,
  uninitialized: false,
  zoneDevice: false,
};

/** Pages of each class. */
export type ClassCounts = Record<PageClass, number>;

/** No pages yet. */
export function noPages(): ClassCounts {
  return {
    zero: 0,
    nonPrivateCache: 0,
    privateCache: 0,
    user: 0,
    free: 0,
    hwpoison: 0,
    offline: 0,
    kernelData: 0,
    uninitialized: 0,
    zoneDevice: 0,
  };
}
