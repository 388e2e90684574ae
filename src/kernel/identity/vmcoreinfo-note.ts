import type { OnProgress } from '../../bytes/work.ts';
import { InspectError } from '../../errors.ts';
import type { MemoryImage, VmcoreinfoText } from '../../formats/image/image.ts';
import { openKernel } from '../open/kernel.ts';
import { rootSymbol } from '../open/kernel-tables.ts';
import { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import type { Refused, TestedText } from './candidates.ts';
import {
  type OpenByNote,
  type Outcome,
  proofOf,
  type TestedNote,
  testNote,
  whyPlaceholder,
} from './note-test.ts';
import { searchVmcoreinfo } from './vmcoreinfo-search.ts';

export type { OpenByNote } from './note-test.ts';

const openByNote: OpenByNote = (image, note) => openKernel(image, { vmcoreinfo: note });

/**
 * Returns the VMCOREINFO of the kernel whose memory this is: the dump's own note if nothing contradicts it
 * (testNote), or the first of several. If they are contradicted or missing, all memory is searched; a note
 * without a rival stays, but one that is no VMCOREINFO does not.
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
  const tested =
    boot === undefined ? testedNotes(image, open) : notesOf(image).map((note) => provenNote(image, note));
  const taken = believedAmong(tested);
  if (taken) return taken;
  const notes = tested.flatMap((one) => (one.kind === 'doubted' ? [textOf(one)] : []));
  const refused = tested.flatMap((one) => (one.kind === 'placeholder' ? [refusedNote(one)] : []));
  try {
    return searchVmcoreinfo(image, onBytes?.(), { notes, refused, boot });
  } catch (error) {
    const last = tested.find(({ note }) => hasRoot(note));
    const notFound = error instanceof InspectError && error.kind === 'missingInfo';
    if (!notFound || error.facts.key !== 'VMCOREINFO' || !last) throw error;
    const doubt = doubtOf(last);
    const candidates = [{ source: last.note.source, verdict: 'believed' as const, reason: doubt }];
    return { ...last.note, doubts: [doubt], candidates };
  }
}

/**
 * Returns the dump's own note; never searches memory for another one.
 * @throws InspectError missingInfo if there is no note or it is contradicted
 */
export function trustedNote(image: MemoryImage, open: OpenByNote = openByNote): VmcoreinfoText {
  const taken = believedAmong(testedNotes(image, open));
  if (taken) return taken;
  throw new InspectError('missingInfo', `${image.path}: it has no valid VMCOREINFO note`, {
    key: 'VMCOREINFO',
  });
}

function notesOf({ vmcoreinfo, furtherVmcoreinfo = [] }: MemoryImage): VmcoreinfoText[] {
  return vmcoreinfo === null ? [] : [vmcoreinfo, ...furtherVmcoreinfo];
}

/** The notes in file order, up to the first one that is believed. */
function testedNotes(image: MemoryImage, open: OpenByNote): TestedNote[] {
  const tested: TestedNote[] = [];
  for (const note of notesOf(image)) {
    const one = testNote(image, note, open);
    tested.push(one);
    if (one.kind === 'believed') break;
  }
  return tested;
}

function provenNote(image: MemoryImage, note: VmcoreinfoText): TestedNote {
  const reason = whyPlaceholder(note);
  if (reason !== undefined) return { note, kind: 'placeholder', reason };
  return { note, kind: 'doubted', outcome: proofOf(image, note) };
}

function believedAmong(tested: readonly TestedNote[]): VmcoreinfoText | undefined {
  const taken = tested.find((one) => one.kind === 'believed');
  if (taken?.kind !== 'believed') return undefined;
  return { ...taken.note, candidates: tested.map(candidateOf) };
}

function candidateOf(one: TestedNote): Refused | { source: string; verdict: 'believed'; reason: string } {
  const { note, kind } = one;
  if (kind === 'believed') return { source: note.source, verdict: 'believed', reason: one.reason };
  if (kind === 'placeholder') return refusedNote(one);
  return { source: note.source, verdict: 'refuted', reason: reasonOf(one.outcome) };
}

function refusedNote({ note, reason }: TestedNote & { readonly kind: 'placeholder' }): Refused {
  return { source: note.source, verdict: 'unavailable', reason };
}

function textOf({ note, outcome }: TestedNote & { readonly kind: 'doubted' }): TestedText {
  return { text: note.text, whole: true, address: null, source: note.source, outcome };
}

function doubtOf(tested: TestedNote): string {
  const reason = tested.kind === 'doubted' ? reasonOf(tested.outcome) : tested.reason;
  return `the memory contradicts the VMCOREINFO note and holds no other one: ${reason}`;
}

function reasonOf(outcome: Outcome): string {
  return typeof outcome === 'string' ? outcome : (outcome.flaw ?? 'no other kernel is in this memory');
}

/** Whether a note says where its page tables are, without which it is of no use. */
function hasRoot(note: VmcoreinfoText): boolean {
  try {
    rootSymbol(new Vmcoreinfo(note));
    return true;
  } catch (error) {
    if (error instanceof InspectError) return false;
    throw error;
  }
}
