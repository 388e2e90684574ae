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
 * How two kernels in one memory stand to each other. Apart are a crashed kernel and its capture kernel: neither has the
 * other's memory to give out, so both are whole. Overrun is a kernel of an earlier boot: the other one, which was started by
 * kexec or a warm reboot, gives out the memory that it was in.
 */
export type Relation = 'apart' | 'overruns' | 'overrun' | 'unclear';

/** Told by the struct pages of both; those that cannot be read tell nothing. */
export function relationOf(image: MemoryImage, a: Proven, b: Proven): Relation {
  const aHasB = managesVital(image, a, b);
  const bHasA = managesVital(image, b, a);
  if (aHasB === false && bHasA === false) return 'apart';
  if (aHasB === true && bHasA !== true) return 'overruns';
  return bHasA === true && aHasB !== true ? 'overrun' : 'unclear';
}

/** Whether a kernel has any of the other's vital pages to give out; undefined where its struct pages do not tell. */
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
 * Puts the kernel that a dump is made for first. Struct pages come first, for without them there is no kernel that could
 * run. Of two that are apart it is the crashed one: what a capture kernel does is of no interest, though it has the CPUs.
 * Else only one of both can be alive: the one that overruns the other, or that the CPUs were running.
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
/** Of a crash: the line that the kernel added, and that the memory of the machine is its own. */
const traces = ({ outcome }: Proven) => [Number(outcome.crashed), -outcome.foreign];

/** The order of two by the first of their values that differs, the larger one first; 0 where all are equal. */
function firstOf(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (b[at] as number) - (a[at] as number);
}

/** The kernels for the report, in their order; `taken` is the index of the one that is used. */
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
    why: `${i === taken && asked ? `--boot ${i + 1} asks for it; ` : ''}${whyOf(image, kernels, i)}`,
  }));
}

function whyOf(image: MemoryImage, kernels: readonly Proven[], at: number): string {
  const kernel = kernels[at] as Proven;
  const other = kernels[at === 0 ? 1 : 0];
  const cpus = cpusText(kernel, image);
  if (other === undefined) return cpus;
  const relation = relationOf(image, kernel, other);
  if (relation === 'overrun')
    return `of an earlier boot: the other kernel has its memory to give out; ${cpus}`;
  if (relation !== 'apart') return cpus;
  if (at > 0) return `the capture kernel, in memory that the crashed one keeps for it; ${cpus}`;
  const noted = kernel.outcome.crashed ? ', and noted when (CRASHTIME)' : '';
  return `it crashed${noted}, and the other is its capture kernel; ${cpus}`;
}

/** What the witnesses outside of memory say for a kernel. */
function cpusText({ outcome }: Proven, { registers }: MemoryImage): string {
  if (registers.length > 0) return `${outcome.cpus} of ${registers.length} CPUs were running it`;
  return outcome.witnessed
    ? "the file's segments name its image"
    : 'its page tables, release and struct pages hold';
}
