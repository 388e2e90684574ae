import { hex } from '../hex.ts';
import type { MemoryFile } from '../kernel/objects/files.ts';
import type { PageDetails } from '../pages/details/details.ts';
import type { KfenceOwner, PageMappers, PageOwner, SlabOwner } from '../pages/details/owner.ts';

/** A value for JSON, all of whose addresses are hex. */
type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** What BTF adds to the document of `page --json`. */
export interface PageDetailsReport {
  readonly use: PageDetails['use'];
  readonly node: number | null;
  readonly zone: string | null;
  /** Whether the zone's span has the page, as it must. */
  readonly inZoneSpan: boolean | null;
  /** The order in the flags of a compound's first tail (6.6+); null for any other page. */
  readonly flagsOrder: number | null;
  /** The compound or free block that the page is part of, or the page alone. */
  readonly head: PageDetails['head'];
  readonly mapcounts: PageDetails['mapcounts'];
  /** By kind; null where nothing says whose it is. */
  readonly owner: { readonly kind: PageOwner['kind']; readonly [key: string]: Plain } | null;
  /** Why the owner cannot be told. */
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

function ownerReport(owner: PageOwner): NonNullable<PageDetailsReport['owner']> {
  switch (owner.kind) {
    case 'kfence':
      return kfenceReport(owner);
    case 'slab':
      return slabReport(owner);
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
    case 'kernelStack':
    case 'vmalloc':
      return { ...owner, address: hex(owner.address) };
    default:
      return owner;
  }
}

function kfenceReport({ object }: KfenceOwner): NonNullable<PageDetailsReport['owner']> {
  return {
    kind: 'kfence',
    object: object && {
      ...object,
      address: hex(object.address),
      cache: object.cache && { ...object.cache, address: hex(object.cache.address) },
    },
  };
}

function slabReport({ cache, list, object, ...owner }: SlabOwner): NonNullable<PageDetailsReport['owner']> {
  return {
    ...owner,
    cache: { ...cache, address: hex(cache.address) },
    list: list && { ...list },
    object: object && {
      ...object,
      address: object.address === null ? null : hex(object.address),
      waitsOn: object.waitsOn && { ...object.waitsOn },
    },
  };
}

function fileReport({ mapping, inode, ino, size, nrpages, ...file }: MemoryFile): Plain {
  return {
    path: file.path,
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

function mappersReport({ mappers, count, complete }: PageMappers): Plain {
  return {
    count,
    complete,
    processes: mappers.map(({ pid, comm, address }) => ({ pid, name: comm, address: hex(address) })),
  };
}
