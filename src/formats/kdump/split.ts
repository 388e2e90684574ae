import { InspectError } from '../../errors.ts';
import type { KdumpPart } from './part.ts';

/**
 * The parts of one dump in pfn order, as makedumpfile --split wrote them. Each has the headers and bitmaps of
 * the whole dump, and the pages of its own range. Parts may be missing.
 * @throws InspectError usage, if the files are not parts of one dump, or if two hold the same pages
 */
export function inOrder(parts: readonly KdumpPart[]): readonly [KdumpPart, ...KdumpPart[]] {
  const [first, ...others] = [...parts].sort((a, b) => a.start - b.start || a.end - b.end);
  if (!first) throw new InspectError('usage', 'a dump needs a file');
  let before = first;
  for (const part of others) {
    requireSameDump(first, part);
    if (part.start < before.end && part.start < part.end) throw sharing(before, part);
    if (part.end > before.end) before = part;
    part.release();
  }
  return [first, ...others];
}

function requireSameDump(a: KdumpPart, b: KdumpPart): void {
  for (const { header, source } of [a, b]) {
    if (header.split) continue;
    throw wrong(`${source.path} is a whole dump, not a part of a split one`, source.path);
  }
  const different = difference(a, b);
  if (different === undefined) return;
  throw wrong(
    `${a.source.path} and ${b.source.path} are parts of different dumps: ${different}`,
    b.source.path,
  );
}

/** How two dumps differ. The dumped pages are counted last, because that reads the bitmaps. */
function difference(
  { header: a, dumped: inA }: KdumpPart,
  { header: b, dumped: inB }: KdumpPart,
): string | undefined {
  if (a.identity !== b.identity) return 'their systems or times differ';
  if (a.maxMapnr !== b.maxMapnr) return `max_mapnr is ${a.maxMapnr} in one, ${b.maxMapnr} in the other`;
  if (a.dumpLevel !== b.dumpLevel)
    return `one was written with -d ${a.dumpLevel}, the other with -d ${b.dumpLevel}`;
  const [pagesA, pagesB] = [inA.rank(inA.pages), inB.rank(inB.pages)];
  return pagesA === pagesB ? undefined : `one has ${pagesA} pages, the other ${pagesB}`;
}

function sharing(a: KdumpPart, b: KdumpPart): InspectError {
  const range = `pfn ${b.start} to ${Math.min(a.end, b.end) - 1}`;
  return wrong(`${a.source.path} and ${b.source.path} hold the same pages, ${range}`, b.source.path);
}

function wrong(what: string, path: string): InspectError {
  return new InspectError('usage', what, { path, hint: 'give each part of one split dump once' });
}
