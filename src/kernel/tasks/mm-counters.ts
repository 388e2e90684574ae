import { u64At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PerCpu } from '../objects/per-cpu.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/**
 * A number of pages for each kind that the kernel counts per mm: mapped from files, anonymous, swapped out,
 * shared.
 */
export interface MmPages {
  readonly file: number;
  readonly anon: number;
  readonly swap: number;
  readonly shmem: number;
}

/** The memory of a process, as its mm_struct counts it. */
export interface MmUse {
  /** Including what is still in the caches below: what the process really has. */
  readonly pages: MmPages;
  /**
   * The part that is still cached by CPUs (6.2+) or threads (before); may be negative. /proc/PID/status
   * leaves it out, except since 6.16 (82241a83cd15) and its backports.
   */
  readonly cached: MmPages;
  /** Bytes of its page tables (mm_struct.pgtables_bytes). */
  readonly pageTables: number;
}

/** Counts by index in the kernel's array. */
interface Counts {
  readonly central: readonly number[];
  readonly cached: readonly number[];
}

type CountReader = (
  mm: StructReader<'rss_stat' | 'pgtables_bytes' | 'mm_users?'>,
  tasksCached: readonly number[],
) => Counts;

/** Reads the counters of mm_structs, in any form that kernels use. */
export class MmCounters {
  readonly #mm: StructReader<'rss_stat' | 'pgtables_bytes' | 'mm_users?'>;
  readonly #live: boolean;
  readonly #read: CountReader;
  readonly #indexes: MmPages;

  /** @throws InspectError missingInfo; unsupported if the counters have an unknown form */
  constructor(typed: TypedKernel) {
    this.#mm = typed.reader('mm_struct', 'rss_stat', 'pgtables_bytes', 'mm_users?');
    this.#live = typed.space.live;
    this.#read = countReader(typed);
    const index = (enumerator: string) => indexOf(typed, enumerator);
    this.#indexes = {
      file: index('MM_FILEPAGES'),
      anon: index('MM_ANONPAGES'),
      swap: index('MM_SWAPENTS'),
      shmem: index('MM_SHMEMPAGES'),
    };
  }

  /**
   * @param tasksCached what all tasks that use the mm have cached, by the kernel's index
   * @throws InspectError notMapped, notStored; corrupt if mm_users is 0 although a task has it
   */
  read(mm: bigint, tasksCached: readonly number[]): MmUse {
    const loaded = this.#mm.load(mm);
    // An exiting task drops its mm before it decrements the count (exit_mm).
    if (!this.#live && loaded.has('mm_users') && loaded.number('mm_users') <= 0) {
      const what = `the mm_struct at ${hex(mm)} belongs to a task, but its mm_users is ${loaded.number('mm_users')}`;
      throw new InspectError('corrupt', what, { address: mm });
    }
    const { central, cached } = this.#read(loaded, tasksCached);
    const { file, anon, swap, shmem } = this.#indexes;
    const pages = (count: (index: number) => number): MmPages => ({
      file: count(file),
      anon: count(anon),
      swap: count(swap),
      shmem: count(shmem),
    });
    return {
      // A sum may be negative for a moment: one task unmaps what another has mapped but not yet added.
      pages: pages((i) => Math.max(0, (central[i] ?? 0) + (cached[i] ?? 0))),
      cached: pages((i) => cached[i] ?? 0),
      pageTables: loaded.number('pgtables_bytes'),
    };
  }
}

function indexOf(typed: TypedKernel, enumerator: string): number {
  const value = typed.types.enumerator(enumerator);
  if (value === undefined) throw new InspectError('missingInfo', `this kernel's BTF has no ${enumerator}`);
  return Number(value);
}

/**
 * Counters are per CPU since f1a7941243c1 (6.2); before, tasks cached what they had counted
 * (SPLIT_RSS_COUNTING).
 */
function countReader(typed: TypedKernel): CountReader {
  const mm = typed.types.struct('mm_struct');
  if (mm.has('rss_stat[0].count')) return perCpuCounts(typed);
  if (mm.has('rss_stat.count'))
    return (loaded, cached) => ({ central: longs(loaded.bytes('rss_stat')), cached });
  throw new InspectError('unsupported', 'mm_struct.rss_stat of this kernel has an unknown form');
}

/** struct mm_rss_stat: an array of atomic_long_t. */
function longs(bytes: Uint8Array): number[] {
  return Array.from({ length: bytes.length >> 3 }, (_, i) => Number(BigInt.asIntN(64, u64At(bytes, 8 * i))));
}

/**
 * The counters of one mm are allocated together, some 16 bytes; pointers more than a page apart are invalid.
 */
const WINDOW = 4096n;

/** Reads an array of struct percpu_counter: a count, and per CPU an s32 that is not yet added to it. */
function perCpuCounts(typed: TypedKernel): CountReader {
  const counter = typed.types.struct('percpu_counter');
  const count = counter.placeOf('count', 8);
  const counters = counter.has('counters') ? counter.placeOf('counters', 8) : undefined;
  const perCpu = new PerCpu(typed);
  return (loaded) => {
    const bytes = loaded.bytes('rss_stat');
    const length = Math.floor(bytes.length / counter.size);
    const words = (offset: number) =>
      Array.from({ length }, (_, i) => u64At(bytes, i * counter.size + offset));
    const central = words(count).map((word) => Number(BigInt.asIntN(64, word)));
    // A kernel for a single CPU (no CONFIG_SMP) has only the count.
    const cached = counters === undefined ? [] : cpuSums(typed, perCpu, words(counters));
    return { central, cached };
  };
}

/** Adds up the values of all CPUs; an offline CPU has none left (percpu_counter_cpu_dead). */
function cpuSums({ space }: TypedKernel, perCpu: PerCpu, pointers: readonly bigint[]): number[] {
  const low = pointers.reduce((least, at) => (at < least ? at : least));
  const high = pointers.reduce((most, at) => (at > most ? at : most));
  if (high - low > WINDOW)
    throw new InspectError('corrupt', 'the counters of an mm_struct lie too far apart');
  const view = new DataView(new ArrayBuffer(Number(high - low) + 4));
  const sums = pointers.map(() => 0);
  for (const cpu of perCpu.possible) {
    space.read(perCpu.pointer(low, cpu), new Uint8Array(view.buffer));
    for (const [i, at] of pointers.entries())
      sums[i] = (sums[i] as number) + view.getInt32(Number(at - low), true);
  }
  return sums;
}
