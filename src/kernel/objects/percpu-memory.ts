import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../typed-kernel.ts';
import { type Break, walkList } from './list.ts';

/** The memory of per-CPU variables (mm/percpu.c). All figures are pages, those of all CPUs together. */
export interface PercpuMemory {
  /** "Percpu" of /proc/meminfo: pcpu_nr_populated times pcpu_nr_units. */
  readonly counted: number;
  /** What the chunks say of themselves; the one that the kernel's own variables lie in is `first`. */
  readonly chunks: number;
  readonly first: number;
  readonly broken: readonly Break[];
}

/** A slot for each power of two of the size of a chunk, and four more. */
const SLOTS_LIMIT = 256;

/** @throws InspectError missingInfo, notMapped, notStored or corrupt */
export function readPercpuMemory(typed: TypedKernel): PercpuMemory {
  const { space } = typed;
  const units = space.u32(typed.symbol('pcpu_nr_units'));
  const slots = space.u32(typed.symbol('pcpu_nr_slots'));
  if (slots > SLOTS_LIMIT) throw new InspectError('corrupt', `pcpu_nr_slots is ${slots}`);
  // pcpu_slot before 5.9 (3c7be18ac9a0), which gave the chunks of memory cgroups lists of their own, up to 5.13
  const lists = space.u64(typed.findSymbol('pcpu_chunk_lists') ?? typed.symbol('pcpu_slot'));
  const types = Math.min(2, Number(typed.types.enumerator('PCPU_NR_CHUNK_TYPES') ?? 1n));
  const first = space.u64(typed.symbol('pcpu_first_chunk'));
  const chunk = typed.reader('pcpu_chunk', 'nr_populated');
  const list = BigInt(chunk.type.offsetOf('list'));
  const broken: Break[] = [];
  let populated = 0;
  for (let slot = 0; slot < slots * types; slot++) {
    const walked = walkList(space, lists + BigInt(16 * slot));
    if (walked.broken) broken.push(walked.broken);
    for (const node of walked.nodes) populated += chunk.load(node - list).number('nr_populated');
  }
  return {
    counted: space.u32(typed.symbol('pcpu_nr_populated')) * units,
    chunks: populated * units,
    first: chunk.load(first).number('nr_populated') * units,
    broken,
  };
}
