import type { TypedKernel } from '../types/typed-kernel.ts';

/** A reason not to trust a kernel as it was built and started. */
export interface Taint {
  /** Number of its bit in tainted_mask. */
  readonly bit: number;
  /** null for a bit that is not known here. */
  readonly letter: string | null;
  readonly meaning: string;
}

/** Letters by bit (taint_flags of kernel/panic.c, Documentation/admin-guide/tainted-kernels.rst); none was ever reused. */
const FLAGS: readonly (readonly [letter: string, meaning: string])[] = [
  ['P', 'a proprietary module was loaded'],
  ['F', 'a module was loaded by force'],
  ['S', 'the kernel runs on hardware out of its specification'],
  ['R', 'a module was unloaded by force'],
  ['M', 'the processor reported a machine check'],
  ['B', 'a bad page was met'],
  ['U', 'a process of a user asked for it'],
  ['D', 'the kernel has oopsed or hit a BUG'],
  ['A', 'an ACPI table was overridden'],
  ['W', 'the kernel has warned'],
  ['C', 'a staging driver was loaded'],
  ['I', 'a bug of the firmware is worked around'],
  ['O', 'a module from outside of the kernel tree was loaded'],
  ['E', 'a module without a valid signature was loaded'],
  ['L', 'a soft lockup has occurred'],
  ['K', 'the kernel was live-patched'],
  ['X', 'auxiliary, as the distribution defines it'],
  ['T', 'the layout of structures was randomised'],
  ['N', 'a test was run in the kernel'],
  ['J', 'userspace changed firmware behind the back of its driver (fwctl)'],
];

/** Why a kernel is tainted, by ascending bit. Takes no types. @throws InspectError missingInfo, notMapped or notStored */
export function readTaint(typed: TypedKernel): { readonly mask: bigint; readonly flags: readonly Taint[] } {
  const mask = typed.space.u64(typed.symbol('tainted_mask'));
  const bits = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (mask >> BigInt(bit)) & 1n);
  return { mask, flags: bits.map(taintOf) };
}

function taintOf(bit: number): Taint {
  const [letter = null, meaning = `bit ${bit}, which is not known here`] = FLAGS[bit] ?? [];
  return { bit, letter, meaning };
}
