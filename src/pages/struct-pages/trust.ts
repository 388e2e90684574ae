import { InspectError } from '../../errors.ts';
import { requireHonestSize } from '../../formats/image/claims.ts';
import { hex } from '../../hex.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { openMemSections } from '../../kernel/sparsemem/mem-section.ts';
import { textPfn } from './kernel-image.ts';
import { type PageKeys, pageKeys } from './page-keys.ts';

/** Pages of text that are looked at. A single one may have a memory error, or be used in some special way. */
const TEXT_PAGES = 16;

/**
 * Refuses dumps whose report would look right and be wrong: a file that claims more memory than it can have,
 * and struct pages that are garbage or those of another boot.
 * @throws InspectError corrupt; missingInfo as pageKeys
 */
export function requireTrustedMemory(kernel: Kernel): void {
  requireHonestSize(kernel.image);
  const doubt = structPageDoubt(kernel);
  if (doubt === null) return;
  throw new InspectError('corrupt', `the struct pages are not those of this memory: ${doubt}`, {
    hint: 'is the VMCOREINFO of another boot, or is the memory damaged? page FILE PFN shows a single one',
  });
}

/**
 * What is wrong with the struct pages of the kernel's text; null where nothing is, and where they cannot be
 * read. Those pages are never freed and never mapped through their struct pages: from boot on most of them
 * have one reference, no mapping, and a _mapcount of -1 (memmap_init, mm/mm_init.c).
 */
export function structPageDoubt(kernel: Kernel): string | null {
  const keys = pageKeys(kernel.info);
  try {
    return textDoubt(kernel, keys);
  } catch (error) {
    if (error instanceof InspectError) return null;
    throw error;
  }
}

function textDoubt(kernel: Kernel, keys: PageKeys): string | null {
  const pfn = textPfn(kernel);
  if (pfn === undefined) return null;
  const sections = openMemSections(kernel);
  const { pagesPerSection, structPageSize } = sections;
  const address = sections.structPageOf(pfn);
  if (address === null) return `the section table has no struct pages for the kernel's own text, pfn ${pfn}`;
  const pages = Math.min(TEXT_PAGES, pagesPerSection - (pfn % pagesPerSection));
  const bytes = kernel.space.bytes(address, pages * structPageSize);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const strange = Array.from({ length: pages }, (_, n) => n * keys.stride).filter(
    (i) => !isText(words, i, keys),
  );
  if (strange.length * 2 <= pages) return null;
  return (
    `those of the kernel's own text, from pfn ${pfn} on at ${hex(address)}, should have _refcount 1, _mapcount -1 ` +
    `and no mapping, but ${strange.length} of ${pages} do not; the first ${shown(words, strange[0] ?? 0, keys)}`
  );
}

function isText(words: Int32Array, i: number, { refcount, type, mapping }: PageKeys): boolean {
  return (
    words[i + refcount] === 1 &&
    words[i + type] === -1 &&
    words[i + mapping] === 0 &&
    words[i + mapping + 1] === 0
  );
}

function shown(words: Int32Array, i: number, { refcount, type, mapping }: PageKeys): string {
  const half = (word: number) => BigInt((words[i + word] ?? 0) >>> 0);
  const pointer = half(mapping) | (half(mapping + 1) << 32n);
  return `has _refcount ${words[i + refcount]}, _mapcount ${words[i + type]}, mapping ${hex(pointer)}`;
}
