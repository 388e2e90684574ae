import type { FileUses } from '../pages/usage/files.ts';
import type { ProcessUses } from '../pages/usage/processes.ts';
import type { SlabUses } from '../pages/usage/slabs.ts';
import { type Figure, figure, figureOf } from './figure.ts';
import { type FileRow, fileRow, type ProcessRow, processRow, type SlabRow, slabRow } from './usage-rows.ts';
import { FILE_ORDERS, PROCESS_ORDERS, SLAB_ORDERS, sorted, type UsageSort } from './usage-sort.ts';

export interface SlabsSection {
  readonly caches: number;
  readonly countExact: boolean;
  readonly unlisted: Figure;
  readonly largest: readonly SlabRow[];
}

export interface ProcessesSection {
  readonly count: number;
  readonly countExact: boolean;
  readonly rss: Figure;
  readonly largest: readonly ProcessRow[];
}

export interface FilesSection {
  readonly count: number;
  readonly countExact: boolean;
  /** No file that is left out has more pages; null if that is unknown. */
  readonly leftOutUpTo: number | null;
  readonly largest: readonly FileRow[];
}

/** Which entries of a list are in the document. */
export interface Listed {
  readonly top: number;
  readonly sort: UsageSort;
}

export function slabSection({ caches, unlisted, whole }: SlabUses, { top, sort }: Listed): SlabsSection {
  return {
    caches: caches.length,
    countExact: whole,
    unlisted: figureOf(unlisted),
    largest: sorted(caches, SLAB_ORDERS, sort).slice(0, top).map(slabRow),
  };
}

export function fileSection(
  { files, count, countExact, leftOutUpTo }: FileUses,
  { top, sort }: Listed,
): FilesSection {
  const all = sorted(files, FILE_ORDERS, sort);
  const most = all.slice(top).reduce((pages, { found }) => Math.max(pages, found.pages ?? 0), 0);
  return {
    ...{ count, countExact, leftOutUpTo: leftOutUpTo === null ? null : Math.max(leftOutUpTo, most) },
    largest: all.slice(0, top).map(fileRow),
  };
}

export function processSection(
  { processes }: ProcessUses,
  whole: boolean,
  { top, sort }: Listed,
): ProcessesSection {
  const rss = processes.reduce((sum, process) => sum + process.rss, 0);
  return {
    count: processes.length,
    countExact: whole,
    rss: figure(rss, whole),
    largest: sorted(processes, PROCESS_ORDERS, sort).slice(0, top).map(processRow),
  };
}
