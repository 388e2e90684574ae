import type { MemoryImage } from '../../formats/image/image.ts';
import { isLoss } from '../../formats/image/loss.ts';
import type { Check } from './check.ts';
import type { Fact } from './fact.ts';

/** Figures held against the kernel's own, and why they cannot be although the dump should have what it takes. */
export interface Checked {
  readonly checks: readonly Check[];
  /** A sentence; null where nothing is lost. */
  readonly lost: string | null;
}

/** What was not compared for a good reason. */
export const UNCHECKED: Checked = { checks: [], lost: null };

/** @param what was to be checked, as the start of a sentence: "memory" */
export function checked(
  what: string,
  of: Fact<readonly Check[]>,
  image: Pick<MemoryImage, 'memory'>,
): Checked {
  if ('value' in of) return { checks: of.value, lost: null };
  return isLoss(of.kind, image)
    ? { checks: [], lost: `${what} cannot be checked: ${of.missing}` }
    : UNCHECKED;
}
