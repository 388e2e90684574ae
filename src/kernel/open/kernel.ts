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
import { findLevels } from './paging-levels.ts';

/** End of the image mapping: at most 1 GiB (KERNEL_IMAGE_SIZE); modules follow. */
export const IMAGE_END = START_KERNEL_MAP + (1n << 30n);

/** Memory that the writer of a dump left out because it is all zero: plain data, for other threads. */
export interface LeftOut {
  /** RAM by the kernel's own view that the file lacks. Physical addresses of pages, bytes; ascending. */
  readonly ranges: readonly Range[];
  /** Further pages that may be such memory, and why that is not known; null for none. */
  readonly unclear: {
    readonly pages: number;
    readonly why: string;
    /** Whether these pages are all zero, if they were left out at all. */
    readonly areZero: boolean;
  } | null;
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
  /** How pagingLevels is known. */
  readonly levels: TriedValue;
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
  const tablesAt = (base: bigint) => new KernelTables(image, info, root, base);
  const physBase = findPhysBase(info, image, (base) => tablesAt(base).refuted);
  if (physBase.value === null) throw noPhysBase(physBase, image);
  const tables = tablesAt(physBase.value);
  const { levels } = tables;
  const pagingLevels = levels.value === 5n ? 5 : 4;
  const pageTableRoot = triedRoot(root.name, tables.physical);
  return { image, info, space: tables.space(pagingLevels), physBase, pageTableRoot, pagingLevels, levels };
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

/** The page tables of a kernel if its image lies where a value of phys_base puts it. */
class KernelTables {
  /** Physical address of the root table in bytes. */
  readonly physical: number;
  readonly levels: TriedValue;
  readonly #image: MemoryImage;
  readonly #info: Vmcoreinfo;
  readonly #root: Root;
  readonly #physBase: bigint;
  readonly #spaces = new Map<4 | 5, AddressSpace>();

  constructor(image: MemoryImage, info: Vmcoreinfo, root: Root, physBase: bigint) {
    this.#image = image;
    this.#info = info;
    this.#root = root;
    this.#physBase = physBase;
    this.physical = Number(BigInt.asUintN(52, root.address - START_KERNEL_MAP + physBase));
    this.levels = findLevels(info, image, (levels) => this.#refute(levels === 5n ? 5 : 4));
  }

  /** Why these are not its page tables; undefined if they are, with 4 or 5 levels. */
  get refuted(): string | undefined {
    if (this.levels.value !== null) return undefined;
    const noted = this.levels.candidates.find(({ value }) => value !== null)?.value;
    return this.#refute(noted === 5n ? 5 : 4);
  }

  space(levels: 4 | 5): AddressSpace {
    const { memory, live } = this.#image;
    const tables = { memory, root: this.physical, levels, encryptionMask: encryptionMaskOf(this.#info) };
    const space = this.#spaces.get(levels) ?? new AddressSpace(new PageWalker(tables), memory, live);
    this.#spaces.set(levels, space);
    return space;
  }

  /**
   * Why so many levels are not right: the kernel's text must translate to where phys_base puts it, or its root
   * table if VMCOREINFO does not say where its text is.
   */
  #refute(levels: 4 | 5): string | undefined {
    const stext = this.#info.symbol('_stext');
    const { name, address } = stext === undefined ? this.#root : { name: '_stext', address: stext };
    const wanted = address - START_KERNEL_MAP + this.#physBase;
    const { result } = this.space(levels).walk(address);
    if (result.kind !== 'mapped') return `then ${name} (${hex(address)}) ${explainWalk(result, address)}`;
    if (BigInt(result.physical) === wanted) return undefined;
    return `the page tables map ${name} to ${hex(result.physical)}, not ${hex(wanted)}`;
  }
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
  const reasons = tried.candidates.map(({ source, value, reason }) =>
    value === null
      ? `${source} does not tell phys_base (${reason})`
      : `${source} says ${hex(value)} (${reason})`,
  );
  // A refuted guess does not make the dump corrupt.
  const refuted = tried.candidates.some((c) => c.verdict === 'refuted' && c.source !== 'constant');
  const message = `the kernel's page tables cannot be found: ${reasons.join(', ')}`;
  return new InspectError(refuted ? 'corrupt' : 'missingInfo', message, {
    key: 'NUMBER(phys_base)',
    hint: refuted
      ? (image.warnings[0] ?? 'is the VMCOREINFO from another boot, or is the file truncated?')
      : 'give the VMCOREINFO of this boot with --vmcoreinfo FILE',
  });
}
