import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../typed-kernel.ts';

/** CONFIG_NR_CPUS is at most 8192 on x86_64 (arch/x86/Kconfig). */
const CPUS_LIMIT = 8192;

/**
 * Per-CPU variables. A CPU's copy is at the variable's address plus __per_cpu_offset[cpu], modulo 2^64, in all kernels:
 * up to 6.14 the symbol's address is the offset into the per-CPU area, which is linked at 0; since 6.15 (9d7de2aa8b41)
 * it is an address of the image like others, and the array holds the difference to it.
 */
export class PerCpu {
  readonly #typed: TypedKernel;
  #offsets: BigUint64Array | undefined;
  #possible: number[] | undefined;

  constructor(typed: TypedKernel) {
    this.#typed = typed;
  }

  /** The CPUs that the kernel prepared for at boot: those that have a copy of each variable. */
  get possible(): readonly number[] {
    this.#possible ??= this.#mask('__cpu_possible_mask');
    return this.#possible;
  }

  /** The CPUs that were running. */
  get online(): readonly number[] {
    return this.#mask('__cpu_online_mask');
  }

  /** Virtual address of a CPU's copy of the variable that a per-CPU pointer or symbol stands for. */
  pointer(address: bigint, cpu: number): bigint {
    const offset = this.#offsetsOfAll()[cpu];
    if (offset !== undefined) return BigInt.asUintN(64, address + offset);
    throw new InspectError('missingInfo', `CPU ${cpu} has no per-CPU area`);
  }

  /** Virtual addresses of all copies of a per-CPU variable, by CPU. @throws InspectError missingInfo */
  variables(symbol: string): { readonly cpu: number; readonly address: bigint }[] {
    const address = this.#typed.symbol(symbol);
    return this.possible.map((cpu) => ({ cpu, address: this.pointer(address, cpu) }));
  }

  #offsetsOfAll(): BigUint64Array {
    const count = (this.possible.at(-1) ?? 0) + 1;
    const at = this.#typed.symbol('__per_cpu_offset');
    this.#offsets ??= new BigUint64Array(this.#typed.space.bytes(at, 8 * count).buffer);
    return this.#offsets;
  }

  /** struct cpumask: an array of unsigned long, as many as CONFIG_NR_CPUS needs. */
  #mask(symbol: string): number[] {
    const { space, types } = this.#typed;
    const length = Math.min(types.struct('cpumask').size, CPUS_LIMIT / 8);
    const bits = space.bytes(this.#typed.symbol(symbol), length);
    const cpus = Array.from({ length: 8 * length }, (_, cpu) => cpu);
    return cpus.filter((cpu) => ((bits[cpu >> 3] as number) >> (cpu & 7)) & 1);
  }
}
