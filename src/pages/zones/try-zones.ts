import { InspectError } from '../../errors.ts';
import { isLoss } from '../../formats/image/loss.ts';
import { missingKeys } from '../../kernel/keys/expected-keys.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { readZones, type Zone } from './zones.ts';

/** Why zones cannot be read. */
export interface Unavailable {
  readonly unavailable: string;
  /** Whether the dump has lost them. If not, it never had them. */
  readonly lost: boolean;
}

/** The zones of a kernel, or why they cannot be read. */
function tryZones(kernel: Kernel): readonly Zone[] | Unavailable {
  try {
    return readZones(kernel);
  } catch (error) {
    return unavailable(kernel, error);
  }
}

/** The zones of a kernel; none where they cannot be read, which the check of the free lists says. */
export function zonesOrNone(kernel: Kernel): readonly Zone[] {
  const zones = tryZones(kernel);
  return 'unavailable' in zones ? [] : zones;
}

/** @throws what is not an InspectError */
export function unavailable({ image, info }: Kernel, error: unknown): Unavailable {
  if (!(error instanceof InspectError)) throw error;
  const lacking = error.kind === 'missingInfo' && missingKeys(info, 'zones').length > 0;
  return { unavailable: error.message, lost: lacking || isLoss(error.kind, image) };
}
