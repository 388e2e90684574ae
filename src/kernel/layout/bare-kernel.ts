import { InspectError } from '../../errors.ts';
import type { MemoryImage } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import { IMAGE_END, START_KERNEL_MAP } from '../../machine.ts';
import { type Found, type TriedValue, tryMethods } from '../evidence/methods.ts';
import type { Kernel } from '../open/kernel.ts';
import { AddressSpace } from '../paging/address-space.ts';
import { type CpuTables, tablesOfCpu } from '../paging/cpu-tables.ts';
import { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { findPageOffset } from './page-offset.ts';

/** The image is mapped in pages of at least this size. */
const IMAGE_STEP = 1n << 21n;

/**
 * Opens a kernel of which only the page tables that a CPU was using are known: enough to translate addresses
 * and to find what page tables show. They are believed if their direct map maps the tables themselves, which
 * only a kernel's does; the user half of PTI has no direct map. `lacking` is why nothing more is known.
 * @throws InspectError: `lacking` if there are no registers or no such tables
 */
export function openBareKernel(image: MemoryImage, lacking: InspectError): Kernel {
  for (const registers of image.registers) {
    for (const tables of tablesOfCpu(image, registers)) {
      const kernel = bareKernel(image, tables, lacking);
      if (findPageOffset(kernel, noSymbols).value !== null) return kernel;
    }
  }
  throw lacking;
}

function noSymbols(): never {
  throw new InspectError('missingInfo', 'the symbol table cannot be found without VMCOREINFO');
}

function bareKernel(image: MemoryImage, tables: CpuTables, lacking: InspectError): Kernel {
  const { cpu, cr3, walker } = tables;
  const doubt = `${lacking.message}; the page tables are the ones that CPU ${cpu} was using`;
  const space = new AddressSpace(walker, image.memory, image.live);
  return {
    image,
    info: new Vmcoreinfo({ text: '', source: 'none', doubts: [doubt] }),
    space,
    physBase: tried('page-tables', () => physBaseOf(space)),
    pageTableRoot: tried('registers', () => ({
      value: BigInt(walker.root),
      how: `CR3 of CPU ${cpu} is ${hex(cr3)}`,
    })),
    pagingLevels: walker.levels,
    levels: tried('registers', () => ({
      value: BigInt(walker.levels),
      how: `LA57 in CR4 of CPU ${cpu} is ${walker.levels === 5 ? 'set' : 'not set'}`,
    })),
  };
}

function tried(source: string, find: () => Found): TriedValue {
  return tryMethods([{ source, find }]);
}

/**
 * The kernel leaves only its image in the first GiB of the image mapping (cleanup_highmap,
 * arch/x86/mm/init_64.c).
 */
function physBaseOf(space: AddressSpace): Found {
  for (let at = START_KERNEL_MAP; at < IMAGE_END; at += IMAGE_STEP) {
    const { result } = space.walk(at);
    if (result.kind !== 'mapped') continue;
    const how = `the image mapping begins at ${hex(at)} with physical ${hex(result.physical)}`;
    return { value: BigInt(result.physical) - (at - START_KERNEL_MAP), how };
  }
  throw new InspectError('notMapped', 'the page tables map nothing where the kernel image should be');
}
