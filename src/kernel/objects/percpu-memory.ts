import { u64At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { isCut, walkList } from './list.ts';

/** The memory of per-CPU variables (mm/percpu.c). All figures are pages, those of all CPUs together. */
export interface PercpuMemory {
  /** "Percpu" of /proc/meminfo: pcpu_nr_populated times pcpu_nr_units. */
  readonly counted: number;
  /** What the chunks say of themselves; the one that the kernel's own variables lie in is `first`. */
  readonly chunks: number;
  readonly first: number;
  /** What is in `counted` and in no chunk of a list: the kernel's own variables, and room for those of modules. */
  readonly before: number;
  /** What of the lists of chunks, or of what they have, does not fit; sentences. */
  readonly problems: readonly string[];
  /** Whether the chunks are all that there are; else there is at least what they have. */
  readonly whole: boolean;
}

/** A slot for each power of two of the size of a chunk, and four more. */
const SLOTS_LIMIT = 256;
/** No kernel has as many chunks: each is 2 MiB at least for each CPU. */
const CHUNKS_LIMIT = 1 << 20;
/** A group for each node at most, MAX_NUMNODES of them (NODES_SHIFT, arch/x86/Kconfig). */
const GROUPS_LIMIT = 1 << 10;
const PAGE = BigInt(PAGE_SIZE);

/**
 * @throws InspectError missingInfo, notMapped, notStored; corrupt, where what the chunks have is not what the kernel counts
 * and no list of them is cut
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
  // A running kernel may populate pages between the two looks.
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
      ? 'the first per-CPU chunk (pcpu_first_chunk) is on no list of chunks'
      : `the per-CPU chunks have ${all} populated pages per unit, by pcpu_nr_populated it is ${expected}`;
  return new InspectError('corrupt', what);
}

/** Populated pages per unit of each chunk, by its address. */
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

/** Heads of the lists of chunks. */
function slots(typed: TypedKernel): bigint[] {
  const count = typed.space.u32(typed.symbol('pcpu_nr_slots'));
  if (count > SLOTS_LIMIT) throw new InspectError('corrupt', `pcpu_nr_slots is ${count}`);
  // pcpu_slot before 5.9 (3c7be18ac9a0), which gave the chunks of memory cgroups lists of their own, up to 5.13
  const lists = typed.space.u64(typed.findSymbol('pcpu_chunk_lists') ?? typed.symbol('pcpu_slot'));
  const types = Math.min(2, Number(typed.types.enumerator('PCPU_NR_CHUNK_TYPES') ?? 1n));
  return Array.from({ length: count * types }, (_, slot) => lists + BigInt(16 * slot));
}

/**
 * Pages per unit that are counted and belong to no chunk on a list: the kernel's own variables and what is reserved for
 * those of modules, which lie before the first chunk (pcpu_setup_first_chunk).
 */
function pagesBefore(typed: TypedKernel, firstChunk: bigint): number {
  return Number((firstChunk - typed.space.u64(typed.symbol('pcpu_base_addr'))) / PAGE);
}

/** pcpu_nr_units, which the sizes of the groups of units add up to. */
function readUnits(typed: TypedKernel): number {
  const units = typed.space.u32(typed.symbol('pcpu_nr_units'));
  const grouped = unitsOfGroups(typed) ?? units;
  if (grouped === units) return units;
  const what = `pcpu_nr_units is ${units}, and the groups of per-CPU units have ${grouped}`;
  throw new InspectError('corrupt', what);
}

/** Units by the sizes of their groups; undefined where they cannot be had. */
function unitsOfGroups(typed: TypedKernel): number | undefined {
  const [groups, sizes, unit] = ['pcpu_nr_groups', 'pcpu_group_sizes', 'pcpu_unit_size'].map((name) =>
    typed.findSymbol(name),
  );
  if (groups === undefined || sizes === undefined || unit === undefined) return undefined;
  const count = Math.min(GROUPS_LIMIT, typed.space.u32(groups));
  const bytes = typed.space.bytes(typed.space.u64(sizes), 8 * count);
  const all = Array.from({ length: count }, (_, i) => u64At(bytes, 8 * i)).reduce((a, b) => a + b, 0n);
  return Number(all) / typed.space.u32(unit);
}
