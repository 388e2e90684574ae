import { InspectError } from '../../errors.ts';
import type { Boot, MemoryImage, TextCandidate, VmcoreinfoText } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import { byEvidence, describeBoots, isIntact, relationOf } from './boots.ts';
import { MOSTLY_FOREIGN, type ProvenKernel } from './kernel-proof.ts';

/** How many candidates besides the chosen one are listed individually. */
const LISTED = 3;

/** A text in memory that begins like VMCOREINFO. */
export interface Text {
  readonly text: string;
  /** Whether zeros follow its end; otherwise it is cut, like a remnant in a reused buffer. */
  readonly whole: boolean;
}

/** The first copy of a text, and the result of its test: the kernel, or why there is none. */
export interface TestedText extends Text {
  /** Physical address in bytes; null for a note of the dump. */
  readonly address: number | null;
  /** Where it was found. */
  readonly source: string;
  readonly outcome: ProvenKernel | string;
}

/** A note of the dump that is not a VMCOREINFO. */
export interface Refused extends TextCandidate {
  readonly verdict: 'unavailable' | 'refuted';
}

interface Proven extends TestedText {
  readonly outcome: ProvenKernel;
}

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
  best: Proven,
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

function candidateRow(one: TestedText, best: Proven): TextCandidate {
  const { source, outcome } = one;
  const isRefuted = typeof outcome === 'string' || outcome.flaw !== undefined;
  const isSame = typeof outcome !== 'string' && outcome.identity === best.outcome.identity;
  const verdict = isSame ? 'agrees' : isRefuted ? 'refuted' : 'differs';
  return { source, verdict, reason: isSame ? 'the same kernel' : verdictOn(one, best) };
}

/** Returns each kernel with its fullest text, first the one that the dump was made for. */
function kernelsAmong(image: MemoryImage, candidates: readonly TestedText[]): Proven[] {
  const proven = candidates.filter((c): c is Proven => isPossible(c, image));
  const texts = new Map<string, Proven[]>();
  for (const one of proven) {
    const { identity } = one.outcome;
    texts.set(identity, [...(texts.get(identity) ?? []), one]);
  }
  return [...texts.values()].map(fullest).sort((a, b) => byEvidence(image, a, b));
}

/**
 * Returns the best of the texts of one kernel: whole, with the line that the kernel added when it crashed.
 */
function fullest(texts: readonly Proven[]): Proven {
  const isFuller = (a: Proven, b: Proven) => (a.whole === b.whole ? a.text.length > b.text.length : a.whole);
  return texts.reduce((best, text) => (isFuller(text, best) ? text : best));
}

/**
 * A kernel without its struct pages cannot run, so it is ruled out, unless CPUs or the file show that it ran
 * or its struct pages may lie past the end of the truncated file.
 */
function isPossible({ outcome }: TestedText, { memory }: MemoryImage): boolean {
  return typeof outcome !== 'string' && (outcome.flaw === undefined || outcome.witnessed || memory.cutShort);
}

function sourceOf(candidates: readonly TestedText[], best: Proven): string {
  if (best.address === null) return best.source;
  const others = candidates.filter((c) => c !== best);
  return `found in memory at physical ${hex(best.address)}${listOf(others, best)}`;
}

function doubtsOf(image: MemoryImage, best: Proven, peers: readonly Proven[]): string[] {
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

function anotherKernel(other: Proven, boot: number | null): string {
  const selected = boot === null ? '' : ` (--boot ${boot} selects it)`;
  return `another kernel is in this memory, too: ${describe(other)}${selected}`;
}

/** Returns why the dump's own notes are not used, if the chosen kernel is another one. */
function notesRefused(candidates: readonly TestedText[], best: Proven, peers: readonly Proven[]): string[] {
  const isPeer = ({ outcome }: TestedText) =>
    typeof outcome !== 'string' && peers.some((peer) => peer.outcome.identity === outcome.identity);
  return candidates
    .filter((one) => one.address === null && one !== best && !isPeer(one))
    .map((note) => `note of an earlier boot: not used (${verdictOn(note, best)})`);
}

function describe({ text, address }: TestedText): string {
  const where = address === null ? 'in the note' : `at physical ${hex(address)}`;
  return `${text.slice(0, text.indexOf('\n'))} ${where}`;
}

function listOf(others: readonly TestedText[], best?: Proven): string {
  if (others.length === 0) return '';
  const listed = others.slice(0, LISTED).map((c) => `${placeOf(c)}: ${verdictOn(c, best)}`);
  const more = others.length > LISTED ? `; and ${others.length - LISTED} more` : '';
  const count = best ? `1 of ${others.length + 1} candidates; the others: ` : '';
  return ` (${count}${listed.join('; ')}${more})`;
}

function placeOf({ address }: TestedText): string {
  return address === null ? 'the note' : hex(address);
}

function verdictOn({ outcome }: TestedText, best: Proven | undefined): string {
  if (typeof outcome === 'string') return outcome;
  if (outcome.flaw !== undefined) return outcome.flaw;
  if (outcome.identity === best?.outcome.identity) return 'the same kernel';
  return `another kernel, which ${outcome.cpus} CPUs were running`;
}

function notFound(
  image: MemoryImage,
  candidates: readonly TestedText[],
  { gaps, refused }: Pick<Wanted, 'gaps' | 'refused'>,
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

function undecided({ path }: MemoryImage, kernels: readonly Proven[]): InspectError {
  const message = `${path}: it has the memory of more than one kernel, and nothing shows which one it was taken for`;
  return new InspectError(
    'missingInfo',
    `${message}: ${kernels
      .slice(0, LISTED + 1)
      .map(describe)
      .join(', ')}`,
    {
      path,
      key: 'VMCOREINFO',
      hint: 'choose one with --boot N, or give its VMCOREINFO text with --vmcoreinfo FILE',
    },
  );
}

function noSuchBoot(boot: number | undefined, kernels: number): InspectError {
  const are = kernels === 1 ? 'is 1 kernel' : `are ${kernels} kernels`;
  return new InspectError('usage', `--boot ${boot}: there ${are} in this memory`);
}
