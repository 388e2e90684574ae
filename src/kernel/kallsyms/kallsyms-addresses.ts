import { hex } from '../../hex.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { corruptTable } from './kallsyms-names.ts';
import type { AddressTables } from './kallsyms-tables.ts';

/** How a kernel writes the addresses of its symbols (kernel/kallsyms.c, scripts/kallsyms.c). */
export type AddressForm =
  /** kallsyms_addresses, a u64 each: up to 6.10 without CONFIG_KALLSYMS_BASE_RELATIVE */
  | 'absolute'
  /** kallsyms_relative_base plus a u32: 4.6 to 6.19 */
  | 'base-relative'
  /** the same with CONFIG_KALLSYMS_ABSOLUTE_PERCPU: 4.6 to 6.14 (01157ddc58dc2), x86 SMP */
  | 'absolute-percpu'
  /** the entry's own address plus an i32: since 7.0 (a081b5789255d) */
  | 'place-relative';

/** The addresses of all symbols, and the form in which the kernel wrote them. */
export interface SymbolAddresses {
  readonly form: AddressForm;
  addressOf(index: number): bigint;
  all(): BigUint64Array;
}

const u64 = (value: bigint) => BigInt.asUintN(64, value);

/**
 * Reads the address table in each form that it may have.
 * @throws InspectError notMapped or notStored
 */
export function readAddresses(space: AddressSpace, tables: AddressTables, count: number): SymbolAddresses[] {
  const forms =
    tables.offsets === undefined ? [] : offsetForms(space, tables.offsets, tables.relativeBase, count);
  if (tables.absolute === undefined) return forms;
  const table = new BigUint64Array(space.bytes(tables.absolute, count * 8).buffer);
  return [...forms, { form: 'absolute', addressOf: (i) => table[i] as bigint, all: () => table }];
}

function offsetForms(
  space: AddressSpace,
  offsets: bigint,
  baseAt: bigint | undefined,
  count: number,
): SymbolAddresses[] {
  const table = new Int32Array(space.bytes(offsets, count * 4).buffer);
  const entry = (i: number) => table[i] as number;
  if (baseAt === undefined) return [relative('place-relative', count, offsets, (i) => 4 * i + entry(i))];
  const base = space.u64(baseAt);
  const percpu = (i: number) => (entry(i) >= 0 ? entry(i) : -1 - entry(i));
  return [
    relative('base-relative', count, base, (i) => entry(i) >>> 0),
    relative('absolute-percpu', count, base, percpu, (i) => entry(i) < 0),
  ];
}

/** @param isBased whether the base is added; otherwise the offset is the address. */
function relative(
  form: AddressForm,
  count: number,
  base: bigint,
  offset: (i: number) => number,
  isBased: (i: number) => boolean = () => true,
): SymbolAddresses {
  const addressOf = (i: number) => u64((isBased(i) ? base : 0n) + BigInt(offset(i)));
  return { form, addressOf, all: () => sums(count, base, offset, isBased) };
}

/** Adds 32-bit halves: a bigint for each of 200,000 symbols takes ten times as long. */
function sums(
  count: number,
  base: bigint,
  offset: (i: number) => number,
  isBased: (i: number) => boolean,
): BigUint64Array {
  const all = new BigUint64Array(count);
  const halves = new Uint32Array(all.buffer);
  const [low, high] = [Number(base & 0xffff_ffffn), Number(base >> 32n)];
  for (let i = 0; i < count; i++) {
    const based = isBased(i);
    const sum = (based ? low : 0) + offset(i);
    halves[2 * i] = sum;
    halves[2 * i + 1] = (based ? high : 0) + Math.floor(sum / 2 ** 32);
  }
  return all;
}

/**
 * Returns the form under which a known symbol decodes to its known address.
 * @throws InspectError corrupt if no form does; the message has what each form yields
 */
export function provenForm(
  forms: readonly SymbolAddresses[],
  known: { name: string; indexes: number[]; address: bigint },
): SymbolAddresses {
  for (const form of forms) {
    if (known.indexes.some((i) => form.addressOf(i) === known.address)) return form;
  }
  const results = forms.map(
    (f) => `${f.form} ${known.indexes.map((i) => hex(f.addressOf(i))).join(', ') || 'nothing'}`,
  );
  throw corruptTable(`${known.name} is at ${hex(known.address)}, but the table yields ${results.join('; ')}`);
}
