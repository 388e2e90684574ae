import type { Range } from '../../bytes/ranges.ts';
import { InspectError } from '../../errors.ts';
import type { MemoryImage, Segment, VmcoreinfoText } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import { START_KERNEL_MAP } from '../../machine.ts';
import { type Found, type Method, type TriedValue, tryMethods } from '../evidence/methods.ts';
import { AddressSpace, explainWalk } from '../paging/address-space.ts';
import { cpusByPhysical } from '../paging/cpu-tables.ts';
import { PageWalker } from '../paging/page-walk.ts';
import { missingKey, required, Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';

/** End of the image mapping: at most 1 GiB (KERNEL_IMAGE_SIZE); modules follow. */
export const IMAGE_END = START_KERNEL_MAP + (1n << 30n);

/** Memory that the writer of a dump left out because it is all zero: plain data, for other threads. */
export interface LeftOut {
  /** RAM by the kernel's own view that the file lacks. Physical addresses of pages, bytes; ascending. */
  readonly ranges: readonly Range[];
  /** Further pages that may be such memory, and why that is not known; null for none. */
  readonly unclear: { readonly pages: number; readonly why: string } | null;
}

/** A kernel whose memory can be read by virtual address. */
export interface Kernel {
  readonly image: MemoryImage;
  readonly info: Vmcoreinfo;
  readonly space: AddressSpace;
  /** Bytes to add to (address - __START_KERNEL_map) in the image mapping to get the physical address. */
  readonly physBase: TriedValue;
  /** Physical address of the root page table in bytes, and its source. */
  readonly pageTableRoot: TriedValue;
  readonly pagingLevels: 4 | 5;
  /**
   * Keys that VMCOREINFO should have but lacks, and that the kernel's own types and symbols do not give
   * either.
   */
  readonly unknownKeys?: readonly string[];
  /** Memory that the image lacks because it is all zero, once that was looked for; see withLeftOut. */
  readonly leftOut?: LeftOut;
}

/** What the user supplies because the dump lacks it. */
export interface KernelOptions {
  readonly vmcoreinfo?: VmcoreinfoText | undefined;
}

/**
 * Finds the kernel's page tables in an image and verifies them by translating the kernel's own text.
 * @throws InspectError missingInfo without VMCOREINFO or a root table in it; corrupt if the root leads
 * nowhere
 */
export function openKernel(image: MemoryImage, options: KernelOptions = {}): Kernel {
  const info = openVmcoreinfo(image, options.vmcoreinfo);
  requirePageSize(info);
  const root = rootSymbol(info);
  const physBase = findPhysBase(info, image, (base) => {
    const kernel = assemble(image, info, root.address, base);
    return refuteTables(kernel.space, info, base);
  });
  if (physBase.value === null) throw noPhysBase(physBase, image);
  const { space, levels, physical } = assemble(image, info, root.address, physBase.value);
  return {
    image,
    info,
    space,
    physBase,
    pageTableRoot: triedRoot(root.name, physical),
    pagingLevels: levels,
  };
}

/** @throws InspectError missingInfo if neither the image nor the user has it */
function openVmcoreinfo(image: MemoryImage, given?: VmcoreinfoText): Vmcoreinfo {
  const text = given ?? image.vmcoreinfo;
  if (text) return new Vmcoreinfo(text);
  throw new InspectError(
    'missingInfo',
    `${image.path}: it has no VMCOREINFO, which says where the kernel keeps its page tables`,
    {
      path: image.path,
      key: 'VMCOREINFO',
      hint: image.live
        ? '/proc/kcore has it since Linux 4.19; before, /sys/kernel/vmcoreinfo says where it is; both need CONFIG_CRASH_DUMP or CONFIG_VMCORE_INFO'
        : 'QEMU writes it only with -device vmcoreinfo; or give the VMCOREINFO text of this same boot with --vmcoreinfo FILE',
    },
  );
}

/** x86_64 has 4 KiB pages only (PAGE_SHIFT, arch/x86/include/asm/page_types.h). */
function requirePageSize(info: Vmcoreinfo): void {
  const size = info.get('PAGESIZE');
  if (size === undefined || size === '4096') return;
  const message = `VMCOREINFO: PAGESIZE is "${size.slice(0, 40)}", but x86_64 has pages of 4096 bytes`;
  throw new InspectError('corrupt', message, { key: 'PAGESIZE' });
}

export interface Root {
  readonly name: string;
  /** Virtual address in the image mapping. */
  readonly address: bigint;
}

/**
 * init_top_pgt since 4.13 (65ade2f872b4), init_level4_pgt before; swapper_pg_dir names the same table in
 * both.
 */
export function rootSymbol(info: Vmcoreinfo): Root {
  for (const name of ['init_top_pgt', 'init_level4_pgt', 'swapper_pg_dir']) {
    const address = info.symbol(name);
    if (address !== undefined) return { name, address };
  }
  throw missingKey('SYMBOL(init_top_pgt)', 'no virtual address can be translated');
}

function findPhysBase(
  info: Vmcoreinfo,
  image: MemoryImage,
  refute: (value: bigint) => string | undefined,
): TriedValue {
  const noted = () => {
    const value = required(info.number('phys_base'), 'NUMBER(phys_base)', 'kernels have it since Linux 4.10');
    return { value: BigInt(value), how: 'NUMBER(phys_base)' };
  };
  const unmoved = () => ({ value: 0n, how: 'an image that KASLR moved physically and virtually alike' });
  return tryMethods(
    [
      { source: 'vmcoreinfo', find: noted },
      ...(image.physBase === undefined ? [] : [{ source: 'header', find: () => fromHeader(image.physBase) }]),
      ...physBasesFromCpus(info, image),
      { source: 'pt-load', find: () => physBaseFromLoads(image.segments) },
      // KASLR moves the physical and the virtual address independently since 4.8; the number exists since
      // 4.10.
      ...(info.has('NUMBER(phys_base)') ? [] : [{ source: 'constant', find: unmoved }]),
    ],
    refute,
  );
}

/** Returns phys_base by the page tables that the CPUs were using: one value, unless there are two kernels. */
function physBasesFromCpus(info: Vmcoreinfo, image: MemoryImage): Method[] {
  const stext = info.symbol('_stext');
  if (stext === undefined) return [];
  const found = [...cpusByPhysical(image, stext, encryptionMaskOf(info))].sort((a, b) => b[1] - a[1]);
  return found.map(([physical, cpus]) => {
    const how = `the page tables of ${cpus} of ${image.registers.length} CPUs map _stext to ${hex(physical)}`;
    const value = BigInt(physical) - (stext - START_KERNEL_MAP);
    return { source: 'registers', find: () => ({ value, how }) };
  });
}

/** NUMBER(sme_mask), since Linux 5.1: the entry bit that is not part of the physical address. */
export function encryptionMaskOf(info: Vmcoreinfo): bigint {
  return BigInt(info.number('sme_mask') ?? 0);
}

/** A kdump-compressed file has it in its sub header, the only source for kernels before 4.10. */
function fromHeader(value: bigint | undefined): { value: bigint; how: string } {
  return {
    value: required(value, 'phys_base', 'the header of the dump has none'),
    how: 'phys_base in the header',
  };
}

/**
 * The kernel image's segment has both addresses: kdump's first LOAD, kcore's text, one of QEMU's with paging.
 */
function physBaseFromLoads(segments: Iterable<Segment>): Found {
  for (const { virtual, physical } of segments) {
    if (virtual === null || virtual < START_KERNEL_MAP || virtual >= IMAGE_END || physical === null) continue;
    const how = `the LOAD at virtual address ${hex(virtual)}`;
    return { value: BigInt(physical) - (virtual - START_KERNEL_MAP), how };
  }
  throw new InspectError('missingInfo', 'no LOAD of the kernel image has its physical address');
}

interface Assembled {
  readonly space: AddressSpace;
  readonly levels: 4 | 5;
  readonly physical: number;
}

function assemble(image: MemoryImage, info: Vmcoreinfo, rootAddress: bigint, physBase: bigint): Assembled {
  const physical = Number(BigInt.asUintN(52, rootAddress - START_KERNEL_MAP + physBase));
  const encryptionMask = encryptionMaskOf(info);
  const open = (levels: 4 | 5) =>
    new AddressSpace(
      new PageWalker({ memory: image.memory, root: physical, levels, encryptionMask }),
      image.memory,
      image.live,
    );
  const noted = info.number('pgtable_l5_enabled');
  if (noted !== undefined) return { space: open(noted === 1 ? 5 : 4), levels: noted === 1 ? 5 : 4, physical };
  // Without the key (before 4.17), the mode is the one in which the kernel's text translates.
  const five = open(5);
  return refuteTables(five, info, physBase) === undefined
    ? { space: five, levels: 5, physical }
    : { space: open(4), levels: 4, physical };
}

/**
 * Returns why these are not this kernel's page tables: its text must translate to where phys_base puts it.
 */
function refuteTables(space: AddressSpace, info: Vmcoreinfo, physBase: bigint): string | undefined {
  const stext = info.symbol('_stext');
  if (stext === undefined) return undefined;
  const wanted = stext - START_KERNEL_MAP + physBase;
  const { result } = space.walk(stext);
  if (result.kind === 'mapped') {
    if (BigInt(result.physical) === wanted) return undefined;
    return `the page tables map _stext to ${hex(result.physical)}, not ${hex(wanted)}`;
  }
  return `with it, _stext (${hex(stext)}) ${explainWalk(result, stext)}`;
}

function triedRoot(name: string, physical: number): TriedValue {
  return tryMethods([
    {
      source: 'vmcoreinfo',
      find: () => ({ value: BigInt(physical), how: `SYMBOL(${name}) in the image mapping` }),
    },
  ]);
}

function noPhysBase(tried: TriedValue, image: MemoryImage): InspectError {
  const reasons = tried.candidates.map((c) => `${c.source}: ${c.reason}`).join('; ');
  // A refuted guess does not make the dump corrupt.
  const refuted = tried.candidates.some((c) => c.verdict === 'refuted' && c.source !== 'constant');
  const message = `the kernel's page tables cannot be found: ${reasons}`;
  return new InspectError(refuted ? 'corrupt' : 'missingInfo', message, {
    key: 'NUMBER(phys_base)',
    hint: refuted
      ? (image.warnings[0] ?? 'is the VMCOREINFO from another boot, or is the file truncated?')
      : 'give the VMCOREINFO of this boot with --vmcoreinfo FILE',
  });
}
