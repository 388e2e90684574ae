import type { Range } from '../../bytes/ranges.ts';
import { InspectError } from '../../errors.ts';
import type { MemoryImage, VmcoreinfoText } from '../../formats/image/image.ts';
import { type TriedValue, tryMethods } from '../evidence/methods.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { KernelTables, rootSymbol } from './kernel-tables.ts';
import { findPhysBase, noPhysBase } from './phys-base.ts';

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
  // Several methods give the same value, and the one that is believed is needed again.
  const known = new Map<bigint, KernelTables>();
  const tablesAt = (base: bigint) => {
    const tables = known.get(base) ?? new KernelTables(image, info, root, base);
    known.set(base, tables);
    return tables;
  };
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

function triedRoot(name: string, physical: number): TriedValue {
  return tryMethods([
    {
      source: 'vmcoreinfo',
      find: () => ({ value: BigInt(physical), how: `SYMBOL(${name}) in the image mapping` }),
    },
  ]);
}
