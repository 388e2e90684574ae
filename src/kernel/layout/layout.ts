import { InspectError, reasonOf } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { GIB } from '../../machine.ts';
import { fact, known } from '../evidence/fact.ts';
import { type Found, type TriedValue, tryMethods } from '../evidence/methods.ts';
import { type Kallsyms, readKallsyms } from '../kallsyms/kallsyms.ts';
import type { Kernel } from '../open/kernel.ts';
import { type MemSections, openMemSections } from '../sparsemem/mem-section.ts';
import { missingKey, required } from '../vmcoreinfo/vmcoreinfo.ts';
import { findKernelOffset } from './kernel-offset.ts';
import { findPageOffset, type KallsymsSource, variable } from './page-offset.ts';

/**
 * Where a kernel placed its regions; each value comes with every method that was tried. Addresses in bytes.
 */
export interface KernelLayout {
  readonly pageOffset: TriedValue;
  readonly physBase: TriedValue;
  /** The slide of the kernel image (KASLR). */
  readonly kernelOffset: TriedValue;
  /** Virtual address of struct page 0. */
  readonly vmemmap: TriedValue;
  /** Whether the kernel has a vmemmap at all (SPARSEMEM_VMEMMAP). */
  readonly hasVmemmap: boolean;
  readonly vmallocStart: TriedValue;
  readonly pageTableRoot: TriedValue;
  /** The physical address bit that means memory encryption (AMD SME); 0 if there is none. */
  readonly smeMask: TriedValue;
  readonly pagingLevels: 4 | 5;
  /** How pagingLevels is known. */
  readonly levels: TriedValue;
  /** How the symbol table was found and verified, or why it could not be. */
  readonly kallsyms:
    | { readonly symbols: number; readonly form: string; readonly source: string }
    | { readonly unavailable: string };
}

/**
 * Finds the whole layout. `pageOffset` is a virtual address from the user; `kallsyms` provides the symbol
 * table.
 */
export function findLayout(
  kernel: Kernel,
  pageOffset?: bigint,
  kallsyms: KallsymsSource = once(() => readKallsyms(kernel)),
): KernelLayout {
  return {
    pageOffset: findPageOffset(kernel, kallsyms, pageOffset),
    physBase: kernel.physBase,
    kernelOffset: findKernelOffset(kernel, kallsyms),
    vmemmap: findVmemmap(kernel, kallsyms),
    hasVmemmap: hasVmemmap(kernel, kallsyms),
    vmallocStart: findVmallocStart(kernel, kallsyms),
    pageTableRoot: kernel.pageTableRoot,
    smeMask: findSmeMask(kernel),
    pagingLevels: kernel.pagingLevels,
    levels: kernel.levels,
    kallsyms: describeKallsyms(kallsyms),
  };
}

/** Calls `make` once; a second call gets the same value or the same error. */
function once(make: () => Kallsyms): KallsymsSource {
  let made: { value: Kallsyms } | { error: unknown } | undefined;
  return () => {
    if (!made) {
      try {
        made = { value: make() };
      } catch (error) {
        made = { error };
      }
    }
    if ('error' in made) throw made.error;
    return made.value;
  };
}

function describeKallsyms(kallsyms: KallsymsSource): KernelLayout['kallsyms'] {
  try {
    const { count, form, source } = kallsyms();
    return { symbols: count, form, source };
  } catch (error) {
    return { unavailable: reasonOf(error) };
  }
}

function findSmeMask(kernel: Kernel): TriedValue {
  const noted = () => {
    const value = required(
      kernel.info.number('sme_mask'),
      'NUMBER(sme_mask)',
      'kernels have it since Linux 5.1; page tables are read without it',
    );
    return { value: BigInt(value), how: 'NUMBER(sme_mask), cleared in every page-table entry' };
  };
  return tryMethods([{ source: 'vmcoreinfo', find: noted }], notEncryption);
}

/** The mask must be one of the address bits of a page-table entry: bits 12 to 51. */
function notEncryption(mask: bigint): string | undefined {
  const isOneBit = (mask & (mask - 1n)) === 0n && mask >= 1n << 12n && mask < 1n << 52n;
  return mask === 0n || isOneBit ? undefined : 'it is not a bit of a physical address';
}

