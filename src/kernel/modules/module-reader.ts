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
  /** Its valid ranges: none outside the module area. */
  readonly ranges: readonly ModuleRange[];
  /** Bytes of all ranges; null if a range is not valid. */
  readonly size: number | null;
  /** Virtual address of its struct mod_kallsyms; 0n if it has none, null if the pointer is not valid. */
  readonly kallsyms: bigint | null;
  /** Exported symbols: an array of struct kernel_symbol, virtual address and number. */
  readonly exported: { readonly address: bigint; readonly count: number };
}

/** A module, and what is wrong in its structure: sentences. */
export interface ReadModule {
  readonly module: Module;
  readonly wrong: readonly string[];
  /** Whether it lies in memory of its own, as every module does; otherwise there may be no module. */
  readonly inPlace: boolean;
  /** Whether the kernel shows it: unformed modules are hidden. */
  readonly formed: boolean;
}

/** Far above the seven kinds of memory of enum mod_mem_type, 6.4 to 7.3. */
const RANGES_LIMIT = 64;

/** Reads struct modules. */
export class ModuleReader {
  readonly #module: StructReader<'state' | 'name' | 'kallsyms?' | 'core_kallsyms?' | 'syms' | 'num_syms'>;
  readonly #ranges: readonly RangeReader[];
  readonly #states: ReadonlyMap<bigint, string>;
  readonly #bounds: ModuleRange | undefined;
  readonly #witness: ModuleWitness;

  /** @param bounds of all module memory, if known */
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
    // A range without memory has no address either (move_module; do_init_module for init memory that was
    // freed).
    const empty = parts.filter(({ start, end }) => start > 0n && end === start);
    const ranges = all.filter((range) => this.#isPossible(range));
    const mapped = ranges.flatMap((range) => this.#witness.rangeContradiction(range) ?? []);
    const size = ranges.reduce((sum, { start, end }) => sum + Number(end - start), 0);
    const state = this.#states.get(module.big('state'));
    const wrong = all
      .filter((range) => !ranges.includes(range))
      .map(({ start, end }) => `has memory from ${hex(start)} to ${hex(end)}, outside the module area`);
    // A module's structure is part of what was loaded (__this_module).
    const inPlace = ranges.some((range) => isIn(range, address));
    if (!inPlace) wrong.push(`has no memory at ${hex(address)}, where its structure is`);
    else for (const { start } of empty) wrong.push(`has no bytes of memory at ${hex(start)}`);
    if (state === undefined) wrong.push(`is in the unknown state ${module.big('state')}`);
    const against = this.#witness.contradictions(address, name, state);
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
   * Returns the pointer if it is valid: during initialisation it leads to symbols in the module's init
   * memory, later to core_kallsyms in its own structure (8244062ef1e5, 4.5).
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

/** Reads a memory range of the struct module at an address. */
type RangeReader = (module: bigint) => ModuleRange;

/**
 * Reads mem[] since 6.4 (ac3b43283923 "module: replace module_layout with module_memory"), core_layout and
 * init_layout before.
 */
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
