import { mergeRanges } from '../../bytes/ranges.ts';
import { InspectError } from '../../errors.ts';
import { fact, known } from '../evidence/fact.ts';
import { isUniprocessor, PerCpu } from '../objects/per-cpu.ts';
import type { AnySymbol, Symbolizer } from './symbolizer.ts';

/** Which symbols are per-CPU variables, and where the copy of each CPU is. */
export class PerCpuSymbols {
  readonly #symbols: Symbolizer;
  readonly #perCpu: PerCpu;

  constructor(symbols: Symbolizer) {
    this.#symbols = symbols;
    this.#perCpu = new PerCpu(symbols.typed);
  }

  /** @throws InspectError missingInfo for a per-CPU variable, whose symbol is the address of none of its copies */
  refuse(symbol: AnySymbol): void {
    if (this.#isPerCpu(symbol) !== true) return;
    throw new InspectError('missingInfo', `${symbol.name} is a per-CPU variable: each CPU has its own`, {
      hint: `say of which CPU, as in ${symbol.name}@${this.#perCpu.possible[0] ?? 0}; ${this.#possible()}`,
    });
  }

  /**
   * The address of a CPU's copy.
   * @param variable a symbol, or a per-CPU pointer
   * @param warnings where it says that the CPU was not online
   * @throws InspectError missingInfo if it is not a per-CPU variable, or the CPU has none
   */
  copyOf(variable: AnySymbol | bigint, cpu: number, warnings: string[]): bigint {
    if (typeof variable !== 'bigint' && this.#isPerCpu(variable) === false)
      throw new InspectError('missingInfo', `${variable.name} is not a per-CPU variable`);
    if (!this.#perCpu.possible.includes(cpu))
      throw new InspectError('missingInfo', `CPU ${cpu} has no per-CPU area: ${this.#possible()}`);
    const online = known(fact(() => this.#perCpu.online));
    if (online?.includes(cpu) === false) warnings.push(`CPU ${cpu} was not online`);
    return this.#perCpu.pointer(typeof variable === 'bigint' ? variable : variable.address, cpu);
  }

  #possible(): string {
    const { possible } = this.#perCpu;
    const spans = mergeRanges(possible.map((cpu) => ({ start: cpu, end: cpu + 1 }))).map(({ start, end }) =>
      end - start === 1 ? `${start}` : `${start}-${end - 1}`,
    );
    return possible.length === 1 ? `CPU ${spans} is the only one` : `this kernel has CPUs ${spans.join(',')}`;
  }

  /** undefined if the symbol table does not tell. */
  #isPerCpu({ address, module }: AnySymbol): boolean | undefined {
    const { typed } = this.#symbols;
    if (isUniprocessor(typed)) return undefined;
    if (module !== undefined) return !this.#isInModule(address, module);
    const [start, end] = ['__per_cpu_start', '__per_cpu_end'].map((name) =>
      known(fact(() => typed.findSymbol(name))),
    );
    return start === undefined || end === undefined ? undefined : address >= start && address < end;
  }

  /** The symbols of a module lie in its memory, except per-CPU variables (simplify_symbols, kernel/module/main.c). */
  #isInModule(address: bigint, name: string): boolean | undefined {
    const loaded = this.#symbols.modules?.modules.find(({ module }) => module.name === name);
    return loaded?.module.ranges.some(({ start, end }) => address >= start && address < end);
  }
}
