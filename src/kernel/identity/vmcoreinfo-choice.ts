import type { Boot, MemoryImage, TextCandidate, VmcoreinfoText } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import { byEvidence, describeBoots, isIntact, relationOf } from './boots.ts';
import {
  describeText,
  LISTED,
  listOf,
  type ProvenText,
  type Refused,
  type TestedText,
  verdictOnText,
} from './candidates.ts';
import { MOSTLY_FOREIGN } from './kernel-proof.ts';
import { noSuchBoot, notFound, undecided } from './no-choice.ts';

/** Whether nothing found later can overrule it. A capture kernel has the CPUs, but not the memory. */
export function isDecided({ outcome, whole }: Pick<TestedText, 'outcome' | 'whole'>): boolean {
  return (
    typeof outcome !== 'string' &&
    whole &&
    outcome.witnessed &&
    outcome.flaw === undefined &&
    outcome.foreign < MOSTLY_FOREIGN
  );
}

/** What the search left out, and which of several kernels was asked for, counted from 1. */
export interface Wanted {
  readonly gaps: readonly string[];
  readonly refused: readonly Refused[];
  readonly boot?: number | undefined;
}

/**
 * Returns the text of the kernel whose memory this is, or of the one asked for.
 * @throws InspectError missingInfo if no candidate is such a kernel, or if several are equally likely; usage
 * if there is no kernel of the number asked for
 */
export function choose(
  image: MemoryImage,
  candidates: readonly TestedText[],
  { gaps, refused, boot }: Wanted,
): VmcoreinfoText {
  const kernels = kernelsAmong(image, candidates);
  const [strongest] = kernels;
  if (!strongest) throw notFound(image, candidates, { gaps, refused });
  const peers = kernels.filter((kernel) => isIntact(kernel) === isIntact(strongest));
  const rivals = peers.slice(1);
  if (boot === undefined && rivals.some((rival) => byEvidence(image, rival, strongest) === 0))
    throw undecided(image, peers);
  const best = peers[(boot ?? 1) - 1];
  if (!best) throw noSuchBoot(boot, peers.length);
  const boots = describeBoots(image, peers, peers.indexOf(best), boot !== undefined);
  return {
    text: best.text,
    source: sourceOf(candidates, best),
    doubts: [
      ...doubtsOf(image, best, peers),
      ...notesRefused(candidates, best, peers),
      ...(isDecided(best) ? [] : gaps),
    ],
    boots,
    candidates: [...refused, ...candidateRows(candidates, best, boots)],
  };
}

/** The text that is believed, the dump's own notes, and the first ones of the rest. */
function candidateRows(
  candidates: readonly TestedText[],
  best: ProvenText,
  boots: readonly Boot[],
): TextCandidate[] {
  const isNote = ({ address }: TestedText) => address === null;
  const others = candidates.filter((one) => one !== best);
  const rest = others.filter((one) => !isNote(one)).slice(0, LISTED);
  const why = boots.find(({ taken }) => taken)?.why ?? '';
  return [
    ...others.filter(isNote).map((one) => candidateRow(one, best)),
    { source: best.source, verdict: 'believed', reason: why },
    ...rest.map((one) => candidateRow(one, best)),
  ];
}

function candidateRow(one: TestedText, best: ProvenText): TextCandidate {
  const { source, outcome } = one;
  const isRefuted = typeof outcome === 'string' || outcome.flaw !== undefined;
  const isSame = typeof outcome !== 'string' && outcome.identity === best.outcome.identity;
  const verdict = isSame ? 'agrees' : isRefuted ? 'refuted' : 'differs';
  return { source, verdict, reason: isSame ? 'the same kernel' : verdictOnText(one, best) };
}

/** Returns each kernel with its fullest text, first the one that the dump was made for. */
function kernelsAmong(image: MemoryImage, candidates: readonly TestedText[]): ProvenText[] {
  const proven = candidates.filter((c): c is ProvenText => isPossible(c, image));
  const texts = new Map<string, ProvenText[]>();
  for (const one of proven) {
    const { identity } = one.outcome;
    texts.set(identity, [...(texts.get(identity) ?? []), one]);
  }
  return [...texts.values()].map(fullest).sort((a, b) => byEvidence(image, a, b));
}

/**
 * Returns the best of the texts of one kernel: whole, with the line that the kernel added when it crashed.
 */
function fullest(texts: readonly ProvenText[]): ProvenText {
  const isFuller = (a: ProvenText, b: ProvenText) =>
    a.whole === b.whole ? a.text.length > b.text.length : a.whole;
  return texts.reduce((best, text) => (isFuller(text, best) ? text : best));
}

/**
 * A kernel without its struct pages cannot run, so it is ruled out, unless CPUs or the file show that it ran
 * or its struct pages may lie past the end of the truncated file.
 */
function isPossible({ outcome }: TestedText, { memory }: MemoryImage): boolean {
  return typeof outcome !== 'string' && (outcome.flaw === undefined || outcome.witnessed || memory.cutShort);
}

function sourceOf(candidates: readonly TestedText[], best: ProvenText): string {
  if (best.address === null) return best.source;
  const others = candidates.filter((c) => c !== best);
  return `found in memory at physical ${hex(best.address)}${listOf(others, best)}`;
}

function doubtsOf(image: MemoryImage, best: ProvenText, peers: readonly ProvenText[]): string[] {
  const { outcome, whole, address } = best;
  const cpus = image.registers.length;
  const found = address === null ? 'the note is used' : 'VMCOREINFO was found in memory';
  const others = peers.filter((peer) => peer !== best);
  const isPair = others.some((other) => relationOf(image, best, other) === 'apart');
  return [
    ...(outcome.flaw === undefined ? [] : [`${found}, but ${outcome.flaw}`]),
    // After a crash, the CPUs run the capture kernel or are stopped.
    ...(outcome.cpus < cpus && !isPair
      ? [`${found}, but ${outcome.cpus} of ${cpus} CPUs were running that kernel`]
      : []),
    ...(whole ? [] : [`${found}, but its end is lost`]),
    ...others.slice(0, 1).map((other) => anotherKernel(other, isPair ? peers.indexOf(other) + 1 : null)),
  ];
}

function anotherKernel(other: ProvenText, boot: number | null): string {
  const selected = boot === null ? '' : ` (--boot ${boot} selects it)`;
  return `another kernel is in this memory, too: ${describeText(other)}${selected}`;
}

/** Returns why the dump's own notes are not used, if the chosen kernel is another one. */
function notesRefused(
  candidates: readonly TestedText[],
  best: ProvenText,
  peers: readonly ProvenText[],
): string[] {
  const isPeer = ({ outcome }: TestedText) =>
    typeof outcome !== 'string' && peers.some((peer) => peer.outcome.identity === outcome.identity);
  return candidates
    .filter((one) => one.address === null && one !== best && !isPeer(one))
    .map((note) => `note of an earlier boot: not used (${verdictOnText(note, best)})`);
}
