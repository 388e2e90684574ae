/** Slots at first, and at most, which take 16 MiB. */
const SLOTS = 1 << 8;
const SLOTS_LIMIT = 1 << 20;
/** Owners that are sorted at once, in addition to four times the number asked for. */
const MOST_SORTED = 1 << 10;
/** 2^32 divided by the golden ratio: multiplying spreads neighbouring addresses over all slots (Knuth). */
const GOLDEN = 0x9e37_79b1;

/** The address of an owner, in halves, and the pages that it has. */
export interface Owned {
  readonly address: bigint;
  readonly pages: number;
}

/** What a table holds, as plain data that threads can hand over. */
export interface OwnerCounts {
  /** Halves of the addresses, by slot. */
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  /** Pages by slot, 0 for a free one. */
  readonly pages: Float64Array;
  /** How many owners there are. */
  readonly size: number;
  readonly dropped: number;
  readonly droppedUpTo: number;
}

/**
 * Counts pages by the address of their owner, in bounded memory. If there are too many owners, those with the
 * fewest pages are dropped, so that the largest stay.
 */
export class OwnerTable {
  /** Pages of owners that were dropped. */
  dropped = 0;
  /** The most pages that any owner lost by being dropped, also one that is in the table again; 0 for none. */
  droppedUpTo = 0;
  readonly #slotsLimit: number;
  #low = new Uint32Array(SLOTS);
  #high = new Uint32Array(SLOTS);
  #pages = new Float64Array(SLOTS);
  #used = 0;
  /** The slot used last: pages of one owner mostly follow each other. */
  #last = 0;

  constructor(slotsLimit = SLOTS_LIMIT) {
    this.#slotsLimit = slotsLimit;
  }

  /** A table that holds the same. */
  static of(counts: OwnerCounts): OwnerTable {
    const table = new OwnerTable();
    table.#low = counts.low.slice();
    table.#high = counts.high.slice();
    table.#pages = counts.pages.slice();
    table.#used = counts.size;
    table.dropped = counts.dropped;
    table.droppedUpTo = counts.droppedUpTo;
    return table;
  }

  /** Owners in the table. */
  get size(): number {
    return this.#used;
  }

  /** Adds pages to an owner. Its address, which is not 0, is given as its lower and upper 32 bits. */
  add(low: number, high: number, pages: number): void {
    let slot = this.#last;
    if (this.#low[slot] !== low || this.#high[slot] !== high || this.#pages[slot] === 0) {
      slot = this.#slotOf(low, high);
      if (this.#pages[slot] === 0) {
        this.#low[slot] = low;
        this.#high[slot] = high;
        this.#used++;
      }
      this.#last = slot;
    }
    (this.#pages[slot] as number) += pages;
    if (this.#used * 4 > this.#pages.length * 3) this.#makeRoom();
  }

  get counts(): OwnerCounts {
    const { size, dropped, droppedUpTo } = this;
    return { low: this.#low, high: this.#high, pages: this.#pages, size, dropped, droppedUpTo };
  }

  /** Adds what another table holds. An owner may have been dropped in both, so its losses add up. */
  addAll({ low, high, pages, dropped, droppedUpTo }: OwnerCounts): void {
    for (let slot = 0; slot < pages.length; slot++) {
      const held = pages[slot] as number;
      if (held !== 0) this.add(low[slot] as number, high[slot] as number, held);
    }
    this.dropped += dropped;
    this.droppedUpTo += droppedUpTo;
  }

  /** The pages of an owner. */
  pagesOf(address: bigint): number {
    return this.#pages[this.#slotOf(Number(address & 0xffff_ffffn), Number(address >> 32n))] as number;
  }

  /** The owners with the most pages, largest first; by address where they have the same number. */
  largest(count: number): Owned[] {
    const best: number[] = [];
    const cut = () => best.sort((a, b) => this.#order(a, b)).splice(count);
    // A slot with fewer pages than the last of enough others need not be sorted: there may be a million
    // slots.
    let least = 0;
    for (let slot = 0; slot < this.#pages.length; slot++) {
      if ((this.#pages[slot] as number) <= least) continue;
      best.push(slot);
      if (best.length < 4 * count + MOST_SORTED) continue;
      cut();
      least = (this.#pages[best.at(-1) as number] as number) - 1;
    }
    cut();
    return best.map((slot) => ({ address: this.#address(slot), pages: this.#pages[slot] as number }));
  }

  #order(a: number, b: number): number {
    const pages = (this.#pages[b] as number) - (this.#pages[a] as number);
    return (
      pages ||
      (this.#high[a] as number) - (this.#high[b] as number) ||
      (this.#low[a] as number) - (this.#low[b] as number)
    );
  }

  #address(slot: number): bigint {
    return (BigInt(this.#high[slot] as number) << 32n) | BigInt(this.#low[slot] as number);
  }

  /** The slot of an owner, or the free slot for it. */
  #slotOf(low: number, high: number): number {
    const mask = this.#pages.length - 1;
    let slot = (Math.imul((low >>> 3) ^ high, GOLDEN) >>> 7) & mask;
    while (this.#pages[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  #makeRoom(): void {
    const slots = this.#pages.length;
    let least = 0;
    if (slots < this.#slotsLimit) this.#rebuild(2 * slots, least);
    while (this.#used * 2 > this.#pages.length) {
      least = Math.max(1, 2 * least);
      this.#rebuild(slots, least);
    }
    this.droppedUpTo += least;
  }

  /** Moves the owners with more than `least` pages to a new table. */
  #rebuild(slots: number, least: number): void {
    const [low, high, pages] = [this.#low, this.#high, this.#pages];
    this.#low = new Uint32Array(slots);
    this.#high = new Uint32Array(slots);
    this.#pages = new Float64Array(slots);
    this.#used = 0;
    this.#last = 0;
    for (let from = 0; from < pages.length; from++) {
      const held = pages[from] as number;
      if (held === 0) continue;
      if (held <= least) this.dropped += held;
      else this.#put(low[from] as number, high[from] as number, held);
    }
  }

  #put(low: number, high: number, pages: number): void {
    const slot = this.#slotOf(low, high);
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.#pages[slot] = pages;
    this.#used++;
  }
}
