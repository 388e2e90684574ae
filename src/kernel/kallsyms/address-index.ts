/** The item that an address lies in, where it begins and where the next one begins. */
export interface Nearest {
  /** The first of several that begin at the same address. */
  readonly index: number;
  readonly start: bigint;
  /** undefined after the last item. */
  readonly next: bigint | undefined;
}

/** Finds the last of many addresses at or below a given one; the addresses may come in any order. */
export class AddressIndex {
  readonly #sorted: BigUint64Array;
  /** Original index of each sorted address; null if they came sorted, as kallsyms writes them. */
  readonly #order: Uint32Array | null;

  constructor(addresses: BigUint64Array) {
    this.#order = isAscending(addresses) ? null : orderOf(addresses);
    this.#sorted = this.#order === null ? addresses : takeInOrder(addresses, this.#order);
  }

  /** Returns undefined below the first address. */
  nearest(address: bigint): Nearest | undefined {
    const sorted = this.#sorted;
    const after = firstAbove(sorted, address);
    if (after === 0) return undefined;
    const start = sorted[after - 1] as bigint;
    const first = start === 0n ? 0 : firstAbove(sorted, start - 1n);
    return { index: this.#order?.[first] ?? first, start, next: sorted[after] };
  }
}

/** Compares 32-bit halves: numbers are faster than bigints. */
function isAscending(addresses: BigUint64Array): boolean {
  const halves = new Uint32Array(addresses.buffer, addresses.byteOffset, 2 * addresses.length);
  for (let i = 2; i < halves.length; i += 2) {
    const rise = (halves[i + 1] as number) - (halves[i - 1] as number);
    if (rise < 0 || (rise === 0 && (halves[i] as number) < (halves[i - 2] as number))) return false;
  }
  return true;
}

function orderOf(addresses: BigUint64Array): Uint32Array {
  const order = Uint32Array.from(addresses, (_, i) => i);
  return order.sort((a, b) => {
    const [x, y] = [addresses[a] as bigint, addresses[b] as bigint];
    return x < y ? -1 : x > y ? 1 : a - b;
  });
}

function takeInOrder(addresses: BigUint64Array, order: Uint32Array): BigUint64Array {
  return BigUint64Array.from(order, (i) => addresses[i] as bigint);
}

/** Returns how many addresses are at or below `address`. */
function firstAbove(sorted: BigUint64Array, address: bigint): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as bigint) <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}
