import { InspectError } from '../../errors.ts';
import type { Boot, MemoryImage } from '../../formats/image/image.ts';
import { openKernel } from '../open/kernel.ts';
import { ManagedMemory } from '../sparsemem/managed-memory.ts';
import type { ProvenKernel } from './kernel-proof.ts';

/** A kernel in memory, with the text of its VMCOREINFO. */
export interface Proven {
  readonly text: string;
  readonly outcome: ProvenKernel;
}

/**
 * How two kernels in one memory relate. A crashed kernel and its capture kernel are apart: neither may
 * allocate the other's memory, so both are intact. A kernel of an earlier boot is overrun: the kernel started
 * later, by kexec or a warm reboot, may allocate the memory that the earlier one used.
 */
export type Relation = 'apart' | 'overruns' | 'overrun' | 'unclear';

/** Compares the struct pages of both kernels; those that cannot be read decide nothing. */
export function relationOf(image: MemoryImage, a: Proven, b: Proven): Relation {
  const aHasB = managesVital(image, a, b);
  const bHasA = managesVital(image, b, a);
  if (aHasB === false && bHasA === false) return 'apart';
  if (aHasB === true && bHasA !== true) return 'overruns';
  return bHasA === true && aHasB !== true ? 'overrun' : 'unclear';
}

/**
 * Whether a kernel may allocate any of the other's vital pages; undefined if its struct pages do not show it.
 */
function managesVital(image: MemoryImage, { text }: Proven, { outcome }: Proven): boolean | undefined {
  const managed = managedBy(image, text);
  const answers = outcome.vital.map((pfn) => managed?.has(pfn));
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

function managedBy(image: MemoryImage, text: string): ManagedMemory | undefined {
  try {
    return new ManagedMemory(openKernel(image, { vmcoreinfo: { text, source: 'memory' } }));
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}

/**
 * Sorts first the kernel that the dump was made for. Intact struct pages count most, because no kernel runs
 * without them. Of two kernels that are apart, the crashed one comes first: nobody debugs a capture kernel,
 * though the CPUs run it. Otherwise only one can be alive: the one that overruns the other, or else the one
 * that the CPUs were running.
 */
export function byEvidence(image: MemoryImage, a: Proven, b: Proven): number {
  const intact = Number(isIntact(b)) - Number(isIntact(a));
  if (intact !== 0 || !isIntact(a)) return intact || firstOf(evidence(a), evidence(b));
  const relation = relationOf(image, a, b);
  if (relation === 'apart') return firstOf(traces(a), traces(b));
  if (relation === 'overruns') return -1;
  return relation === 'overrun' ? 1 : firstOf(evidence(a), evidence(b));
}

export function isIntact({ outcome }: Proven): boolean {
  return outcome.flaw === undefined;
}

const evidence = ({ outcome }: Proven) => [outcome.cpus, Number(outcome.crashed)];
/** Traces of a crash: the line that the kernel added, and memory of the machine that its allocator has. */
const traces = ({ outcome }: Proven) => [Number(outcome.crashed), -outcome.foreign];

/** Compares by the first values that differ, the larger one first; returns 0 if all are equal. */
function firstOf(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (b[at] as number) - (a[at] as number);
}

/** Describes the kernels for the report, in order; `taken` is the index of the one in use. */
export function describeBoots(
  image: MemoryImage,
  kernels: readonly Proven[],
  taken: number,
  asked: boolean,
): Boot[] {
  return kernels.map((kernel, i) => ({
    release: kernel.outcome.release,
    physical: kernel.outcome.physical,
    taken: i === taken,
    why: `${i === taken && asked ? `--boot ${i + 1} selects it; ` : ''}${whyOf(image, kernels, i)}`,
  }));
}

function whyOf(image: MemoryImage, kernels: readonly Proven[], at: number): string {
  const kernel = kernels[at] as Proven;
  const other = kernels[at === 0 ? 1 : 0];
  const cpus = cpusText(kernel, image);
  if (other === undefined) return cpus;
  const relation = relationOf(image, kernel, other);
  if (relation === 'overrun')
    return `from an earlier boot: the other kernel may allocate its memory; ${cpus}`;
  if (relation !== 'apart') return cpus;
  if (at > 0) return `the capture kernel, in memory that the crashed kernel reserved for it; ${cpus}`;
  const noted = kernel.outcome.crashed ? ', and recorded when (CRASHTIME)' : '';
  return `it crashed${noted}, and the other is its capture kernel; ${cpus}`;
}

/** Returns what speaks for a kernel outside of its own memory. */
function cpusText({ outcome }: Proven, { registers }: MemoryImage): string {
  if (registers.length > 0) return `${outcome.cpus} of ${registers.length} CPUs were running it`;
  return outcome.witnessed
    ? "the file's segments name its image"
    : 'its page tables, release and struct pages are consistent';
}
