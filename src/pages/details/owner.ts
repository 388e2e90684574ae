import type { MemoryFile } from '../../kernel/objects/files.ts';
import type { FreePlace } from '../../kernel/slabs/free-objects.ts';
import type { KfenceObject } from '../../kernel/slabs/kfence.ts';
import type { SlabCache } from '../../kernel/slabs/slab-caches.ts';
import type { VmallocKind } from '../usage/vmalloc.ts';

/** A process that maps a page, and where. */
export interface PageMapper {
  readonly pid: number;
  readonly comm: string;
  /** Virtual address in the process. */
  readonly address: bigint;
}

/** Who maps a page: the first ones, and how many there are. */
export interface PageMappers {
  readonly mappers: readonly PageMapper[];
  /** Entries in page tables. A process may map a page twice. */
  readonly count: number;
  readonly complete: boolean;
}

/** The owner of a page, by kind. */
export type PageOwner =
  | SlabOwner
  | KfenceOwner
  | FileOwner
  | AnonymousOwner
  | HugetlbOwner
  | StackOwner
  | VmallocOwner
  | { readonly kind: 'free'; readonly head: number; readonly order: number }
  | { readonly kind: 'kernelImage'; readonly symbol: string | null }
  | { readonly kind: 'crashKernel' }
  | { readonly kind: 'memmap'; readonly section: number };

export interface SlabOwner {
  readonly kind: 'slab';
  readonly cache: Pick<SlabCache, 'address' | 'name' | 'objectSize' | 'size'>;
  /** Objects of this slab. */
  readonly objects: number;
  readonly inUse: number;
  /** The list that the slab is on; null for none, and where that is not known. */
  readonly list: FreePlace | null;
  /** The object at the address; null where none was asked for. */
  readonly object: SlabObject | null;
}

export interface KfenceOwner {
  readonly kind: 'kfence';
  /** The object whose page it is; null for a guard page. */
  readonly object: KfenceObject | null;
}

/** An object of a slab. */
export interface SlabObject {
  /** Its index, counted from 0, and the offset of the address in it; bytes. */
  readonly index: number;
  readonly offset: number;
  /** Virtual address of its first byte; null where the direct map cannot be found. */
  readonly address: bigint | null;
  /** `freeing`: freed, but RCU does not yet allow its reuse. null where it is not known. */
  readonly state: 'allocated' | 'free' | 'freeing' | null;
  /** The list that a free object is on. */
  readonly waitsOn: FreePlace | null;
  /** Why its state is not known. */
  readonly unknown: string | null;
}

export interface FileOwner {
  readonly kind: 'file' | 'shmem';
  readonly file: MemoryFile;
  /** Offset of the page in the file, bytes. */
  readonly offset: bigint;
  readonly mapped: PageMappers;
}

export interface AnonymousOwner {
  readonly kind: 'anonymous' | 'ksm';
  /** Address of the anon_vma, or of KSM's stable node. */
  readonly anonVma: bigint;
  readonly mapped: PageMappers | null;
}

export interface HugetlbOwner {
  readonly kind: 'hugetlb';
  /** Bytes. */
  readonly size: number;
  readonly free: boolean;
  readonly file: MemoryFile | null;
  readonly mapped: PageMappers | null;
}

export interface StackOwner {
  readonly kind: 'kernelStack';
  /** Virtual address of the stack's first byte. */
  readonly address: bigint;
  /** null for a stack that is kept for a new task. */
  readonly task: { readonly pid: number; readonly comm: string } | null;
}

export interface VmallocOwner {
  readonly kind: 'vmalloc';
  readonly area: VmallocKind;
  readonly caller: string;
  /** Virtual address of the area, and the offset of the page in it; bytes. */
  readonly address: bigint;
  readonly offset: number;
}
