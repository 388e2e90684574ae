import type { MemoryImage } from '../../formats/image/image.ts';
import { isLoss } from '../../formats/image/loss.ts';
import type { Check } from './check.ts';
import type { Fact } from './fact.ts';

/** Figures compared with the kernel's own, and why others could not be although the dump should allow it. */
export interface Checked {
  readonly checks: readonly Check[];
  /** A sentence; null if nothing is lost. */
  readonly lost: string | null;
}

/** For figures that are rightly not compared. */
export const UNCHECKED: Checked = { checks: [], lost: null };

/** @param what is checked, as the start of a sentence: "memory" */
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
