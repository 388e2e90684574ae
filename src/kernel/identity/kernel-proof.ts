import { u32At } from '../../bytes/words.ts';
import { InspectError, reasonOf } from '../../errors.ts';
import type { MemoryImage, VmcoreinfoText } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { type Kernel, openKernel } from '../open/kernel.ts';
import { encryptionMaskOf } from '../open/kernel-tables.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { cpusByPhysical } from '../paging/cpu-tables.ts';
import { ManagedMemory } from '../sparsemem/managed-memory.ts';
import { openMemSections } from '../sparsemem/mem-section.ts';
import { readUtsname } from '../system/utsname.ts';
import { required, type Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';

/** A kernel that is really in memory, as a VMCOREINFO text found there describes it. */
export interface ProvenKernel {
  /** Equal for all texts of one kernel, whose text grows by a line when it crashes. */
  readonly identity: string;
  /** How many CPUs used page tables that map this kernel's text where it says. */
  readonly cpus: number;
  /**
   * Whether a witness outside of its memory confirms it: all CPUs, or the file's LOAD segment of the image.
   */
  readonly witnessed: boolean;
  /** Why its struct pages do not confirm that this memory is its own; undefined if they do. */
  readonly flaw: string | undefined;
  /** Whether it recorded the time of its crash. */
  readonly crashed: boolean;
  readonly release: string;
  /** Physical address of its _stext in bytes. */
  readonly physical: number;
  /** Pages that it cannot do without: of its text, its root page table and its section table. */
  readonly vital: readonly number[];
  /** Share of the dump's memory that its allocator does not have, 0 to 1; near 1 for a capture kernel. */
  readonly foreign: number;
}

/**
 * Tests a VMCOREINFO text against the memory that it was found in. Memory also holds copies from earlier
 * boots, other machines and guests, so nothing in a text is believed:
 *
 * - its page tables must map its _stext to where its phys_base says;
 * - its init_uts_ns must hold its OSRELEASE;
 * - its section table should lead to struct pages that say that the kernel's own image is in use. After a
 *   kexec or a warm reboot the old image often survives whole, with the tables that map it; its struct pages
 *   and section tables do not, because the new kernel allocates its own over them.
 *
 * @throws InspectError with what contradicts the text
 */
export function proveKernel(image: MemoryImage, text: VmcoreinfoText): ProvenKernel {
  const kernel = openKernel(image, { vmcoreinfo: text });
  const { info, physBase } = kernel;
  if (info.has('NUMBER(phys_base)') && physBase.source !== 'vmcoreinfo') {
    throw refuted(`NUMBER(phys_base): ${physBase.candidates[0]?.reason}`);
  }
  const stext = required(info.symbol('_stext'), 'SYMBOL(_stext)', 'its page tables cannot be verified');
  proveRelease(kernel.space, info);
  const physical = kernel.space.translate(stext);
  const cpus = cpusByPhysical(image, stext, encryptionMaskOf(info)).get(physical) ?? 0;
  return {
    identity: `${hex(stext)} ${hex(physical)} ${hex(kernel.space.walker.root)}`,
    cpus,
    witnessed: image.registers.length > 0 ? cpus === image.registers.length : loadAgrees(kernel),
    flaw: flawOf(kernel, stext),
    crashed: info.has('CRASHTIME'),
    release: info.get('OSRELEASE') ?? '',
    physical,
    vital: vitalPfns(kernel, physical),
    foreign: foreignShare(kernel),
  };
}

/** A capture kernel has almost none of the machine's memory: the rest is what it is to save. */
export const MOSTLY_FOREIGN = 0.6;

function vitalPfns({ space, info }: Kernel, physical: number): number[] {
  const table = info.symbol('mem_section');
  const result = table === undefined ? undefined : space.walk(table).result;
  const addresses = [physical, space.walker.root, ...(result?.kind === 'mapped' ? [result.physical] : [])];
  return addresses.map((address) => Math.floor(address / PAGE_SIZE));
}

function foreignShare(kernel: Kernel): number {
  try {
    return new ManagedMemory(kernel).foreignShare(kernel.image.memory);
  } catch (error) {
    if (error instanceof InspectError) return 0;
    throw error;
  }
}

function loadAgrees({ physBase }: Kernel): boolean {
  return physBase.candidates.some(
    ({ source, verdict }) => source === 'pt-load' && (verdict === 'agrees' || verdict === 'believed'),
  );
}

function refuted(what: string): InspectError {
  return new InspectError('corrupt', what);
}

/** @throws InspectError corrupt if init_uts_ns holds another release; notMapped or notStored */
export function proveRelease(space: AddressSpace, info: Vmcoreinfo): void {
  if (info.get('OSRELEASE') === undefined) throw refuted('it names no release');
  readUtsname({ info, space });
}

function flawOf(kernel: Kernel, stext: bigint): string | undefined {
  try {
    proveImageInUse(kernel, stext);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** @throws InspectError corrupt if the struct page of the image's first page says that it is unused */
function proveImageInUse(kernel: Kernel, stext: bigint): void {
  const { space, info } = kernel;
  const countAt = info.offset('page._refcount') ?? info.offset('page._count');
  const sections = openMemSections(kernel);
  const pfn = Math.floor(space.translate(stext) / PAGE_SIZE);
  const address = sections.structPageOf(pfn);
  if (address === null) throw refuted('its section table has no map of its own image');
  const page = space.bytes(address, sections.structPageSize);
  const count = required(countAt, 'OFFSET(page._refcount)', 'its struct pages cannot be read');
  if (count < 0 || count > page.length - 4 || u32At(page, count) === 0) {
    throw refuted(`the struct page of its own image, at ${hex(address)}, says that the page is unused`);
  }
}
