import type { Absence } from '../../absence.ts';
import { InspectError } from '../../errors.ts';
import type { MemoryImage, VmcoreinfoText } from '../../formats/image/image.ts';
import { START_KERNEL_MAP } from '../../machine.ts';
import type { Kernel } from '../open/kernel.ts';
import { encryptionMaskOf, rootSymbol } from '../open/kernel-tables.ts';
import { PageWalker } from '../paging/page-walk.ts';
import { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { type ProvenKernel, proveKernel, proveRelease } from './kernel-proof.ts';
import { isDecided } from './vmcoreinfo-choice.ts';

/** Opens the kernel that a note describes. @throws InspectError as openKernel does */
export type OpenByNote = (image: MemoryImage, note: VmcoreinfoText) => Kernel;

/** The result of proving a note: its kernel, or why there is none. */
export type Outcome = ProvenKernel | string;

/** A note of a dump, and what became of it. */
export type TestedNote = { readonly note: VmcoreinfoText } & (
  | { readonly kind: 'believed'; readonly reason: string }
  /** It is not the VMCOREINFO of any kernel. */
  | { readonly kind: 'placeholder'; readonly reason: string }
  /** Memory contradicts it, or does not show which kernel ran. */
  | { readonly kind: 'doubted'; readonly outcome: Outcome }
);

/**
 * Tests a note of a dump. One of /proc/vmcore or /proc/kcore comes from the kernel itself and is checked only
 * against its release and page tables. QEMU's is what a guest's driver wrote last: it may come from a kernel
 * that kexec has replaced, or that crashed and now shares its memory with its capture kernel, so it is checked
 * against the CPUs' registers. Memory that the dump lacks contradicts nothing.
 */
export function testNote(image: MemoryImage, note: VmcoreinfoText, open: OpenByNote): TestedNote {
  const empty = whyPlaceholder(note);
  if (empty !== undefined) return { note, kind: 'placeholder', reason: empty };
  const test = image.registers.length === 0 ? testRelease(image, note, open) : testCpus(image, note);
  // Checked last: few notes get here.
  if (test.kind !== 'doubted' || !lacksTables(image, note)) return { note, ...test };
  return { note, ...untested('the dump lacks its page tables') };
}

/**
 * Why a note is no VMCOREINFO: every kernel begins with OSRELEASE (crash_save_vmcoreinfo_init). Hyper-V's and
 * Azure's vm2core writes FAKE1=IGNORE1, so that readers which insist on a note accept its files.
 */
export function whyPlaceholder({ text }: VmcoreinfoText): string | undefined {
  if (/^\0*$/.test(text)) return 'it is empty';
  return /^OSRELEASE=./m.test(text) ? undefined : 'it has no OSRELEASE, which every kernel writes';
}

/** The result of a proof with the memory of another kernel, too. */
export function proofOf(image: MemoryImage, note: VmcoreinfoText): Outcome {
  let outcome: Outcome = 'it cannot be tested';
  const test = attempt(() => {
    outcome = proveKernel(image, note);
  });
  return 'refuted' in test ? test.refuted : outcome;
}

type Verdict =
  | { readonly kind: 'believed'; readonly reason: string }
  | { readonly kind: 'doubted'; readonly outcome: Outcome };

const believed = (reason: string): Verdict => ({ kind: 'believed', reason });
const untested = (why: string): Verdict => believed(`nothing contradicts it, but it was not tested: ${why}`);

function testRelease(image: MemoryImage, note: VmcoreinfoText, open: OpenByNote): Verdict {
  const test = attempt(() => {
    const { space, info } = open(image, note);
    proveRelease(space, info);
  });
  if ('refuted' in test) return { kind: 'doubted', outcome: test.refuted };
  if ('untested' in test) return untested(test.untested);
  return believed('init_uts_ns, read by its page tables, holds its release');
}

function testCpus(image: MemoryImage, note: VmcoreinfoText): Verdict {
  let proven: ProvenKernel | undefined;
  const test = attempt(() => {
    proven = proveKernel(image, note);
  });
  if ('refuted' in test) return { kind: 'doubted', outcome: test.refuted };
  if ('untested' in test || proven === undefined)
    return untested('untested' in test ? test.untested : 'nothing is known');
  if (isDecided({ whole: true, outcome: proven })) return believed('all CPUs were running its kernel');
  // What lies past the end of a truncated file cannot confirm the note; that is no reason to search the rest.
  return image.memory.cutShort
    ? untested('the dump lacks memory that could show it')
    : { kind: 'doubted', outcome: proven };
}

type Test = { readonly refuted: string } | { readonly untested: string } | { readonly passed: true };

/** Memory that is not stored and missing keys are no contradiction. */
function attempt(prove: () => void): Test {
  try {
    prove();
    return { passed: true };
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    const { kind, message } = error;
    return kind === 'corrupt' || kind === 'notMapped' ? { refuted: message } : { untested: message };
  }
}

const UNKNOWN: ReadonlySet<Absence> = new Set([
  'notStored',
  'otherPart',
  'unreadable',
  'truncated',
  'corrupt',
]);

/** Whether the note's page tables lie in memory whose contents the dump lacks. */
function lacksTables({ memory }: MemoryImage, note: VmcoreinfoText): boolean {
  const info = new Vmcoreinfo(note);
  try {
    const { address } = rootSymbol(info);
    const root = Number(address - START_KERNEL_MAP + BigInt(info.number('phys_base') ?? 0));
    if (root < 0) return false;
    const levels = info.number('pgtable_l5_enabled') === 1 ? 5 : 4;
    const walker = new PageWalker({ memory, root, levels, encryptionMask: encryptionMaskOf(info) });
    const { result } = walker.walk(info.symbol('_stext') ?? address);
    return result.kind === 'noTable' && UNKNOWN.has(result.absence);
  } catch (error) {
    if (error instanceof InspectError) return false;
    throw error;
  }
}
