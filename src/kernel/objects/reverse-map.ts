import { PAGE_SIZE } from '../../machine.ts';
import { PageWalker } from '../paging/page-walk.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Break } from './list.ts';
import { walkTree } from './rb-tree.ts';

/** Where a page is mapped in a process, or may be. */
export interface Mapping {
  /** Address of the mm_struct. */
  readonly mm: bigint;
  /** Virtual address in that process. */
  readonly address: bigint;
}

/** The mappings of a page that page tables confirm, and how many places were examined. */
export interface Mapped {
  readonly mappings: readonly Mapping[];
  /** Memory areas (vm_area_struct) that cover the page. */
  readonly areas: number;
  /** Whether there were more areas than the limit. */
  readonly cut: boolean;
  readonly broken: Break | null;
}

/** A page, by its pfn and its index in its file or anon_vma. */
interface WantedPage {
  readonly index: bigint;
  readonly pfn: number;
  readonly anonymous: boolean;
}

/** Limit of areas examined per page: every process maps a page of libc. */
const AREAS_LIMIT = 1 << 12;

/**
 * Since 7.3, anonymous pages in a private mapping of a file are no longer counted from the file offset, but
 * from this offset, which is stored in two halves.
 */
const ANON_PGOFF = ['__vm_anon_pgoff_lo?', '__vm_anon_pgoff_hi?'] as const;

/**
 * Finds the mappings of a page like rmap (mm/rmap.c): through the tree of memory areas of its anon_vma or
 * file, and then through their page tables, because an area may cover a page without mapping it.
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

  /**
   * @param index of the page in its anon_vma, pages
   * @throws InspectError notMapped, notStored
   */
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

  /**
   * @param index of the page in its file, pages
   * @throws InspectError notMapped, notStored
   */
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
    let covering = 0;
    const mappings: Mapping[] = [];
    for (const at of areas) {
      const area = this.#area.load(at);
      const first = this.#firstIndex(page.anonymous);
      const address = area.big('vm_start') + (index - first) * BigInt(PAGE_SIZE);
      if (index < first || address >= area.big('vm_end')) continue;
      covering++;
      const mm = area.big('vm_mm');
      if (this.#maps(mm, address, pfn)) mappings.push({ mm, address });
    }
    return { mappings, areas: covering, cut: areas.length >= AREAS_LIMIT, broken };
  }

  /** Returns the index of the first page of the area that was loaded last. */
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
