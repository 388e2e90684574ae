import type { Boot } from '../formats/image/image.ts';
import { hex } from '../hex.ts';

/** A kernel that was found in memory, in JSON. */
export interface BootRow {
  readonly release: string;
  /** Physical address of its text. */
  readonly physical: string;
  /** Whether the dump is read as a dump of this kernel. */
  readonly taken: boolean;
  readonly why: string;
}

export function bootRows(boots: readonly Boot[]): BootRow[] {
  return boots.map((boot) => ({ ...boot, physical: hex(boot.physical) }));
}
