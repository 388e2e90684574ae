import type { TypedKernel } from '../types/typed-kernel.ts';

/** A reason not to trust a kernel. */
export interface Taint {
  /** Its bit in tainted_mask. */
  readonly bit: number;
  /** null for an unknown bit. */
  readonly letter: string | null;
  readonly meaning: string;
}

/**
 * Letters by bit (taint_flags of kernel/panic.c, Documentation/admin-guide/tainted-kernels.rst); none is ever
 * reused.
 */
const FLAGS: readonly (readonly [letter: string, meaning: string])[] = [
  ['P', 'a proprietary module was loaded'],
  ['F', 'a module was force-loaded'],
  ['S', 'the kernel runs on out-of-specification hardware'],
  ['R', 'a module was force-unloaded'],
  ['M', 'the processor reported a machine check'],
  ['B', 'a bad page was found'],
  ['U', 'user space requested it'],
  ['D', 'the kernel had an oops or hit a BUG'],
  ['A', 'an ACPI table was overridden'],
  ['W', 'the kernel issued a warning'],
  ['C', 'a staging driver was loaded'],
  ['I', 'a firmware bug is worked around'],
  ['O', 'an out-of-tree module was loaded'],
  ['E', 'an unsigned module was loaded'],
  ['L', 'a soft lockup occurred'],
  ['K', 'the kernel was live-patched'],
  ['X', 'auxiliary, as the distribution defines it'],
  ['T', 'the layout of structures was randomised'],
  ['N', 'a test was run in the kernel'],
  ['J', "user space changed firmware without its driver's knowledge (fwctl)"],
];

/**
 * Returns why a kernel is tainted, by ascending bit. Needs no types.
 * @throws InspectError missingInfo, notMapped or notStored
 */
export function readTaint(typed: TypedKernel): { readonly mask: bigint; readonly flags: readonly Taint[] } {
  const mask = typed.space.u64(typed.symbol('tainted_mask'));
  const bits = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (mask >> BigInt(bit)) & 1n);
  return { mask, flags: bits.map(taintOf) };
}

function taintOf(bit: number): Taint {
  const [letter = null, meaning = `bit ${bit}, which is unknown to this program`] = FLAGS[bit] ?? [];
  return { bit, letter, meaning };
}
