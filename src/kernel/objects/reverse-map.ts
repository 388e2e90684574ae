import { PAGE_SIZE } from '../../machine.ts';
import { PageWalker } from '../paging/page-walk.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Break } from './list.ts';
import { walkTree } from './rb-tree.ts';

/** A place in a process where a page is, or may be mapped. */
export interface Mapping {
  /** Address of the mm_struct. */
  readonly mm: bigint;
  /** Virtual address in that process. */
  readonly address: bigint;
}

/** The mappings of a page as the page tables prove them, and how many places were looked at. */
export interface Mapped {
  readonly mappings: readonly Mapping[];
  /** Memory areas (vm_area_struct) that reach over the page. */
  readonly areas: number;
  /** Whether there were more areas than are looked at. */
  readonly cut: boolean;
  readonly broken: Break | null;
}

/** A page by its number in memory, and its index in its file or anon_vma. */
interface WantedPage {
  readonly index: bigint;
  readonly pfn: number;
  readonly anonymous: boolean;
}

/** Places looked at for one page: a page of libc is mapped by each process. */
const AREAS_LIMIT = 1 << 12;

/**
 * In 7.3 anonymous pages of a private mapping of a file no longer count from where it begins in the file, but from this
 * offset, which is kept in two halves.
 */
const ANON_PGOFF = ['__vm_anon_pgoff_lo?', '__vm_anon_pgoff_hi?'] as const;

/**
 * Finds who maps a page as rmap does (mm/rmap.c): by the tree of memory areas of its anon_vma or its file, and by their
 * page tables, since an area may reach over a page that it does not map.
 */
export class ReverseMap {
  readonly #typed: TypedKernel;
  readonly #area;
  readonly #mm;

  /** @throws InspectError missingInfo */
  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#area = typed.reader('vm_area_struct', 'vm_start', 'vm_end', 'vm_pgoff', 'vm_mm', ...ANON_PGOFF);
    this.#mm = typed.reader('mm_struct', 'pgd');
  }

  /** @param index of the page in its anon_vma, pages; @throws InspectError notMapped, notStored */
  ofAnonymous(anonVma: bigint, index: bigint, pfn: number): Mapped {
    const root = anonVma + BigInt(this.#typed.types.struct('anon_vma').offsetOf('rb_root'));
    const chain = this.#typed.reader('anon_vma_chain', 'vma');
    const node = BigInt(chain.type.offsetOf('rb'));
    const { nodes, broken } = walkTree(this.#typed, root, AREAS_LIMIT);
    return this.#among(
      nodes.map((at) => chain.load(at - node).big('vma')),
      { index, pfn, anonymous: true },
      broken,
    );
  }

  /** @param index of the page in its file, pages; @throws InspectError notMapped, notStored */
  ofFile(mapping: bigint, index: bigint, pfn: number): Mapped {
    const root = mapping + BigInt(this.#typed.types.struct('address_space').offsetOf('i_mmap'));
    const node = BigInt(this.#area.type.offsetOf('shared.rb'));
    const { nodes, broken } = walkTree(this.#typed, root, AREAS_LIMIT);
    return this.#among(
      nodes.map((at) => at - node),
      { index, pfn, anonymous: false },
      broken,
    );
  }

  #among(areas: readonly bigint[], page: WantedPage, broken: Break | null): Mapped {
    const { index, pfn } = page;
    let looked = 0;
    const mappings: Mapping[] = [];
    for (const at of areas) {
      const area = this.#area.load(at);
      const first = this.#firstIndex(page.anonymous);
      const address = area.big('vm_start') + (index - first) * BigInt(PAGE_SIZE);
      if (index < first || address >= area.big('vm_end')) continue;
      looked++;
      const mm = area.big('vm_mm');
      if (this.#maps(mm, address, pfn)) mappings.push({ mm, address });
    }
    return { mappings, areas: looked, cut: areas.length >= AREAS_LIMIT, broken };
  }

  /** The index of the first page of the area that was loaded last. */
  #firstIndex(anonymous: boolean): bigint {
    const area = this.#area;
    if (!anonymous || !area.has('__vm_anon_pgoff_lo')) return area.big('vm_pgoff');
    return (area.big('__vm_anon_pgoff_hi') << 32n) | area.big('__vm_anon_pgoff_lo');
  }

  #maps(mm: bigint, address: bigint, pfn: number): boolean {
    const { kernel, space } = this.#typed;
    const root = space.translate(this.#mm.load(mm).big('pgd'));
    const encryptionMask = BigInt(kernel.info.number('sme_mask') ?? 0);
    const walker = new PageWalker({
      memory: space.memory,
      root,
      levels: kernel.pagingLevels,
      encryptionMask,
    });
    const { result } = walker.walk(address);
    return result.kind === 'mapped' && Math.floor(result.physical / PAGE_SIZE) === pfn;
  }
}
