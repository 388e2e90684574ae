import { latin1 } from '../../bytes/words.ts';
import type { OnProgress } from '../../bytes/work.ts';
import { reasonOf } from '../../errors.ts';
import type { MemoryImage, PhysicalMemory, VmcoreinfoText } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import { MemoryScan, NEEDLE_LIMIT } from '../vmcoreinfo/memory-scan.ts';
import type { Refused, TestedText, Text } from './candidates.ts';
import { type ProvenKernel, proveKernel } from './kernel-proof.ts';
import { choose, isDecided } from './vmcoreinfo-choice.ts';

/** The kernel begins its VMCOREINFO with this key (crash_save_vmcoreinfo_init, kernel/vmcore_info.c). */
const KEY = 'OSRELEASE=';
const NEEDLE = Buffer.from(KEY.slice(0, NEEDLE_LIMIT), 'latin1');
/** The line of the release and all following lines of the form KEY=VALUE. */
const LINES = /^OSRELEASE=\d[\x21-\x7e]{0,63}\n(?:[A-Za-z][\w-]*(?:\([^()\n]*\))?=[\x20-\x7e]*\n)*/;
/** VMCOREINFO_BYTES (include/linux/vmcore_info.h) */
const LONGEST = 4096;
/** Limit of different texts to test: a host of a thousand guests has no more. */
const TEXTS_LIMIT = 4096;
/** Limit of copies to look at. */
const COPIES_LIMIT = 100_000;

export interface SearchOptions {
  /** The dump's own notes that are not believed at once. */
  readonly notes?: readonly TestedText[];
  /** Its notes that are no VMCOREINFO. */
  readonly refused?: readonly Refused[];
  /** Which of several kernels is asked for, counted from 1; if set, all memory is searched. */
  readonly boot?: number | undefined;
  /** Where the texts are, if memory was searched for them before. */
  readonly places?: TextPlaces | undefined;
}

/** Where memory has texts that begin like VMCOREINFO. */
export interface TextPlaces {
  /** Physical addresses, ascending. */
  readonly addresses: readonly number[];
  /** What was not searched, as sentences. */
  readonly gaps: readonly string[];
}

/** Searches all memory, for several tests of what it finds. */
export function findTexts(memory: PhysicalMemory, onBytes: OnProgress = () => {}): TextPlaces {
  const scan = new MemoryScan(memory, NEEDLE, onBytes);
  const addresses: number[] = [];
  for (const address of scan.finds()) {
    if (addresses.length >= COPIES_LIMIT) return { addresses, gaps: gapsOf(scan, true) };
    if (textAt(memory, address) !== undefined) addresses.push(address);
  }
  return { addresses, gaps: gapsOf(scan, false) };
}

/**
 * Finds the VMCOREINFO of the kernel whose memory this is: searches all memory for texts that begin like one.
 * They lie in the page that the kernel keeps for it, in the note that it makes for /proc/vmcore, and before
 * 4.13 anywhere in its image. Each is tested (proveKernel). The search ends at the first one that CPUs or the
 * file confirm, because there is only one such kernel. Without such a witness all memory is searched, and
 * only one kernel may remain.
 * @throws InspectError missingInfo, with what was searched and why each candidate was rejected
 */
export function searchVmcoreinfo(
  image: MemoryImage,
  onBytes: OnProgress = () => {},
  { notes = [], refused = [], boot, places }: SearchOptions = {},
): VmcoreinfoText {
  const scan = new MemoryScan(image.memory, NEEDLE, onBytes);
  const candidates = new Map<string, TestedText>(notes.map((note) => [note.text, note]));
  let copies = 0;
  let over = false;
  for (const address of places?.addresses ?? scan.finds()) {
    const found = textAt(image.memory, address);
    if (found === undefined) continue;
    over = ++copies > COPIES_LIMIT || candidates.size >= TEXTS_LIMIT;
    if (over) break;
    if (candidates.get(found.text)?.whole || (candidates.has(found.text) && !found.whole)) continue;
    const source = `memory at physical ${hex(address)}`;
    const candidate = { ...found, address, source, outcome: testText(image, { text: found.text, source }) };
    candidates.set(found.text, candidate);
    if (boot === undefined && isDecided(candidate)) break;
  }
  const gaps = places?.gaps ?? gapsOf(scan, over);
  return choose(image, [...candidates.values()], { gaps, refused, boot });
}

/**
 * Returns the text at an address as far as its lines look like VMCOREINFO, or undefined if it begins
 * otherwise.
 */
function textAt(memory: PhysicalMemory, address: number): Text | undefined {
  const bytes = new Uint8Array(LONGEST);
  if (memory.readPadded(address, bytes)) return undefined;
  const text = LINES.exec(latin1(bytes))?.[0];
  if (text === undefined) return undefined;
  return { text, whole: (bytes[text.length] ?? 0) === 0 };
}

/** Returns the kernel that a text describes, or why there is none. */
function testText(image: MemoryImage, text: VmcoreinfoText): ProvenKernel | string {
  try {
    return proveKernel(image, text);
  } catch (error) {
    return reasonOf(error);
  }
}

/** Returns why not all memory was searched. */
function gapsOf(scan: MemoryScan, over: boolean): string[] {
  const pages = scan.unreadable === 1 ? '1 page' : `${scan.unreadable} pages`;
  return [
    ...(over ? [`the search stopped at ${scan.searched} bytes: too many pages look like VMCOREINFO`] : []),
    ...(scan.unreadable > 0 ? [`not searched because unreadable: ${pages}`] : []),
  ];
}
