import type { Vmcoreinfo } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import { nodeBits, type Zone, type ZoneCheck } from './zones.ts';

/** Counts free blocks zone by zone. */
export class FreeCounter {
  readonly zones: ZoneCheck[];
  /** Free pages that lie in no zone: there should be none. */
  outside = 0;
  readonly #nodeShift: number;

  constructor(zones: readonly Zone[], info: Vmcoreinfo) {
    this.zones = zones.map((zone) => ({ ...zone, counted: 0, unaccepted: 0 }));
    this.#nodeShift = 32 - (zones.length === 0 ? 1 : Math.max(1, nodeBits(info)));
  }

  /** Adds a free block. Parameters as for OnFree. */
  add(pfn: number, pages: number, flagsHigh: number, unaccepted = false): void {
    const zone = this.#zoneAt(pfn, flagsHigh >>> this.#nodeShift);
    if (!zone) {
      this.outside += pages;
      return;
    }
    zone.counted += pages;
    if (unaccepted) zone.unaccepted += pages;
  }

  /**
   * The spans of two nodes may overlap where one node lies in a gap of the other. Then the node in the page's
   * flags decides.
   */
  #zoneAt(pfn: number, node: number): ZoneCheck | undefined {
    let zone: ZoneCheck | undefined;
    for (const one of this.zones) {
      if (!spans(one, pfn)) continue;
      if (zone) return this.zones.find((other) => other.node === node && spans(other, pfn));
      zone = one;
    }
    return zone;
  }
}

function spans({ startPfn, spannedPages }: Zone, pfn: number): boolean {
  return pfn >= startPfn && pfn < startPfn + spannedPages;
}
