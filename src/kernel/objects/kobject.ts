import type { AddressSpace } from '../paging/address-space.ts';
import { tryString } from './c-string.ts';

/** Characters of a name in sysfs; memory that a filter overwrote does not match. */
const NAME = /^[\x21-\x7e]+$/;

/**
 * Returns an object's name in sysfs (kobject.name, where kobject_set_name_vargs replaces "/" by "!") if it
 * differs from the object's own; undefined if it does not, or if there is none.
 * @param at address of the kobject's name
 * @throws InspectError io
 */
export function otherName(space: AddressSpace, at: bigint, own: string): string | undefined {
  const name = at === 0n ? undefined : tryString(space, at);
  return name === undefined || !NAME.test(name) || name === own.replaceAll('/', '!') ? undefined : name;
}