function findVmemmap(kernel: Kernel, kallsyms: KallsymsSource): TriedValue {
  const noted = () => {
    const value = kernel.info.symbol('vmemmap');
    return {
      value: required(value, 'SYMBOL(vmemmap)', 'Linux 6.12 has it, 6.1 does not'),
      how: 'SYMBOL(vmemmap)',
    };
  };
  const first = firstMemMap(kernel);
  const unmapped = (value: bigint) =>
    !first || first.base === value
      ? undefined
      : `section ${first.section} has its struct pages at ${hex(first.memMap)}, which contradicts it`;
  if (!hasVmemmap(kernel, kallsyms)) return tryMethods([{ source: 'mem-section', find: noVmemmap }]);
  return tryMethods(
    [
      { source: 'vmcoreinfo', find: noted },
      { source: 'kallsyms', find: () => variable(kernel, kallsyms(), 'vmemmap_base') },
      { source: 'mem-section', find: () => vmemmapFromSections(kernel) },
    ],
    unmapped,
  );
}

/**
 * Whether a kernel has a vmemmap: VMCOREINFO names it, the section table shows it, or if that cannot be read,
 * there is the function that fills it (arch/x86/mm/init_64.c). The variable vmemmap_base shows nothing.
 */
function hasVmemmap(kernel: Kernel, kallsyms: KallsymsSource): boolean {
  if (kernel.info.has('SYMBOL(vmemmap)')) return true;
  const sections = known(fact(() => openMemSections(kernel).hasVmemmap));
  return sections ?? known(fact(() => kallsyms().find('vmemmap_populate').length > 0)) ?? true;
}

function noVmemmap(): never {
  const what = 'this kernel has no vmemmap (SPARSEMEM_VMEMMAP=n): each section has its struct pages';
  throw new InspectError('missingInfo', `${what} in the direct map`);
}

/** Returns the first section's map, or undefined if no section table is found. */
function firstMemMap(kernel: Kernel): ReturnType<MemSections['firstMemMap']> {
  try {
    return openMemSections(kernel).firstMemMap();
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}

/** With SPARSEMEM_VMEMMAP all sections encode the same address, that of struct page 0 in the vmemmap. */
function vmemmapFromSections(kernel: Kernel): Found {
  const first = openMemSections(kernel).firstMemMap();
  if (!first) throw new InspectError('notMapped', 'mem_section has no section with a memory map');
  return { value: first.base, how: `section_mem_map of section ${first.section}, decoded` };
}

function findVmallocStart(kernel: Kernel, kallsyms: KallsymsSource): TriedValue {
  const noted = () => {
    const value = kernel.info.hex('NUMBER(VMALLOC_START)');
    return {
      value: required(value, 'NUMBER(VMALLOC_START)', 'kernels have it since Linux 6.9'),
      how: 'NUMBER(VMALLOC_START)',
    };
  };
  return tryMethods([
    { source: 'vmcoreinfo', find: noted },
    { source: 'kallsyms', find: () => variable(kernel, kallsyms(), 'vmalloc_base') },
    { source: 'vmap-area-list', find: () => firstVmapArea(kernel) },
  ]);
}

/**
 * The list is sorted by address and its first area lies in the first GiB; the base is a multiple of 1 GiB.
 */
function firstVmapArea({ info, space }: Kernel): Found {
  const list = info.symbol('vmap_area_list');
  const offsets = [info.offset('vmap_area.list'), info.offset('vmap_area.va_start')];
  const [listAt, startAt] = offsets;
  if (list === undefined || listAt === undefined || startAt === undefined) {
    throw missingKey('SYMBOL(vmap_area_list)', 'kernels have it up to Linux 6.8');
  }
  const first = space.u64(list);
  if (first === list) throw new InspectError('missingInfo', 'vmap_area_list is empty');
  const area = first - BigInt(listAt);
  const start = space.u64(area + BigInt(startAt));
  return {
    value: start - (start % GIB),
    how: `the first vmap_area begins at ${hex(start)}, rounded down to 1 GiB`,
  };
}
