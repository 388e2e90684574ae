import { hex } from '../hex.ts';
import type { FileUse } from '../pages/usage/files.ts';
import type { ProcessUse } from '../pages/usage/processes.ts';
import type { SlabUse } from '../pages/usage/slabs.ts';
import { type Figure, figureOf } from './figure.ts';
import { jsonInteger } from './json-integer.ts';

export interface SlabRow extends Figure {
  readonly name: string;
  /** null if it cannot be determined; then activeRange, if there is one. */
  readonly active: number | null;
  readonly activeRange?: { readonly atLeast: number; readonly atMost: number };
  /** Free objects that CPUs and barns keep at hand: /proc/slabinfo counts them as active. */
  readonly cached: number | null;
  readonly objects: number | null;
  /** Bytes; null if it is impossible, as in ProcessRow. */
  readonly objectSize: number | null;
  readonly slotSize: number | null;
  readonly objectsPerSlab: number;
  readonly pagesPerSlab: number;
  readonly slabs: number | null;
  readonly aliases: number;
}

export interface FileRow extends Figure {
  readonly path: string | null;
  /** The mount namespace of the path; null for a block device and if there is no path. */
  readonly names: 'initial' | 'other' | 'fileSystem' | null;
  /** null if it cannot be determined. */
  readonly deleted: boolean | null;
  /** As text past 2^53. */
  readonly inode: number | string | null;
  readonly fileSystem: { readonly type: string; readonly device: string; readonly id: string } | null;
  /** Bytes. */
  readonly size: number | string | null;
  readonly dirty: number | null;
  readonly hugetlb: boolean;
  /** The kernel's count for the file, in pages (for hugetlbfs in huge pages). */
  readonly nrpages: number | null;
  /** Virtual address. */
  readonly mapping: string;
}

export interface ProcessRow {
  readonly pid: number;
  readonly name: string;
  /** Pages. */
  readonly rss: number | null;
  readonly anon: number | null;
  readonly file: number | null;
  readonly shmem: number | null;
  readonly swap: number | null;
  readonly pageTableBytes: number | null;
}

export function slabRow(cache: SlabUse): SlabRow {
  const { name, active, activeRange, cached, objects, objectSize, slabs, aliases, found } = cache;
  const { size, objectsPerSlab, pagesPerSlab } = cache;
  return {
    name,
    active,
    ...(activeRange && { activeRange: { atLeast: activeRange.least, atMost: activeRange.most } }),
    cached,
    objects,
    objectSize,
    slotSize: size,
    objectsPerSlab,
    pagesPerSlab,
    slabs,
    ...figureOf(found),
    aliases,
  };
}

export function fileRow({ address, found, dirty, huge, file, nrpages }: FileUse): FileRow {
  return {
    path: file?.path ?? null,
    names: file?.names ?? null,
    deleted: file?.deleted ?? null,
    inode: file && jsonInteger(file.ino),
    fileSystem: file && { type: file.type, device: file.device, id: file.id },
    size: file && jsonInteger(file.size),
    ...figureOf(found),
    dirty,
    hugetlb: huge,
    nrpages,
    mapping: hex(address),
  };
}

export function processRow({ pid, comm, rss, pages, pageTables }: ProcessUse): ProcessRow {
  const { anon, file, shmem, swap } = pages;
  return { pid, name: comm, rss, anon, file, shmem, swap, pageTableBytes: pageTables };
}
