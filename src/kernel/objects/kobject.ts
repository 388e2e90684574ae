import type { AddressSpace } from '../paging/address-space.ts';
import { tryString } from './c-string.ts';

/** What a name in sysfs is made of; memory that a filter has overwritten has no name any more. */
const NAME = /^[\x21-\x7e]+$/;

/**
 * The name by which an object stands in sysfs (kobject.name, which kobject_set_name_vargs writes "!" for "/" into), where
 * it is another one than its own; undefined where the two are the same, or there is none.
 * @param at of the kobject's name @throws InspectError io
 */
export function otherName(space: AddressSpace, at: bigint, own: string): string | undefined {
  const name = at === 0n ? undefined : tryString(space, at);
  return name === undefined || !NAME.test(name) || name === own.replaceAll('/', '!') ? undefined : name;
}
