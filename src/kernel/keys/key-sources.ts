import { PAGE_SIZE } from '../../machine.ts';
import { sectionCount } from '../sparsemem/mem-section-geometry.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';

/** A line of VMCOREINFO: key and value, as written. */
export type Line = readonly [key: string, value: string];

/** A key that VMCOREINFO should have, and where else the kernel has the same information. */
export interface ExpectedKey {
  /** One of these is present: kernels have used different keys. */
  readonly anyOf: readonly string[];
  /** Whether this kernel must have it, judged by its other keys; always if absent. */
  readonly isDue?: (info: Vmcoreinfo) => boolean;
  /**
   * Derives the lines from the kernel's types (BTF) and symbols. Returns undefined if they do not say, 'none'
   * if they show that this kernel has no such thing.
   * @throws InspectError if types or symbols cannot be read
   */
  readonly derive: (typed: TypedKernel) => readonly Line[] | 'none' | undefined;
}

type Derive = ExpectedKey['derive'];

/** The first of several members that the structure has: each kernel has one of them. */
export function member(struct: string, ...names: readonly string[]): ExpectedKey {
  const keyOf = (name: string) => `OFFSET(${struct}.${name})`;
  return {
    anyOf: names.map(keyOf),
    derive: ({ types }) => {
      const type = types.findStruct(struct);
      const name = names.find((one) => type?.find(one) !== undefined);
      return name === undefined ? undefined : [[keyOf(name), `${type?.offsetOf(name)}`]];
    },
  };
}

export function sizeOf(struct: string): ExpectedKey {
  const key = `SIZE(${struct})`;
  return {
    anyOf: [key],
    derive: ({ types }) => {
      const type = types.findStruct(struct);
      return type && [[key, `${type.size}`]];
    },
  };
}

/** The number of elements of a member that is an array. */
export function lengthOf(struct: string, name: string, element: string): ExpectedKey {
  const key = `LENGTH(${struct}.${name})`;
  return {
    anyOf: [key],
    derive: ({ types }) => {
      const field = types.findStruct(struct)?.find(name);
      const one = types.findStruct(element);
      return field && one && one.size > 0 ? [[key, `${field.size / one.size}`]] : undefined;
    },
  };
}

export function number(name: string, value: (typed: TypedKernel) => number | undefined): Derive {
  return (typed) => {
    const derived = value(typed);
    return derived === undefined ? undefined : [[`NUMBER(${name})`, `${derived}`]];
  };
}

/** Page flags are bits of a word; page types named alike have larger values (6.11). */
const FLAGS_END = 64n;

export function flagBit({ types }: TypedKernel, name: string): number | undefined {
  const bit = types.enumerator(name);
  return bit !== undefined && bit < FLAGS_END ? Number(bit) : undefined;
}

export function flag(name: string): ExpectedKey {
  return { anyOf: [`NUMBER(${name})`], derive: number(name, (typed) => flagBit(typed, name)) };
}

/**
 * Returns the value of _mapcount for a page type: since 6.12 the type in the top byte (PGTY_*), in 6.11 all
 * ones with one bit cleared (PG_* of enum pagetype). Before, page types were macros, which BTF lacks.
 */
export function pageType(typed: TypedKernel, name: string): number | undefined {
  if (typed.hasNoTypes) return undefined;
  const { types } = typed;
  const top = types.enumerator(`PGTY_${name}`);
  if (top !== undefined) return (Number(top) << 24) | 0;
  const bit = types.enumerator(`PG_${name}`);
  return bit !== undefined && bit >= FLAGS_END ? ~Number(bit) : undefined;
}

/**
 * _mapcount with the macros of 4.18 to 6.10, which all had PG_buddy 0x80 and, since 5.1, PG_offline 0x100.
 */
const BUDDY_MACRO = ~0x80;
const OFFLINE_MACRO = ~0x100;

