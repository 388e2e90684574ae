import type { OnProgress } from '../../bytes/work.ts';
import { InspectError } from '../../errors.ts';
import type { MemoryImage, VmcoreinfoText } from '../../formats/image/image.ts';
import type { PlacedMemory } from '../../kernel/hole/placed-memory.ts';
import { explainEncrypted } from '../../kernel/identity/encrypted-memory.ts';
import { findVmcoreinfo, type OpenByNote, trustedNote } from '../../kernel/identity/vmcoreinfo-note.ts';
import { openBareKernel } from '../../kernel/layout/bare-kernel.ts';
import { type Kernel, openKernel } from '../../kernel/open/kernel.ts';
import { Vmcoreinfo } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { type Progress, progressBar } from './progress.ts';
import type { Watch } from './watch.ts';

/** An open dump, with what is found in it when it is asked for, once. */
export interface OpenedDump {
  readonly image: MemoryImage;
  readonly options: CommonOptions;
  /**
   * VMCOREINFO: from --vmcoreinfo, else from the dump's note, else from a search of all its memory.
   * @throws InspectError missingInfo
   */
  vmcoreinfo(): VmcoreinfoText;
  /** @throws InspectError as openKernel does */
  kernel(): Kernel;
  /**
   * The kernel, or only its page tables if there is no VMCOREINFO. @throws InspectError as openKernel does
   */
  kernelOrTables(): Kernel;
  /**
   * The kernel by the VMCOREINFO that is available without a search. @throws InspectError as openKernel does
   */
  kernelAtHand(): Kernel;
}

/** What adds the memory that a dump leaves out because it is all zero. Few do that, so it is loaded only then. */
export async function completerFor({ absent }: MemoryImage): Promise<(kernel: Kernel) => Kernel> {
  if (absent?.means !== 'zero') return (kernel) => kernel;
  return (await import('../../pages/absent/left-out.ts')).completeMemory;
}

interface Parts {
  readonly placed: PlacedMemory;
  readonly options: CommonOptions;
  readonly watched: Watch;
  readonly complete: (kernel: Kernel) => Kernel;
}

/** The dump with memory where it belongs. @param given VMCOREINFO that the user gave */
export function openedDump(
  { placed, options, watched, complete }: Parts,
  given?: VmcoreinfoText,
): OpenedDump {
  const { image } = placed;
  let found = given ?? placed.vmcoreinfo;
  let opened: Kernel | undefined;
  const open = keepingOpener(watched);
  const vmcoreinfo = () =>
    explained(image, () => {
      found ??= find(image, options, open);
      if (found instanceof InspectError) throw found;
      return found;
    });
  const kernel = () => {
    opened ??= explained(image, () => complete(open(image, vmcoreinfo())));
    return opened;
  };
  return {
    image,
    options,
    vmcoreinfo,
    kernel,
    kernelOrTables: () => orTables(image, kernel, watched),
    kernelAtHand: () => open(image, given ?? trustedNote(image, open)),
  };
}

/** What `find` returns. Its errors say if the memory is encrypted. */
function explained<T>(image: MemoryImage, find: () => T): T {
  try {
    return find();
  } catch (error) {
    throw explainEncrypted(image, error);
  }
}

/**
 * Opens the kernel of each VMCOREINFO text once: checking a note opens the kernel that is used afterwards.
 */
function keepingOpener(watched: Watch): OpenByNote {
  const kept = new Map<string, Kernel>();
  return (image, text) => {
    const known = kept.get(text.text);
    // The test of a text adds what speaks for it.
    if (known) return { ...known, info: new Vmcoreinfo(text) };
    const kernel = watched.kernel(openKernel(image, { vmcoreinfo: text }));
    kept.set(text.text, kernel);
    return kernel;
  };
}

function find(image: MemoryImage, options: CommonOptions, open: OpenByNote): VmcoreinfoText {
  try {
    return withSearchBar(options, (searching) => findVmcoreinfo(image, searching, options.boot, open));
  } catch (error) {
    if (!options.hole || !(error instanceof InspectError) || error.facts.key !== 'VMCOREINFO') throw error;
    const hint = 'is --hole right? Without it, each hole that there may be is tried';
    throw new InspectError(error.kind, error.message, { ...error.facts, hint });
  }
}

/** Memory where it belongs. What finds that out is loaded only for a file that does not say it. */
export async function place(
  image: MemoryImage,
  options: CommonOptions,
  vmcoreinfo?: VmcoreinfoText,
): Promise<PlacedMemory> {
  if (!image.placedAround) return { image };
  const { placeMemory } = await import('../../kernel/hole/placed-memory.ts');
  const { boot } = options;
  return withSearchBar(options, (onBytes) => placeMemory(image, { vmcoreinfo, boot, onBytes }));
}

/** The bar is made only if memory has to be searched. */
function withSearchBar<T>(options: CommonOptions, work: (searching: () => OnProgress) => T): T {
  let progress: Progress | undefined;
  try {
    return work(() => {
      progress = progressBar('searching for VMCOREINFO', options);
      return progress.update;
    });
  } finally {
    progress?.end();
  }
}

function orTables(image: MemoryImage, kernel: () => Kernel, watched: Watch): Kernel {
  try {
    return kernel();
  } catch (error) {
    if (!(error instanceof InspectError) || error.facts.key !== 'VMCOREINFO') throw error;
    return watched.kernel(openBareKernel(image, error));
  }
}
