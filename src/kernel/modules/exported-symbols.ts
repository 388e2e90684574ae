import { latin1, toNul } from '../../bytes/words.ts';
import { readPartial } from '../paging/partial-memory.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Module } from './module-reader.ts';

/** Far more than any module exports: the most is a few hundred. */
const EXPORTS_LIMIT = 1 << 16;
const LONGEST_NAME = 512;

/**
 * Returns a module's exported symbols by name (struct kernel_symbol, include/linux/export.h). Each member is
 * an offset from its own address to its target (CONFIG_HAVE_ARCH_PREL32_RELOCATIONS, x86 since 4.19).
 * @throws InspectError notMapped or notStored; corrupt
 */
export function exportedSymbols(typed: TypedKernel, { exported }: Module): ReadonlyMap<string, bigint> {
  const found = new Map<string, bigint>();
  const type = typed.types.findStruct('kernel_symbol');
  if (!type?.has('value_offset') || !type.has('name_offset')) return found;
  const [value, name] = [type.placeOf('value_offset', 4), type.placeOf('name_offset', 4)];
  const count = Math.min(exported.count, EXPORTS_LIMIT);
  const bytes = typed.space.bytes(exported.address, count * type.size);
  const view = new DataView(bytes.buffer);
  const target = (at: number) => exported.address + BigInt(at) + BigInt(view.getInt32(at, true));
  for (let at = 0; at < bytes.length; at += type.size) {
    found.set(textAt(typed, target(at + name)), target(at + value));
  }
  return found;
}

function textAt(typed: TypedKernel, address: bigint): string {
  const { bytes, missing } = readPartial(typed.space, address, LONGEST_NAME);
  return latin1(toNul(bytes.subarray(0, missing[0]?.start)));
}
