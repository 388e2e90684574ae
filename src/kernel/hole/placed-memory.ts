import type { Range } from '../../bytes/ranges.ts';
import type { OnProgress } from '../../bytes/work.ts';
import { InspectError } from '../../errors.ts';
import { HOLE_END, HOLE_STARTS, holeText, LOWEST_HOLE_START } from '../../formats/image/hole.ts';
import type { MemoryImage, VmcoreinfoText } from '../../formats/image/image.ts';
import { wrapImage } from '../../formats/image/wrap-image.ts';
import { findTexts, searchVmcoreinfo, type TextPlaces } from '../identity/vmcoreinfo-search.ts';
import { openKernel } from '../open/kernel.ts';
import { type HoleVerdict, verdictOn } from './hole-proof.ts';

/** Holes that no known machine has are tried at each multiple of a memory section, 128 MiB. */
const STEP = 2 ** 27;

/** An image whose memory is where the kernel has it. */
export interface PlacedMemory {
  readonly image: MemoryImage;
  /** The hole that was found; absent for none. */
  readonly hole?: Range;
  /** What the search for it has found on the way, or why it found nothing. */
  readonly vmcoreinfo?: VmcoreinfoText | InspectError;
}

/** What is known about the kernel before its memory is placed. */
export interface Known {
  /** VMCOREINFO that the user gave. */
  readonly vmcoreinfo?: VmcoreinfoText | undefined;
  /** Which of several kernels is asked for, counted from 1. */
  readonly boot?: number | undefined;
  /** Called once if memory has to be searched. */
  readonly onBytes?: () => OnProgress;
}

/** A way to place the memory of a file, and what the kernel in it says about that. */
interface Attempt {
  readonly image: MemoryImage;
  readonly hole: Range | undefined;
  /** undefined where there is no kernel, or one that does not tell. */
  readonly verdict: HoleVerdict | undefined;
  readonly vmcoreinfo: VmcoreinfoText | InspectError;
}

/**
 * Finds out whether the memory of a file lies around a hole, where neither the file nor the user says so: with
 * each hole that there may be, a kernel is looked for that proves it. Without a proof the memory stays as it is.
 * @throws InspectError missingInfo, if more than one way to place the memory is proved
 */
export function placeMemory(image: MemoryImage, known: Known = {}): PlacedMemory {
  if (!image.placedAround || (image.bytes ?? 0) <= LOWEST_HOLE_START) return { image };
  const places = known.vmcoreinfo ? undefined : findTexts(image.memory, known.onBytes?.());
  const attempt = (hole: Range | undefined) => attemptWith(image, hole, known, places);
  const flat = attempt(undefined);
  const usual = [flat, ...holesOf(image, HOLE_STARTS).map(attempt)].filter(isProved);
  const fits = usual.length > 0 ? usual : holesOf(image, otherStarts()).map(attempt).filter(isProved);
  if (fits.length > 1) throw severalFit(image, fits);
  const [only = flat] = fits;
  return {
    image: only.verdict === 'unproved' ? withoutProof(image) : only.image,
    ...(only.hole ? { hole: only.hole } : {}),
    vmcoreinfo: only.vmcoreinfo,
  };
}

function isProved({ verdict, hole }: Attempt): boolean {
  return verdict === 'proved' || (verdict === 'irrelevant' && hole === undefined);
}

/** A hole past the end of the file would change nothing. */
function holesOf({ bytes }: MemoryImage, starts: readonly number[]): Range[] {
  return starts.filter((start) => start < (bytes ?? 0)).map((start) => ({ start, end: HOLE_END }));
}

function otherStarts(): number[] {
  const count = (HOLE_END - LOWEST_HOLE_START) / STEP;
  const all = Array.from({ length: count }, (_, i) => LOWEST_HOLE_START + i * STEP);
  return all.filter((start) => !HOLE_STARTS.includes(start));
}

function attemptWith(
  flat: MemoryImage,
  hole: Range | undefined,
  { vmcoreinfo: given, boot }: Known,
  places: TextPlaces | undefined,
): Attempt {
  const image = (hole && flat.placedAround?.(hole)) ?? flat;
  let vmcoreinfo = given;
  try {
    vmcoreinfo ??= searchVmcoreinfo(image, undefined, { boot, places: places && moved(places, hole) });
    return { image, hole, vmcoreinfo, verdict: verdictOn(openKernel(image, { vmcoreinfo }), hole) };
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    return { image, hole, vmcoreinfo: vmcoreinfo ?? error, verdict: undefined };
  }
}

/** The same places in memory around a hole. */
function moved(places: TextPlaces, hole: Range | undefined): TextPlaces {
  if (hole === undefined) return places;
  const { start, end } = hole;
  return { ...places, addresses: places.addresses.map((at) => (at < start ? at : at + end - start)) };
}

/** The image with a warning that memory above 4 GiB may not be where it belongs. */
function withoutProof(image: MemoryImage): MemoryImage {
  const warning =
    'the kernel has memory above 4 GiB, and nothing in the file proves where that is: it is read as if the file ' +
    'had all addresses; in the memory file of a virtual machine it follows the memory below the PCI hole: --hole ' +
    'START-END says where that is';
  return wrapImage(image, { warnings: [...image.warnings, warning] });
}

function severalFit({ path }: MemoryImage, fits: readonly Attempt[]): InspectError {
  const ways = fits.map(({ hole }) => (hole ? `a hole at ${holeText(hole)}` : 'no hole')).join(', ');
  const message = `${path}: its memory holds together in more than one way: with ${ways}`;
  return new InspectError('missingInfo', message, { path, hint: 'choose the hole with --hole START-END' });
}
