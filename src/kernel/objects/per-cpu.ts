import { u64At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { fact, known } from '../evidence/fact.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** CONFIG_NR_CPUS is at most 8192 on x86_64 (arch/x86/Kconfig). */
export const CPUS_LIMIT = 8192;

/**
 * Returns a number of CPUs that the kernel keeps; undefined if it lacks the symbol, or if it is 0, because
 * every kernel has a CPU. Needs no types.
 * @throws InspectError notMapped or notStored
 */
export function countOfCpus(typed: TypedKernel, symbol: string): number | undefined {
  const at = typed.findSymbol(symbol);
  return at === undefined ? undefined : typed.space.u32(at) || undefined;
}

/**
 * Whether a kernel was built for a single CPU (SMP=n). Then per-CPU variables are ordinary ones
 * (PER_CPU_BASE_SECTION, include/asm-generic/percpu.h), and there is no __per_cpu_offset. Because a symbol
 * table without data (KALLSYMS_ALL=n) lacks it, too, a function decides that every other kernel has
 * (arch/x86/kernel/smpboot.c).
 */
export function isUniprocessor(typed: TypedKernel): boolean {
  if (typed.hasFunction('start_secondary')) return false;
  return !typed.symbols.hasData || typed.findSymbol('__per_cpu_offset') === undefined;
}

/**
 * Per-CPU variables. A CPU's copy is at the variable's address plus __per_cpu_offset[cpu], modulo 2^64, in
 * all kernels. Up to 6.14 the symbol's address is the offset into the per-CPU area, which is linked at 0;
 * since 6.15 (9d7de2aa8b41) it is an ordinary address of the image, and the array holds the difference.
 */
export class PerCpu {
  readonly #typed: TypedKernel;
  readonly #single: boolean;
  #offsets: BigUint64Array | undefined;
  #possible: number[] | undefined;

  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#single = isUniprocessor(typed);
  }

  /**
   * The CPUs that the kernel prepared for at boot: each has a copy of every variable.
   * @throws InspectError corrupt if one is not below nr_cpu_ids
   */
  get possible(): readonly number[] {
    this.#possible ??= this.#readPossible();
    return this.#possible;
  }

  #readPossible(): number[] {
    if (this.#single) return [0];
    const possible = this.#mask('__cpu_possible_mask');
    const [last, ids] = [possible.at(-1), countOfCpus(this.#typed, 'nr_cpu_ids')];
    if (last === undefined || ids === undefined || last < ids) return possible;
    throw new InspectError('corrupt', `CPU ${last} is possible, but nr_cpu_ids is ${ids}`);
  }

  /**
   * The CPUs that were online.
   * @throws InspectError corrupt if one is not possible, or if their number is not the kernel's count
   */
  get online(): readonly number[] {
    if (this.#single) return [0];
    const online = this.#mask('__cpu_online_mask');
    const impossible = online.find((cpu) => !this.possible.includes(cpu));
    if (impossible !== undefined)
      throw new InspectError('corrupt', `CPU ${impossible} is online, but not possible`);
    // The count is a variable of its own since 0c09ab96fc82 (5.3).
    const counted = countOfCpus(this.#typed, '__num_online_cpus');
    if (counted === undefined || counted === online.length || this.#typed.space.live) return online;
    throw new InspectError(
      'corrupt',
      `${online.length} CPUs are online, but __num_online_cpus is ${counted}`,
    );
  }

  /** Returns the virtual address of a CPU's copy, for a per-CPU pointer or symbol. */
  pointer(address: bigint, cpu: number): bigint {
    const offset = this.#offsetsOfAll()[cpu];
    if (offset !== undefined) return BigInt.asUintN(64, address + offset);
    throw new InspectError('missingInfo', `CPU ${cpu} has no per-CPU area`);
  }

  /**
   * Returns the virtual addresses of all copies of a per-CPU variable, by CPU.
   * @throws InspectError missingInfo
   */
  variables(symbol: string): { readonly cpu: number; readonly address: bigint }[] {
    const address = this.#typed.symbol(symbol);
    return this.possible.map((cpu) => ({ cpu, address: this.pointer(address, cpu) }));
  }

  #offsetsOfAll(): BigUint64Array {
    if (this.#single) return BigUint64Array.of(0n);
    const count = (this.possible.at(-1) ?? 0) + 1;
    const at = this.#typed.symbol('__per_cpu_offset');
    this.#offsets ??= this.#checked(new BigUint64Array(this.#typed.space.bytes(at, 8 * count).buffer));
    return this.#offsets;
  }

  /**
   * setup_per_cpu_areas() computed the offsets from the address of the first chunk and each CPU's unit offset
   * in it.
   */
  #checked(offsets: BigUint64Array): BigUint64Array {
    const [base, units, start] = ['pcpu_base_addr', 'pcpu_unit_offsets', '__per_cpu_start'].map((name) =>
      this.#typed.findSymbol(name),
    );
    if (base === undefined || units === undefined || start === undefined) return offsets;
    const { space } = this.#typed;
    const places = known(fact(() => space.bytes(space.u64(units), 8 * offsets.length)));
    const first = space.u64(base);
    if (places === undefined || first === 0n) return offsets;
    const delta = first - start;
    const wrong = this.possible.find(
      (cpu) => offsets[cpu] !== BigInt.asUintN(64, delta + u64At(places, 8 * cpu)),
    );
    if (wrong === undefined) return offsets;
    const what = `__per_cpu_offset[${wrong}] contradicts pcpu_base_addr and pcpu_unit_offsets`;
    throw new InspectError('corrupt', what);
  }

  /** struct cpumask: an array of unsigned long, as many as CONFIG_NR_CPUS needs. */
  #mask(symbol: string): number[] {
    const length = Math.min(this.#maskBytes(symbol), CPUS_LIMIT / 8);
    const bits = this.#typed.space.bytes(this.#typed.symbol(symbol), length);
    const cpus = Array.from({ length: 8 * length }, (_, cpu) => cpu);
    return cpus.filter((cpu) => ((bits[cpu >> 3] as number) >> (cpu & 7)) & 1);
  }

  /** Without types, the mask ends where the next symbol begins; padding between them is 0. */
  #maskBytes(symbol: string): number {
    const at = this.#typed.hasNoTypes ? this.#typed.findSymbol(symbol) : undefined;
    const size = at === undefined ? undefined : this.#typed.symbols.nearest(at)?.size;
    return size === undefined ? this.#typed.types.struct('cpumask').size : 8 * Math.floor(Number(size) / 8);
  }
}
