import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { findPageOffset } from '../layout/page-offset.ts';
import type { Kernel } from '../open/kernel.ts';
import { type Link, linkAt } from './list-links.ts';

/** How many pages are looked through, evenly over the memory. */
const PAGES = 4096;
/** How many words that look like pointers are followed. */
const POINTERS = 4096;
const WORDS = PAGE_SIZE / 8;

/**
 * Links of list members that lie in memory from a physical address on, whatever they are members of: the kernel's
 * own objects are in lists, and it takes memory above 4 GiB first (zone Normal before DMA32).
 */
export function* linksInMemory(kernel: Kernel, from: number): Generator<Link> {
  const base = findPageOffset(kernel, noSymbols).value;
  if (base === null) return;
  let pointers = 0;
  const words = new Uint32Array(2 * WORDS);
  for (const page of samplePages(kernel, from)) {
    if (kernel.image.memory.read(page, new Uint8Array(words.buffer))) continue;
    for (const word of likePointers(words, base)) {
      if (++pointers > POINTERS) return;
      const link = linkAt(kernel.space, base + BigInt(page + 8 * word));
      if (link) yield link;
    }
  }
}

function noSymbols(): never {
  throw new InspectError('missingInfo', 'the symbol table is not needed here');
}

function* samplePages({ image }: Kernel, from: number): Generator<number> {
  const ranges = [...image.memory.described(from)];
  const pages = ranges.reduce((sum, { start, end }) => sum + (end - start) / PAGE_SIZE, 0);
  const step = Math.max(1, Math.floor(pages / PAGES)) * PAGE_SIZE;
  for (const { start, end } of ranges) for (let at = start; at + PAGE_SIZE <= end; at += step) yield at;
}

/** The words of a page whose upper half is that of an address in the direct map, which is below 64 TiB. */
function* likePointers(words: Uint32Array, base: bigint): Generator<number> {
  const first = Number(base >> 32n);
  for (let i = 0; i < WORDS; i++) {
    const above = (words[2 * i + 1] as number) - first;
    if (above >= 0 && above < 2 ** 14) yield i;
  }
}
