import type { Kernel } from '../../kernel/open/kernel.ts';
import { flagsLayout } from '../../kernel/sparsemem/page-flags-layout.ts';
import type { Zone, ZoneCheck } from './zones.ts';

/** Counts free blocks zone by zone. */
export class FreeCounter {
  readonly zones: ZoneCheck[];
  /** Free pages that lie in no zone: there should be none. */
  outside = 0;
  /** Of the upper half of a page's flags, the bits of its node. */
  readonly #nodeShift: number;
  readonly #nodeMask: number;

  /** @throws InspectError as flagsLayout, where there are zones */
  constructor(zones: readonly Zone[], kernel: Kernel) {
    this.zones = zones.map((zone) => ({ ...zone, counted: 0, unaccepted: 0 }));
    const { section, node } = zones.length === 0 ? { section: 0, node: 0 } : flagsLayout(kernel);
    this.#nodeShift = 32 - section - node;
    this.#nodeMask = 2 ** node - 1;
  }

  /** Adds a free block. Parameters as for OnFree. */
  add(pfn: number, pages: number, flagsHigh: number, unaccepted = false): void {
    const zone = this.#zoneAt(pfn, (flagsHigh >>> this.#nodeShift) & this.#nodeMask);
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
