import type { MemoryImage } from '../../src/formats/image/image.ts';
import { openKernel } from '../../src/kernel/open/kernel.ts';
import { ClassJudge } from '../../src/pages/classify/class-judge.ts';
import { FIRST_EXCLUDING } from '../../src/pages/classify/rules.ts';
import { pageKeys } from '../../src/pages/struct-pages/page-keys.ts';
import { pfnRanges } from '../../src/pages/struct-pages/pfn-ranges.ts';
import { runsOf } from '../../src/pages/struct-pages/runs.ts';
import { StructPages } from '../../src/pages/struct-pages/struct-pages.ts';
import { Walk } from '../../src/pages/walk/walk.ts';
import { type CodecName, encodedPage, type KdumpRecipe, PAGE, type PageRecipe } from './kdump.ts';

const ZERO = Buffer.alloc(PAGE);

/** How the dump of a real kernel is written again. */
export interface Conversion {
  /** The codec of each page. */
  readonly codec: (pfn: number) => CodecName;
  /** Whether to leave out the pages that makedumpfile -d 31 leaves out. */
  readonly filter: boolean;
}

/**
 * The recipe of a kdump-compressed file of the same memory, as makedumpfile would write it: whole pages only.
 * They are already encoded, to be used for several files.
 */
export function kdumpOfKernel(image: MemoryImage, { codec, filter }: Conversion): KdumpRecipe {
  const kernel = openKernel(image);
  const keys = pageKeys(kernel.info);
  const walk = new Walk(new StructPages(kernel), keys, new ClassJudge(keys));
  const { extents } = walk.judge;
  const pages = new Map<number, PageRecipe>();
  for (const { pfn, count } of runsOf(pfnRanges(image.memory.described()))) {
    extents.clear();
    walk.run(pfn, count);
    for (let n = 0, extent = 0; n < count; n++) {
      if (n === extents.ends[extent]) extent++;
      const page = new Uint8Array(PAGE);
      if (image.memory.read((pfn + n) * PAGE, page)) continue;
      if (filter && (extents.rules[extent] as number) >= FIRST_EXCLUDING) pages.set(pfn + n, 'excluded');
      else pages.set(pfn + n, ZERO.equals(page) ? 'zero' : encodedPage(page, codec(pfn + n)));
    }
  }
  return { pages, vmcoreinfo: image.vmcoreinfo?.text ?? '', dumpLevel: filter ? 31 : 1, status: 1 };
}
