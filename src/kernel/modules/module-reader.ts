import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { isInModuleArea, type ModuleRange } from './module-area.ts';
import { ModuleWitness, UNFORMED } from './module-witness.ts';

/** A module that the kernel has loaded (struct module, include/linux/module.h). */
export interface Module {
  readonly name: string;
  /** Virtual address of its struct module. */
  readonly address: bigint;
  /** MODULE_STATE_*: one that is not LIVE is being loaded or unloaded. */
  readonly state: string;
  /** Those that can be: none outside the modules' area. */
  readonly ranges: readonly ModuleRange[];
  /** Bytes of all its ranges; null where one of them cannot be. */
  readonly size: number | null;
  /** Virtual address of its struct mod_kallsyms; 0n where it has none, null where there cannot be one. */
  readonly kallsyms: bigint | null;
  /** Exported symbols: an array of struct kernel_symbol, virtual address and number. */
  readonly exported: { readonly address: bigint; readonly count: number };
}

/** A module, and what in its structure cannot be; sentences. */
export interface ReadModule {
  readonly module: Module;
  readonly wrong: readonly string[];
  /** Whether it lies in memory of its own, as every module does; else there may be none. */
  readonly inPlace: boolean;
  /** Whether anyone sees it: one that is not formed yet, or no more, nobody does. */
  readonly formed: boolean;
}

/** enum mod_mem_type has seven kinds of memory, 6.4 to 7.3. */
const RANGES_LIMIT = 64;

/** Reads struct modules. */
export class ModuleReader {
  readonly #module: StructReader<'state' | 'name' | 'kallsyms?' | 'core_kallsyms?' | 'syms' | 'num_syms'>;
  readonly #ranges: readonly RangeReader[];
  readonly #states: ReadonlyMap<bigint, string>;
  readonly #bounds: ModuleRange | undefined;
  readonly #witness: ModuleWitness;

  /** @param bounds of all memory of modules, where that is known */
  constructor(typed: TypedKernel, bounds?: ModuleRange) {
    this.#module = typed.reader('module', 'state', 'name', 'kallsyms?', 'core_kallsyms?', 'syms', 'num_syms');
    this.#ranges = rangeReaders(typed);
    this.#bounds = bounds;
    this.#witness = new ModuleWitness(typed);
    const states = typed.types.enumeration('module_state') ?? [];
    this.#states = new Map(states.map(({ name, value }) => [value, name]));
  }

  /** @throws InspectError notMapped or notStored */
  read(address: bigint): ReadModule {
    const module = this.#module.load(address);
    const name = module.text('name');
    const parts = this.#ranges.map((read) => read(address));
    const all = parts.filter(({ start, end }) => end > start);
    // What has no memory has no address either (move_module; do_init_module for what is freed then).
    const empty = parts.filter(({ start, end }) => start > 0n && end === start);
    const ranges = all.filter((range) => this.#isPossible(range));
    const mapped = ranges.flatMap((range) => this.#witness.againstRange(range) ?? []);
    const size = ranges.reduce((sum, { start, end }) => sum + Number(end - start), 0);
    const state = this.#states.get(module.big('state'));
    const wrong = all
      .filter((range) => !ranges.includes(range))
      .map(({ start, end }) => `has memory from ${hex(start)} to ${hex(end)}, where no module's can be`);
    // Its own structure is a part of what was loaded (__this_module).
    const inPlace = ranges.some((range) => isIn(range, address));
    if (!inPlace) wrong.push(`has no memory where its structure is, at ${hex(address)}`);
    else for (const { start } of empty) wrong.push(`has no bytes of memory at ${hex(start)}`);
    if (state === undefined) wrong.push(`is in state ${module.big('state')}, which there is not`);
    const against = this.#witness.against(address, name, state);
    return {
      module: {
        name,
        address,
        state: state ?? String(module.big('state')),
        ranges,
        size: ranges.length === all.length && mapped.length + empty.length === 0 ? size : null,
        kallsyms: this.#kallsymsOf(address, ranges),
        exported: { address: module.big('syms'), count: module.number('num_syms') },
      },
      wrong: [...wrong, ...mapped, ...against].map((what) => `module ${name} ${what}`),
      inPlace,
      formed: state !== UNFORMED || this.#witness.isInSysfs(address),
    };
  }

  /**
   * While a module is initialised its symbols are those of its init memory, and from then on core_kallsyms in its own structure
   * (8244062ef1e5, 4.5).
   */
  #kallsymsOf(address: bigint, ranges: readonly ModuleRange[]): bigint | null {
    if (!this.#module.has('kallsyms')) return 0n;
    const at = this.#module.big('kallsyms');
    if (!this.#module.has('core_kallsyms') || at === this.#module.addressOf('core_kallsyms')) return at;
    const isInit = (range: ModuleRange) => isIn(range, at) && !isIn(range, address);
    return ranges.some(isInit) ? at : null;
  }

  #isPossible(range: ModuleRange): boolean {
    const bounds = this.#bounds;
    if (bounds && (range.start < bounds.start || range.end > bounds.end)) return false;
    return isInModuleArea(range);
  }
}

function isIn({ start, end }: ModuleRange, address: bigint): boolean {
  return address >= start && address < end;
}

/** Takes a range out of the struct module at an address. */
type RangeReader = (module: bigint) => ModuleRange;

/** mem[] since 6.4 (ac3b43283923 "module: replace module_layout with module_memory"), core_layout and init_layout before. */
function rangeReaders(typed: TypedKernel): RangeReader[] {
  const type = typed.types.struct('module');
  const mem = type.find('mem');
  const count = mem ? Math.min(RANGES_LIMIT, mem.size / typed.types.struct('module_memory').size) : 0;
  const names = mem
    ? Array.from({ length: count }, (_, i) => `mem[${i}]` as const)
    : (['core_layout', 'init_layout'] as const);
  return names.map((name) => {
    const reader = typed.reader('module', `${name}.base`, `${name}.size`);
    return (module) => {
      const start = reader.load(module).big(`${name}.base`);
      return { start, end: start + reader.big(`${name}.size`) };
    };
  });
}
