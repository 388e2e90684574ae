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

/** Opens the kernel that a note is of. @throws InspectError as openKernel does */
export type OpenByNote = (image: MemoryImage, note: VmcoreinfoText) => Kernel;

const openByNote: OpenByNote = (image, note) => openKernel(image, { vmcoreinfo: note });

/** What speaks against a note: the kernel that it is of, where there is one, or the reason why there is none. */
type Outcome = ProvenKernel | string;

/**
 * The VMCOREINFO of the kernel whose memory this is: the dump's own note, if nothing speaks against it. QEMU's note is what
 * a guest's driver wrote last, so it may be of a kernel that another one took the place of (kexec), or that crashed and now
 * shares its memory with its capture kernel: it is held against the CPUs' registers. A kernel writes the notes of
 * /proc/vmcore and /proc/kcore itself: these are held against its release and page tables only. Where something speaks
 * against the note, or there is none, all memory is searched; a note without a rival stays.
 * @param boot which of several kernels is asked for, from 1 on
 * @param open for who keeps the kernel that is opened to put the note to the test
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
  const outcome = boot === undefined ? againstNote(image, note, open) : proofOf(image, note);
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
 * The dump's own note, without a search where something speaks against it.
 * @throws InspectError missingInfo, when there is none, or none that holds
 */
export function trustedNote(image: MemoryImage, open: OpenByNote = openByNote): VmcoreinfoText {
  const note = image.vmcoreinfo;
  if (note && againstNote(image, note, open) === undefined) return note;
  throw new InspectError('missingInfo', `${image.path}: there is no VMCOREINFO note in it that holds`, {
    key: 'VMCOREINFO',
  });
}

function doubtOf(outcome: Outcome): string {
  const reason =
    typeof outcome === 'string' ? outcome : (outcome.flaw ?? 'no other kernel is in this memory');
  return `the VMCOREINFO note is contradicted by the memory, in which there is no other: ${reason}`;
}

/** undefined for a note that nothing speaks against. */
function againstNote(image: MemoryImage, note: VmcoreinfoText, open: OpenByNote): Outcome | undefined {
  // What lies past the end of a file cannot speak for the note; that is no reason to read the rest of it.
  if (image.memory.cutShort) return undefined;
  const outcome =
    image.registers.length === 0 ? refutedRelease(image, note, open) : unsettledProof(image, note);
  // Asked last, because few notes come to it.
  return outcome === undefined || lacksRoot(image, note) ? undefined : outcome;
}

function refutedRelease(image: MemoryImage, note: VmcoreinfoText, open: OpenByNote): string | undefined {
  return contradiction(() => {
    const { space, info } = open(image, note);
    proveRelease(space, info);
  });
}

function unsettledProof(image: MemoryImage, note: VmcoreinfoText): Outcome | undefined {
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

/** Whether the note's page tables are where the dump has memory whose contents it lacks. */
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

/** What memory says against a note. That it says nothing, because it is not stored or keys are missing, is no contradiction. */
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
  let outcome: Outcome = 'it cannot be put to the test';
  const refuted = contradiction(() => {
    outcome = proveKernel(image, note);
  });
  return refuted ?? outcome;
}
