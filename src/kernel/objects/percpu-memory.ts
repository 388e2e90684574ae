import { u64At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { MAX_NUMNODES, PAGE_SIZE } from '../../machine.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { isCut, walkList } from './list.ts';

/** The memory of per-CPU variables (mm/percpu.c). All figures are pages, for all CPUs together. */
export interface PercpuMemory {
  /** "Percpu" of /proc/meminfo: pcpu_nr_populated times pcpu_nr_units. */
  readonly counted: number;
  /** The sum over all chunks. */
  readonly chunks: number;
  /** Of these, the first chunk. */
  readonly first: number;
  /** In `counted` but in no listed chunk: the kernel's own variables, and space reserved for modules'. */
  readonly before: number;
  /** Sentences about broken lists of chunks. */
  readonly problems: readonly string[];
  /** Whether these are all chunks; otherwise the figures are lower bounds. */
  readonly whole: boolean;
}

/** Limit of slots: one per power of two of a chunk's size, and four more. */
const SLOTS_LIMIT = 256;
/** Limit of chunks, more than any kernel has: each is at least 2 MiB per CPU. */
const CHUNKS_LIMIT = 1 << 20;
const PAGE = BigInt(PAGE_SIZE);

/**
 * @throws InspectError missingInfo, notMapped, notStored; corrupt if the chunks contradict the kernel's count
 * although no list of them is cut
 */
export function readPercpuMemory(typed: TypedKernel): PercpuMemory {
  const { space } = typed;
  const units = readUnits(typed);
  const populated = space.u32(typed.symbol('pcpu_nr_populated'));
  const at = space.u64(typed.symbol('pcpu_first_chunk'));
  const first = typed.read('pcpu_chunk', at, 'nr_populated', 'base_addr');
  const chunks = readChunks(typed);
  const all = [...chunks.pages.values()].reduce((sum, pages) => sum + pages, 0);
  const before = pagesBefore(typed, first.big('base_addr'));
  const expected = populated - before;
  const whole = all === expected && chunks.pages.has(first.address);
  // A running kernel may populate pages between the two reads.
  if (!space.live && !whole && (!chunks.cut || all >= expected)) throw contradiction(all, expected);
  return {
    counted: populated * units,
    chunks: all * units,
    first: first.number('nr_populated') * units,
    before: before * units,
    problems: chunks.problems,
    whole: space.live ? !chunks.cut : whole,
  };
}

function contradiction(all: number, expected: number): InspectError {
  const what =
    all === expected
      ? 'the first per-CPU chunk (pcpu_first_chunk) is in no list of chunks'
      : `the per-CPU chunks have ${all} populated pages per unit, but pcpu_nr_populated implies ${expected}`;
  return new InspectError('corrupt', what);
}

/** Populated pages per unit, by address of the chunk. */
interface Chunks {
  readonly pages: ReadonlyMap<bigint, number>;
  readonly problems: readonly string[];
  readonly cut: boolean;
}

function readChunks(typed: TypedKernel): Chunks {
  const chunk = typed.reader('pcpu_chunk', 'nr_populated', 'nr_pages');
  const list = BigInt(chunk.type.offsetOf('list'));
  const pages = new Map<bigint, number>();
  const problems: string[] = [];
  let cut = false;
  for (const head of slots(typed)) {
    const { nodes, broken } = walkList(typed.space, head, CHUNKS_LIMIT);
    if (broken)
      problems.push(`the list of per-CPU chunks is broken at ${hex(broken.address)}: ${broken.reason}`);
    cut ||= isCut(broken);
    for (const node of nodes) {
      const { address } = chunk.load(node - list);
      pages.set(address, populatedOf(chunk.number('nr_populated'), chunk.number('nr_pages'), address));
    }
  }
  return { pages, problems, cut };
}

function populatedOf(populated: number, all: number, address: bigint): number {
  if (populated >= 0 && populated <= all) return populated;
  const what = `the per-CPU chunk at ${hex(address)} has ${populated} populated pages of ${all}`;
  throw new InspectError('corrupt', what, { address });
}

/** Returns the heads of the lists of chunks. */
function slots(typed: TypedKernel): bigint[] {
  const count = typed.space.u32(typed.symbol('pcpu_nr_slots'));
  if (count > SLOTS_LIMIT) throw new InspectError('corrupt', `pcpu_nr_slots is ${count}`);
  // pcpu_slot before 5.9 (3c7be18ac9a0), which gave chunks of memory cgroups their own lists, up to 5.13
  const lists = typed.space.u64(typed.findSymbol('pcpu_chunk_lists') ?? typed.symbol('pcpu_slot'));
  const types = Math.min(2, Number(typed.types.enumerator('PCPU_NR_CHUNK_TYPES') ?? 1n));
  return Array.from({ length: count * types }, (_, slot) => lists + BigInt(16 * slot));
}

/**
 * Returns the pages per unit that are counted but in no listed chunk: the kernel's own variables and the
 * space reserved for modules', which lie before the first chunk (pcpu_setup_first_chunk).
 */
function pagesBefore(typed: TypedKernel, firstChunk: bigint): number {
  return Number((firstChunk - typed.space.u64(typed.symbol('pcpu_base_addr'))) / PAGE);
}

/** Returns pcpu_nr_units, checked against the sizes of the groups of units. */
function readUnits(typed: TypedKernel): number {
  const units = typed.space.u32(typed.symbol('pcpu_nr_units'));
  const grouped = unitsOfGroups(typed) ?? units;
  if (grouped === units) return units;
  const what = `pcpu_nr_units is ${units}, but the groups of per-CPU units have ${grouped}`;
  throw new InspectError('corrupt', what);
}

/** Returns the units by the sizes of their groups; undefined if a symbol is missing. */
function unitsOfGroups(typed: TypedKernel): number | undefined {
  const [groups, sizes, unit] = ['pcpu_nr_groups', 'pcpu_group_sizes', 'pcpu_unit_size'].map((name) =>
    typed.findSymbol(name),
  );
  if (groups === undefined || sizes === undefined || unit === undefined) return undefined;
  const count = Math.min(MAX_NUMNODES, typed.space.u32(groups));
  const bytes = typed.space.bytes(typed.space.u64(sizes), 8 * count);
  const all = Array.from({ length: count }, (_, i) => u64At(bytes, 8 * i)).reduce((a, b) => a + b, 0n);
  return Number(all) / typed.space.u32(unit);
}