export function offlineType(typed: TypedKernel): number | undefined {
  const isMacro = typed.kernel.info.number('PAGE_BUDDY_MAPCOUNT_VALUE') === BUDDY_MACRO;
  return pageType(typed, 'offline') ?? (isMacro ? OFFLINE_MACRO : undefined);
}

/** How the kernel marks hugetlbfs pages, if it has them: by a page type, a flag or a destructor number. */
export const hugetlb: Derive = (typed) => {
  if (!typed.hasFunction('hugetlb_fault')) return 'none';
  const type = pageType(typed, 'hugetlb');
  if (type !== undefined) return [['NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)', `${type}`]];
  const bit = flagBit(typed, 'PG_hugetlb');
  if (bit !== undefined) return [['NUMBER(PG_hugetlb)', `${bit}`]];
  const dtor = typed.types.enumerator('HUGETLB_PAGE_DTOR');
  return dtor === undefined ? undefined : [['NUMBER(HUGETLB_PAGE_DTOR)', `${dtor}`]];
};

export const slab: Derive = (typed) => {
  const type = pageType(typed, 'slab');
  if (type !== undefined) return [['NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)', `${type}`]];
  const bit = flagBit(typed, 'PG_slab');
  return bit === undefined ? undefined : [['NUMBER(PG_slab)', `${bit}`]];
};

export function symbol(...names: readonly string[]): ExpectedKey {
  return {
    anyOf: names.map((name) => `SYMBOL(${name})`),
    derive: (typed) => {
      const name = names.find((one) => typed.findSymbol(one) !== undefined);
      return name === undefined
        ? undefined
        : [[`SYMBOL(${name})`, `${typed.findSymbol(name)?.toString(16)}`]];
    },
  };
}

const POINTER = 8n;

/** The array ends at the next symbol; NODES_SHIFT makes its length a power of two, the rest is alignment. */
export const nodes: Derive = (typed) => {
  const address = typed.findSymbol('node_data');
  const found = address === undefined ? undefined : typed.symbols.nearest(address);
  if (found?.offset !== 0n || found.size < POINTER) return undefined;
  return [['LENGTH(node_data)', `${2 ** Math.floor(Math.log2(Number(found.size / POINTER)))}`]];
};

/**
 * Returns the array of section roots. The symbol is a pointer to it, and VMCOREINFO has the pointer's value
 * (since 4.15, a0b1280368d1); without SPARSEMEM_EXTREME the symbol is the array itself.
 */
function sectionRoots(
  typed: TypedKernel,
): { readonly address: bigint; readonly isPointer: boolean } | undefined {
  const address = typed.findSymbol('mem_section');
  if (address === undefined) return undefined;
  const isPointer = typed.symbols.nearest(address)?.size === POINTER;
  return { address: isPointer ? typed.space.u64(address) : address, isPointer };
}

export const memSection: Derive = (typed) => {
  const roots = sectionRoots(typed);
  return roots && roots.address !== 0n ? [['SYMBOL(mem_section)', roots.address.toString(16)]] : undefined;
};

/** NR_SECTION_ROOTS (include/linux/mmzone.h): pages of mem_sections needed for all of physical memory. */
export const rootCount: Derive = (typed) => {
  const size = typed.types.findStruct('mem_section')?.size;
  if (!size || !sectionRoots(typed)?.isPointer) return undefined;
  const { info, pagingLevels } = typed.kernel;
  return [
    ['LENGTH(mem_section)', `${Math.ceil(sectionCount(info, pagingLevels) / Math.floor(PAGE_SIZE / size))}`],
  ];
};

/** Members of page[1] up to 6.2, of the folio in 6.3 to 6.5. */
export function ofHead(
  anyOf: readonly string[],
  inPage: string,
  inFolio: string,
): Pick<ExpectedKey, 'anyOf' | 'derive'> {
  const [page, folio] = [member('page', inPage), member('folio', inFolio)];
  return { anyOf, derive: (typed) => page.derive(typed) ?? folio.derive(typed) };
}
