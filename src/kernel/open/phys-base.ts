import { InspectError } from '../../errors.ts';
import type { MemoryImage, Segment } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import { IMAGE_END, START_KERNEL_MAP } from '../../machine.ts';
import { type Found, type Method, type Refute, type TriedValue, tryMethods } from '../evidence/methods.ts';
import { cpusByPhysical } from '../paging/cpu-tables.ts';
import { required, type Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { encryptionMaskOf } from './kernel-tables.ts';

/**
 * The physical address of the kernel image minus its link address (phys_base), by all methods.
 * @param refute says why the page tables do not lie where a value puts them
 */
export function findPhysBase(info: Vmcoreinfo, image: MemoryImage, refute: Refute): TriedValue {
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

/** The error for a kernel without a phys_base that holds. */
export function noPhysBase(tried: TriedValue, image: MemoryImage): InspectError {
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
