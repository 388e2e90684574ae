import { hex } from '../bytes/hex.ts';
import { u32At, u64At } from '../bytes/words.ts';
import { InspectError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { openMemSections } from '../kernel/mem-section.ts';

const PAGE = 4096;
/** Pages of text that are looked at; one of them may have a memory error, or be in use in a way of its own. */
const PAGES = 16;
const NOT_MAPPED = 0xffff_ffff;

/**
 * Why the struct pages may be none: what else stands there, or those of another boot. The pages of the kernel's text are
 * never freed, and nobody maps them by struct page: from boot on they have one reference, no mapping, and a _mapcount of -1
 * (memmap_init, mm/mm_init.c). Null where they look so, and where they cannot be read.
 */
export function structPageDoubt(kernel: Kernel): string | null {
  try {
    return doubt(kernel);
  } catch (error) {
    if (error instanceof InspectError) return null;
    throw error;
  }
}

function doubt({ space, info, ...kernel }: Kernel): string | null {
  const stext = info.symbol('_stext');
  const [count, mapcount, mapping] = ['_refcount', '_mapcount', 'mapping'].map((name) =>
    info.offset(`page.${name}`),
  );
  if (stext === undefined || count === undefined || mapcount === undefined || mapping === undefined)
    return null;
  const sections = openMemSections({ space, info, ...kernel });
  const size = sections.structPageSize;
  const pfn = Math.floor(space.translate(stext) / PAGE);
  const inSection = pfn % sections.pagesPerSection;
  const map = sections.memMapOf((pfn - inSection) / sections.pagesPerSection);
  if (map === null) return `the section table has no struct page of the kernel's own text, pfn ${pfn}`;
  const address = map + BigInt(inSection * size);
  const bytes = space.bytes(address, size * Math.min(PAGES, sections.pagesPerSection - inSection));
  let alike = 0;
  for (let at = 0; at < bytes.length; at += size) {
    const isText =
      u32At(bytes, at + count) === 1 &&
      u32At(bytes, at + mapcount) === NOT_MAPPED &&
      u64At(bytes, at + mapping) === 0n;
    if (isText) alike++;
  }
  if (alike * 2 >= bytes.length / size) return null;
  const found = `_refcount ${u32At(bytes, count) | 0}, _mapcount ${u32At(bytes, mapcount) | 0}, mapping ${hex(u64At(bytes, mapping))}`;
  return (
    `those of the kernel's own text, from pfn ${pfn} on at ${hex(address)}, should have _refcount 1, _mapcount -1 and no ` +
    `mapping, and ${bytes.length / size - alike} of ${bytes.length / size} have not; the first has ${found}`
  );
}
