import type { CpuRegisters, MemoryImage } from '../../formats/image/image.ts';
import { PageWalker } from './page-walk.ts';

/** The address bits of CR3: PCID is below, LAM above (Intel SDM 3A, 4.5). */
const CR3_ADDRESS = 0x000f_ffff_ffff_f000n;
/**
 * PTI_USER_PGTABLE_MASK: under PTI the user half's root follows the kernel half's
 * (arch/x86/include/asm/pgtable.h).
 */
const PTI_USER = 1n << 12n;
/** X86_CR4_LA57 */
const CR4_LA57 = 1n << 12n;

/** Page tables that a CPU may have been using. */
export interface CpuTables {
  readonly cpu: number;
  readonly cr3: bigint;
  readonly walker: PageWalker;
}

/** How many levels the page tables of a CPU have. */
export function levelsOfCpu({ cr4 }: CpuRegisters): 4 | 5 {
  return (cr4 & CR4_LA57) === 0n ? 4 : 5;
}

/**
 * Returns two candidates if bit 12 of CR3 is set: a root there, or under PTI the kernel half's root before
 * it.
 */
export function tablesOfCpu(
  { memory }: MemoryImage,
  registers: CpuRegisters,
  encryptionMask = 0n,
): CpuTables[] {
  const { cpu, cr3 } = registers;
  const levels = levelsOfCpu(registers);
  const root = cr3 & CR3_ADDRESS & ~encryptionMask;
  const roots = (root & PTI_USER) === 0n ? [root] : [root, root & ~PTI_USER];
  return roots.map((at) => {
    const walker = new PageWalker({ memory, root: Number(at), levels, encryptionMask });
    return { cpu, cr3, walker };
  });
}

/** Counts CPUs by the physical address in bytes to which their page tables map a virtual address. */
export function cpusByPhysical(
  image: MemoryImage,
  address: bigint,
  encryptionMask: bigint,
): Map<number, number> {
  const cpus = new Map<number, number>();
  for (const registers of image.registers) {
    const results = tablesOfCpu(image, registers, encryptionMask).map((t) => t.walker.walk(address).result);
    const mapped = results.find((result) => result.kind === 'mapped');
    if (mapped) cpus.set(mapped.physical, (cpus.get(mapped.physical) ?? 0) + 1);
  }
  return cpus;
}
