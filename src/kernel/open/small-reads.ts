import { Lru } from '../../bytes/lru.ts';
import type { Range } from '../../bytes/ranges.ts';
import type { MemoryAmounts, MissingByte, PhysicalMemory } from '../../formats/image/image.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { Kernel } from './kernel.ts';

/** Longer reads are passed on: they cover most of a page anyway. */
const SMALL = 1024;
/** 4 MiB of pages: objects of one kind share pages, and some five kinds are read in turn. */
const PAGES = 1024;

/**
 * Returns the same kernel with small reads served from cached whole pages, for commands that read many small
 * objects: 5,000 tasks take 40,000 small reads of credentials, PIDs and counters, of which a page has 20. The
 * memory of a running kernel changes, so it is read every time.
 */
export function withSmallReads(kernel: Kernel): Kernel {
  if (kernel.image.live) return kernel;
  return { ...kernel, space: kernel.space.over(new PagedMemory(kernel.space.memory)) };
}

class PagedMemory implements PhysicalMemory {
  readonly #memory: PhysicalMemory;
  readonly #pages = new Lru<number, Uint8Array>(PAGES);

  constructor(memory: PhysicalMemory) {
    this.#memory = memory;
  }

  get amounts(): MemoryAmounts {
    return this.#memory.amounts;
  }

  get encoded(): boolean {
    return this.#memory.encoded;
  }

  get cutShort(): boolean {
    return this.#memory.cutShort;
  }

  described(start?: number, end?: number): Iterable<Range> {
    return this.#memory.described(start, end);
  }

  survey(pfn: number, holdings: Uint8Array): void {
    this.#memory.survey(pfn, holdings);
  }

  readPadded(address: number, into: Uint8Array): MissingByte | undefined {
    return this.#memory.readPadded(address, into);
  }

  read(address: number, into: Uint8Array): MissingByte | undefined {
    const inside = address % PAGE_SIZE;
    if (into.length > SMALL || inside + into.length > PAGE_SIZE) return this.#memory.read(address, into);
    const page = this.#pages.get(address - inside, () => this.#readPage(address - inside));
    // The requested part may be there even if the page is incomplete.
    if (page.length === 0) return this.#memory.read(address, into);
    into.set(page.subarray(inside, inside + into.length));
    return undefined;
  }

  #readPage(address: number): Uint8Array {
    const page = new Uint8Array(PAGE_SIZE);
    return this.#memory.read(address, page) ? NOTHING : page;
  }
}

const NOTHING = new Uint8Array(0);
