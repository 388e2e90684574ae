import { hex } from '../hex.ts';
import type { MemoryFile } from '../kernel/objects/files.ts';
import type { PageDetails } from '../pages/details/details.ts';
import type { PageMappers, PageOwner } from '../pages/details/owner.ts';
import { type Hexed, hexed } from './hexed.ts';

/** Owners with files or mappings, which have other fields in JSON. */
type MappedKind = 'file' | 'shmem' | 'anonymous' | 'ksm' | 'hugetlb';

/** The owner of a page in JSON, by kind. Addresses are hex. */
export type OwnerRow =
  | Hexed<Exclude<PageOwner, { kind: MappedKind }>>
  | {
      readonly kind: 'file' | 'shmem';
      readonly file: PageFileRow;
      /** Of the page in the file, bytes. Text, because it may be past 2^53. */
      readonly offset: string;
      readonly mapped: MappersRow;
    }
  | { readonly kind: 'anonymous' | 'ksm'; readonly anonVma: string; readonly mapped: MappersRow | null }
  | {
      readonly kind: 'hugetlb';
      readonly size: number;
      readonly free: boolean;
      readonly file: PageFileRow | null;
      readonly mapped: MappersRow | null;
    };

export interface PageFileRow {
  readonly path: string | null;
  /** Why there is no path though there should be one. */
  readonly pathError?: string;
  readonly names: MemoryFile['names'];
  readonly deleted: boolean | null;
  readonly inode: string;
  readonly fileSystem: { readonly type: string; readonly device: string; readonly id: string };
  readonly size: string;
  readonly nrpages: number;
  readonly mapping: string;
  readonly inodeAddress: string;
}

/** The first processes that map a page, and how many there are. */
export interface MappersRow {
  readonly count: number;
  readonly complete: boolean;
  readonly processes: readonly { readonly pid: number; readonly name: string; readonly address: string }[];
}

/** What BTF adds to the document of `page --json`. */
export interface PageDetailsReport {
  readonly use: PageDetails['use'];
  readonly node: number | null;
  readonly zone: string | null;
  /** Whether the page is in the span of its zone, as it must be. */
  readonly inZoneSpan: boolean | null;
  /** The order in the flags of a compound's first tail (6.6+); null for any other page. */
  readonly flagsOrder: number | null;
  /** The compound or free block that the page is part of, or the page alone. */
  readonly head: PageDetails['head'];
  readonly mapcounts: PageDetails['mapcounts'];
  /** null where the kernel records none. */
  readonly owner: OwnerRow | null;
  /** Why the owner cannot be determined. */
  readonly ownerError: string | null;
}

export function pageDetailsReport(details: PageDetails): PageDetailsReport {
  const { use, flagsOrder, place, head, mapcounts, owner } = details;
  const at = 'value' in place ? place.value : null;
  return {
    use,
    node: at?.node ?? null,
    zone: at?.zone ?? null,
    inZoneSpan: at?.inSpan ?? null,
    flagsOrder,
    head,
    mapcounts,
    owner: 'value' in owner && owner.value ? ownerReport(owner.value) : null,
    ownerError: 'missing' in owner ? owner.missing : null,
  };
}

function ownerReport(owner: PageOwner): OwnerRow {
  switch (owner.kind) {
    case 'file':
    case 'shmem':
      return {
        kind: owner.kind,
        file: fileReport(owner.file),
        offset: String(owner.offset),
        mapped: mappersReport(owner.mapped),
      };
    case 'anonymous':
    case 'ksm':
      return {
        kind: owner.kind,
        anonVma: hex(owner.anonVma),
        mapped: owner.mapped && mappersReport(owner.mapped),
      };
    case 'hugetlb':
      return {
        kind: 'hugetlb',
        size: owner.size,
        free: owner.free,
        file: owner.file && fileReport(owner.file),
        mapped: owner.mapped && mappersReport(owner.mapped),
      };
    default:
      return hexed(owner);
  }
}

function fileReport({ mapping, inode, ino, size, nrpages, unnamed, ...file }: MemoryFile): PageFileRow {
  return {
    path: file.path,
    ...(unnamed && { pathError: unnamed.message }),
    names: file.names,
    deleted: file.deleted,
    inode: String(ino),
    fileSystem: { type: file.type, device: file.device, id: file.id },
    size: String(size),
    nrpages,
    mapping: hex(mapping),
    inodeAddress: hex(inode),
  };
}

function mappersReport({ mappers, count, complete }: PageMappers): MappersRow {
  return {
    count,
    complete,
    processes: mappers.map(({ pid, comm, address }) => ({ pid, name: comm, address: hex(address) })),
  };
}
