import { InspectError } from '../../errors.ts';
import type { MemoryImage } from '../../formats/image/image.ts';
import {
  describeText,
  LISTED,
  listOf,
  type ProvenText,
  type Refused,
  type TestedText,
} from './candidates.ts';

/** The error where no candidate is the VMCOREINFO of a kernel in this memory. */
export function notFound(
  image: MemoryImage,
  candidates: readonly TestedText[],
  { gaps, refused }: { readonly gaps: readonly string[]; readonly refused: readonly Refused[] },
): InspectError {
  const { path, memory } = image;
  const [placeholder] = refused;
  const note = placeholder ? `its VMCOREINFO note is none (${placeholder.reason})` : 'no VMCOREINFO note';
  const tried =
    candidates.length === 0 ? 'none in its memory' : `none in its memory that is valid${listOf(candidates)}`;
  const cut = memory.cutShort ? ['the file is truncated'] : [];
  return new InspectError('missingInfo', [`${path}: ${note}, and ${tried}`, ...gaps, ...cut].join('; '), {
    path,
    key: 'VMCOREINFO',
    hint: hintFor(image),
  });
}

/** Where the PCI hole below 4 GiB begins at the lowest: 2 GiB in QEMU's q35, 3 GiB or more elsewhere. */
const LOWEST_HOLE = 2 ** 31;

function hintFor({ live, registers, segments, placedAround, bytes }: MemoryImage): string {
  const kernels = 'kernels have it with CONFIG_VMCORE_INFO (CONFIG_CRASH_CORE before 6.9)';
  if (live) return kernels;
  if (placedAround && (bytes ?? 0) > LOWEST_HOLE) {
    return (
      'in the memory file of a virtual machine, memory above 4 GiB follows the memory below the PCI hole: ' +
      'say where that is with --hole START-END (0xc0000000-0x100000000 in most machines)'
    );
  }
  if (registers.length > 0 && hasKernelAddresses(segments)) {
    // Under PTI, the page tables of a CPU in user mode map almost nothing of the kernel.
    return "QEMU's dump with paging (-p) has only what the CPUs had mapped: dump the memory without paging";
  }
  return `give the VMCOREINFO text of this same boot with --vmcoreinfo FILE; ${kernels}`;
}

function hasKernelAddresses(segments: MemoryImage['segments']): boolean {
  for (const { virtual } of segments) if (virtual !== null && virtual >= 1n << 63n) return true;
  return false;
}

/** The error where several kernels are equally likely. */
export function undecided({ path }: MemoryImage, kernels: readonly ProvenText[]): InspectError {
  const message = `${path}: it has the memory of more than one kernel, and nothing shows which one it was taken for`;
  return new InspectError(
    'missingInfo',
    `${message}: ${kernels
      .slice(0, LISTED + 1)
      .map(describeText)
      .join(', ')}`,
    {
      path,
      key: 'VMCOREINFO',
      hint: 'choose one with --boot N, or give its VMCOREINFO text with --vmcoreinfo FILE',
    },
  );
}

/** The error for a `--boot` that is too high. */
export function noSuchBoot(boot: number | undefined, kernels: number): InspectError {
  const are = kernels === 1 ? 'is 1 kernel' : `are ${kernels} kernels`;
  return new InspectError('usage', `--boot ${boot}: there ${are} in this memory`);
}
