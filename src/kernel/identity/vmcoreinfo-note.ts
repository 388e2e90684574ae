import type { Absence } from '../../absence.ts';
import type { OnProgress } from '../../bytes/work.ts';
import { InspectError } from '../../errors.ts';
import type { MemoryImage, VmcoreinfoText } from '../../formats/image/image.ts';
import { START_KERNEL_MAP } from '../../machine.ts';
import { type Kernel, openKernel, rootSymbol } from '../open/kernel.ts';
import { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { type ProvenKernel, proveKernel, proveRelease } from './kernel-proof.ts';
import { isDecided, type TestedText } from './vmcoreinfo-choice.ts';
import { searchVmcoreinfo } from './vmcoreinfo-search.ts';

/** Opens the kernel that a note describes. @throws InspectError as openKernel does */
export type OpenByNote = (image: MemoryImage, note: VmcoreinfoText) => Kernel;

const openByNote: OpenByNote = (image, note) => openKernel(image, { vmcoreinfo: note });

/** The result of testing a note: its kernel, or why there is none. */
type Outcome = ProvenKernel | string;

/**
 * Returns the VMCOREINFO of the kernel whose memory this is: the dump's own note if nothing contradicts it.
 * QEMU's note is what a guest's driver wrote last. It may come from a kernel that kexec has replaced, or that
 * crashed and now shares its memory with its capture kernel, so it is checked against the CPUs' registers.
 * The notes of /proc/vmcore and /proc/kcore come from the kernel itself and are checked only against its
 * release and page tables. If the note is contradicted or missing, all memory is searched; a note without a
 * rival stays.
 * @param boot which of several kernels is asked for, counted from 1
 * @param open for callers that keep the kernel that is opened to test the note
 * @throws InspectError as searchVmcoreinfo
 */
export function findVmcoreinfo(
  image: MemoryImage,
  onBytes?: () => OnProgress,
  boot?: number,
  open: OpenByNote = openByNote,
): VmcoreinfoText {
  const note = image.vmcoreinfo;
  if (!note) return searchVmcoreinfo(image, onBytes?.(), { boot });
  const outcome = boot === undefined ? doubtedOutcome(image, note, open) : proofOf(image, note);
  if (outcome === undefined) return note;
  const candidate: TestedText = { text: note.text, whole: true, address: null, outcome };
  try {
    return searchVmcoreinfo(image, onBytes?.(), { note: candidate, boot });
  } catch (error) {
    if (!(error instanceof InspectError) || error.kind !== 'missingInfo' || error.facts.key !== 'VMCOREINFO')
      throw error;
    return { ...note, doubts: [doubtOf(outcome)] };
  }
}

/**
 * Returns the dump's own note; never searches memory for another one.
 * @throws InspectError missingInfo if there is no note or it is contradicted
 */
export function trustedNote(image: MemoryImage, open: OpenByNote = openByNote): VmcoreinfoText {
  const note = image.vmcoreinfo;
  if (note && doubtedOutcome(image, note, open) === undefined) return note;
  throw new InspectError('missingInfo', `${image.path}: it has no valid VMCOREINFO note`, {
    key: 'VMCOREINFO',
  });
}

function doubtOf(outcome: Outcome): string {
  const reason =
    typeof outcome === 'string' ? outcome : (outcome.flaw ?? 'no other kernel is in this memory');
  return `the memory contradicts the VMCOREINFO note and holds no other one: ${reason}`;
}

/** Returns undefined for a note that nothing contradicts. */
function doubtedOutcome(image: MemoryImage, note: VmcoreinfoText, open: OpenByNote): Outcome | undefined {
  // What lies past the end of a truncated file cannot confirm the note; that is no reason to read the rest of
  // it.
  if (image.memory.cutShort) return undefined;
  const outcome =
    image.registers.length === 0 ? refutedRelease(image, note, open) : undecidedOutcome(image, note);
  // Checked last: few notes get here.
  return outcome === undefined || lacksRoot(image, note) ? undefined : outcome;
}

function refutedRelease(image: MemoryImage, note: VmcoreinfoText, open: OpenByNote): string | undefined {
  return contradiction(() => {
    const { space, info } = open(image, note);
    proveRelease(space, info);
  });
}

function undecidedOutcome(image: MemoryImage, note: VmcoreinfoText): Outcome | undefined {
  let proven: ProvenKernel | undefined;
  const refuted = contradiction(() => {
    proven = proveKernel(image, note);
  });
  if (refuted !== undefined || proven === undefined) return refuted;
  return isDecided({ text: note.text, whole: true, address: null, outcome: proven }) ? undefined : proven;
}

const UNKNOWN: ReadonlySet<Absence> = new Set([
  'notStored',
  'otherPart',
  'unreadable',
  'truncated',
  'corrupt',
]);

/** Whether the note's page tables lie in memory whose contents the dump lacks. */
function lacksRoot({ memory }: MemoryImage, note: VmcoreinfoText): boolean {
  const info = new Vmcoreinfo(note);
  try {
    const root = rootSymbol(info).address - START_KERNEL_MAP + BigInt(info.number('phys_base') ?? 0);
    const missing = root < 0n ? undefined : memory.read(Number(root), new Uint8Array(8));
    return missing !== undefined && UNKNOWN.has(missing.absence);
  } catch (error) {
    if (error instanceof InspectError) return false;
    throw error;
  }
}

/** Returns how memory contradicts a note. Memory that is not stored and missing keys are no contradiction. */
function contradiction(prove: () => void): string | undefined {
  try {
    prove();
    return undefined;
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    return error.kind === 'corrupt' || error.kind === 'notMapped' ? error.message : undefined;
  }
}

function proofOf(image: MemoryImage, note: VmcoreinfoText): Outcome {
  let outcome: Outcome = 'it cannot be tested';
  const refuted = contradiction(() => {
    outcome = proveKernel(image, note);
  });
  return refuted ?? outcome;
}
