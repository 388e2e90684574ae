import type { Movement } from '../../kernel/evidence/check.ts';
import type { VmCounters } from '../../kernel/objects/vm-counters.ts';
import type { SlabUses } from './slabs.ts';
import type { TypeFacts } from './types.ts';

/** What figures are compared with; null where it cannot be read. */
export interface CheckFacts extends TypeFacts {
  readonly counters: VmCounters | null;
  readonly slabs: SlabUses | null;
  /** Whether struct pages of this kernel mark pages of large kmalloc, and of zsmalloc. */
  readonly marked: { readonly largeKmalloc: boolean; readonly zsmalloc: boolean };
  /** Pages of the blocks that zones list as unaccepted; null in a kernel without such lists. */
  readonly unacceptedListed: number | null;
  /** Pages that balloons hold; null in a kernel without balloons. */
  readonly balloon: number | null;
  /** How much some counters may have moved while memory was read; null in a dump. */
  readonly movement: ((counters: readonly string[]) => Movement) | null;
}
