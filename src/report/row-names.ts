import type { PageClass } from '../pages/classify/page-class.ts';

/** Names of the rows. Four of them makedumpfile does not print or does not know. */
export const ROW_NAMES: Readonly<Record<PageClass, string>> = {
  zero: 'ZERO',
  nonPrivateCache: 'NON_PRI_CACHE',
  privateCache: 'PRI_CACHE',
  user: 'USER',
  free: 'FREE',
  kernelData: 'KERN_DATA',
  hwpoison: 'HWPOISON',
  offline: 'OFFLINE',
  uninitialized: 'UNINITIALIZED',
  zoneDevice: 'ZONE_DEVICE',
};
