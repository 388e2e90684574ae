import { hex } from '../bytes/hex.ts';
import { latin1 } from '../bytes/words.ts';
import { InspectError, reasonOf } from '../errors.ts';
import type { MemoryImage, PhysicalMemory, VmcoreinfoText } from '../formats/image.ts';
import { type ProvenKernel, proveKernel } from './kernel-proof.ts';
import { MemoryScan, NEEDLE_LIMIT, type OnBytes } from './memory-scan.ts';

/** The kernel begins its VMCOREINFO with this key (crash_save_vmcoreinfo_init, kernel/vmcore_info.c). */
const KEY = 'OSRELEASE=';
const BEGINNING = /^OSRELEASE=\d[\x21-\x7e]{0,63}\n/;
const NEEDLE = Buffer.from(KEY.slice(0, NEEDLE_LIMIT), 'latin1');
/** VMCOREINFO_BYTES is one page, as of 4.13, where it was 4096 before. */
const LONGEST = 4096;
/** Texts that differ, put to the test: a host of a thousand guests has no more. */
const TEXTS_LIMIT = 4096;
/** Copies of texts, looked at. */
const COPIES_LIMIT = 100_000;
/** Others than the chosen one that are told of one by one. */
const LISTED = 3;

/** A text as found first, and what its test said: the kernel, or why there is none. */
interface Candidate {
  readonly text: string;
  /** Physical address, bytes. */
  readonly address: number;
  readonly outcome: ProvenKernel | string;
}

interface Proven extends Candidate {
  readonly outcome: ProvenKernel;
}

/**
 * Finds the VMCOREINFO of the kernel whose memory this is by looking for texts of that beginning in all of it: in the
 * page that the kernel keeps it in, in the note that it makes of it for /proc/vmcore, before 4.13 anywhere in its
 * image. Each is put to the test (proveKernel). The search ends with the first that CPUs or the file bear out, for of
 * that kernel there is but one; without such a witness all memory is searched, and only one kernel may be left.
 * @throws InspectError missingInfo, with what was searched and why each candidate was refused
 */
export function searchVmcoreinfo(image: MemoryImage, onBytes: OnBytes = () => {}): VmcoreinfoText {
  const scan = new MemoryScan(image.memory, NEEDLE, onBytes);
  const candidates = new Map<string, Candidate>();
  let copies = 0;
  let over = false;
  for (const address of scan.finds()) {
    const text = textAt(image.memory, address);
    if (text === undefined) continue;
    over = ++copies > COPIES_LIMIT || candidates.size >= TEXTS_LIMIT;
    if (over) break;
    if (candidates.has(text)) continue;
    const candidate = { text, address, outcome: test(image, text, address) };
    // A text that failed is kept only to be known again.
    candidates.set(text, candidate);
    if (isSettled(candidate)) break;
  }
  return choose(image, [...candidates.values()], gapsOf(scan, over));
}

/** The text at an address, up to the first byte that no VMCOREINFO has; undefined when it does not begin as one. */
function textAt(memory: PhysicalMemory, address: number): string | undefined {
  const bytes = new Uint8Array(LONGEST);
  if (memory.readPadded(address, bytes)) return undefined;
  const text = latin1(bytes).replace(/[^\n\x20-\x7e].*$/s, '');
  return BEGINNING.test(text) ? text : undefined;
}

function test(image: MemoryImage, text: string, address: number): ProvenKernel | string {
  try {
    return proveKernel(image, { text, source: `memory at physical ${hex(address)}` });
  } catch (error) {
    return reasonOf(error);
  }
}

function isSettled({ outcome }: Candidate): boolean {
  return typeof outcome !== 'string' && outcome.witnessed && outcome.flaw === undefined;
}

/** What kept the search from being one of all memory. */
function gapsOf(scan: MemoryScan, over: boolean): string[] {
  return [
    ...(over ? [`the search ended at ${scan.searched} bytes, for too many pages look like VMCOREINFO`] : []),
    ...(scan.unreadable > 0 ? [`${scan.unreadable} pages could not be read and were not searched`] : []),
  ];
}

function choose(
  image: MemoryImage,
  candidates: readonly Candidate[],
  gaps: readonly string[],
): VmcoreinfoText {
  const proven = candidates.filter(isProven).sort(byEvidence);
  const [best] = proven;
  if (!best) throw notFound(image, candidates, gaps);
  const rivals = proven.filter((p) => isIntact(p) && p.outcome.identity !== best.outcome.identity);
  if (rivals.some((rival) => byEvidence(rival, best) === 0)) throw undecided(image, [best, ...rivals]);
  const others = candidates.filter((c) => c !== best);
  return {
    text: best.text,
    source: `found in memory at physical ${hex(best.address)}${listOf(others, best)}`,
    doubts: [...doubtsOf(best, rivals, image.registers.length), ...(isSettled(best) ? [] : gaps)],
  };
}

/** A kernel without its struct pages is none that could run, unless CPUs or the file say that it did. */
function isProven(candidate: Candidate): candidate is Proven {
  const { outcome } = candidate;
  return typeof outcome !== 'string' && (outcome.flaw === undefined || outcome.witnessed);
}

function isIntact({ outcome }: Proven): boolean {
  return outcome.flaw === undefined;
}

/**
 * Struct pages first, then the CPUs. Two kernels whose struct pages are both intact keep out of each other's memory: a
 * crashed kernel and the one that saves its dump. The crashed one is what a dump is made for.
 */
function byEvidence(a: Proven, b: Proven): number {
  const weight = ({ outcome }: Proven) =>
    [isIntact({ outcome } as Proven), outcome.cpus, outcome.crashed].map(Number);
  const [left, right] = [weight(a), weight(b)];
  const decides = left.findIndex((value, i) => value !== right[i]);
  return decides < 0 ? 0 : (right[decides] as number) - (left[decides] as number);
}

function doubtsOf({ outcome }: Proven, rivals: readonly Proven[], cpus: number): string[] {
  return [
    ...(outcome.flaw === undefined ? [] : [`VMCOREINFO was found in memory, but ${outcome.flaw}`]),
    ...(outcome.cpus < cpus
      ? [`VMCOREINFO was found in memory, but ${outcome.cpus} of ${cpus} CPUs were running that kernel`]
      : []),
    ...(rivals[0] ? [`another kernel is in this memory, too: ${describe(rivals[0])}`] : []),
  ];
}

function describe({ text, address }: Candidate): string {
  return `${BEGINNING.exec(text)?.[0].trim()} at physical ${hex(address)}`;
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
