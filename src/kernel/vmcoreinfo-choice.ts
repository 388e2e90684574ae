import { hex } from '../bytes/hex.ts';
import { InspectError } from '../errors.ts';
import type { MemoryImage, VmcoreinfoText } from '../formats/image.ts';
import type { ProvenKernel } from './kernel-proof.ts';

/** Others than the chosen one that are told of one by one. */
const LISTED = 3;

/** What stands at an address and begins as VMCOREINFO does. */
export interface Text {
  readonly text: string;
  /** Whether it ends where its memory does, in zeros; else it was cut, as the rest of a copy in a used buffer is. */
  readonly whole: boolean;
}

/** A text as found first, and what its test said: the kernel, or why there is none. */
export interface Candidate extends Text {
  /** Physical address, bytes. */
  readonly address: number;
  readonly outcome: ProvenKernel | string;
}

interface Proven extends Candidate {
  readonly outcome: ProvenKernel;
}

/** Whether nothing that is found later can speak against it. */
export function isSettled({ outcome, whole }: Candidate): boolean {
  return typeof outcome !== 'string' && whole && outcome.witnessed && outcome.flaw === undefined;
}

/**
 * The text of the one kernel whose memory this is; `gaps` are what the search left out.
 * @throws InspectError missingInfo, when no candidate is one, or several kernels are and none of them is more likely
 */
export function choose(
  image: MemoryImage,
  candidates: readonly Candidate[],
  gaps: readonly string[],
): VmcoreinfoText {
  const proven = candidates.filter((c): c is Proven => isPossible(c, image)).sort(byEvidence);
  const [strongest] = proven;
  if (!strongest) throw notFound(image, candidates, gaps);
  const isSame = (p: Proven) => p.outcome.identity === strongest.outcome.identity;
  const peers = proven.filter((p) => isIntact(p) === isIntact(strongest));
  const rivals = peers.filter((p) => !isSame(p));
  if (rivals.some((rival) => byEvidence(rival, strongest) === 0))
    throw undecided(image, [strongest, ...rivals]);
  const best = fullest(peers.filter(isSame));
  const others = candidates.filter((c) => c !== best);
  return {
    text: best.text,
    source: `found in memory at physical ${hex(best.address)}${listOf(others, best)}`,
    doubts: [...doubtsOf(best, rivals, image.registers.length), ...(isSettled(best) ? [] : gaps)],
  };
}

/** Of the texts of one kernel, of which there is one: the whole one, with what the kernel added when it crashed. */
function fullest(texts: readonly Proven[]): Proven {
  const isFuller = (a: Proven, b: Proven) => (a.whole === b.whole ? a.text.length > b.text.length : a.whole);
  return texts.reduce((best, text) => (isFuller(text, best) ? text : best));
}

/**
 * A kernel without its struct pages is none that could run, unless CPUs or the file say that it did, or they may lie
 * behind the end of the file.
 */
function isPossible({ outcome }: Candidate, { memory }: MemoryImage): boolean {
  return typeof outcome !== 'string' && (outcome.flaw === undefined || outcome.witnessed || memory.cutShort);
}

function isIntact({ outcome }: Proven): boolean {
  return outcome.flaw === undefined;
}

/**
 * Struct pages first, then the CPUs. Two kernels whose struct pages are both intact keep out of each other's memory: a
 * crashed kernel and the one that saves its dump. The crashed one is what a dump is made for.
 */
function byEvidence(a: Proven, b: Proven): number {
  const weight = (p: Proven) => [isIntact(p), p.outcome.cpus, p.outcome.crashed].map(Number);
  const [left, right] = [weight(a), weight(b)];
  const decides = left.findIndex((value, i) => value !== right[i]);
  return decides < 0 ? 0 : (right[decides] as number) - (left[decides] as number);
}

function doubtsOf({ outcome, whole }: Proven, rivals: readonly Proven[], cpus: number): string[] {
  return [
    ...(outcome.flaw === undefined ? [] : [`VMCOREINFO was found in memory, but ${outcome.flaw}`]),
    ...(outcome.cpus < cpus
      ? [`VMCOREINFO was found in memory, but ${outcome.cpus} of ${cpus} CPUs were running that kernel`]
      : []),
    ...(whole ? [] : ['VMCOREINFO was found in memory, but its end is lost']),
    ...(rivals[0] ? [`another kernel is in this memory, too: ${describe(rivals[0])}`] : []),
  ];
}

function describe({ text, address }: Candidate): string {
  return `${text.slice(0, text.indexOf('\n'))} at physical ${hex(address)}`;
}

function listOf(others: readonly Candidate[], best?: Proven): string {
  if (others.length === 0) return '';
  const listed = others.slice(0, LISTED).map((c) => `${hex(c.address)}: ${verdictOn(c, best)}`);
  const more = others.length > LISTED ? `; and ${others.length - LISTED} more` : '';
  const count = best ? `1 of ${others.length + 1} candidates; the others: ` : '';
  return ` (${count}${listed.join('; ')}${more})`;
}

function verdictOn({ outcome }: Candidate, best: Proven | undefined): string {
  if (typeof outcome === 'string') return outcome;
  if (outcome.flaw !== undefined) return outcome.flaw;
  if (outcome.identity === best?.outcome.identity) return 'the same kernel';
  return `another kernel, which ${outcome.cpus} CPUs were running`;
}

function notFound(
  image: MemoryImage,
  candidates: readonly Candidate[],
  gaps: readonly string[],
): InspectError {
  const { path, memory } = image;
  const refused =
    candidates.length === 0 ? 'none in its memory' : `none in its memory that holds${listOf(candidates)}`;
  const cut = memory.cutShort ? ['the file is cut short'] : [];
  return new InspectError(
    'missingInfo',
    [`${path}: there is no VMCOREINFO in it, and ${refused}`, ...gaps, ...cut].join('; '),
    { path, key: 'VMCOREINFO', hint: hintFor(image) },
  );
}

function hintFor({ live, registers, segments }: MemoryImage): string {
  const kernels = 'kernels have it with CONFIG_VMCORE_INFO (CONFIG_CRASH_CORE before 6.9)';
  if (live) return kernels;
  if (registers.length > 0 && segments.some(({ virtual }) => virtual !== null && virtual >= 1n << 63n)) {
    // Under PTI a CPU in user mode has next to nothing of the kernel in its tables.
    return "QEMU's dump with paging (-p) has only what the CPUs had mapped: dump the memory without paging";
  }
  return `give the text of this very boot with --vmcoreinfo FILE; ${kernels}`;
}

function undecided({ path }: MemoryImage, kernels: readonly Proven[]): InspectError {
  const message = `${path}: the memory of more than one kernel is in it, and nothing says which one it is of`;
  return new InspectError(
    'missingInfo',
    `${message}: ${kernels
      .slice(0, LISTED + 1)
      .map(describe)
      .join(', ')}`,
    {
      path,
      key: 'VMCOREINFO',
      hint: 'give the VMCOREINFO text of the one that is meant with --vmcoreinfo FILE',
    },
  );
}
