import type { Break } from '../objects/list.ts';
import { walkList } from '../objects/list.ts';
import type { TypedKernel } from '../typed-kernel.ts';
import type { StructReader } from '../types/struct-reader.ts';

/** A piece of memory that a module's sections were loaded into. */
export interface ModuleRange {
  readonly start: bigint;
  /** Behind the last byte. */
  readonly end: bigint;
}

/** A module that the kernel has loaded (struct module, include/linux/module.h). */
export interface Module {
  readonly name: string;
  /** Virtual address of its struct module. */
  readonly address: bigint;
  /** MODULE_STATE_*: one that is not LIVE is being loaded or unloaded. */
  readonly state: string;
  readonly ranges: readonly ModuleRange[];
  /** Bytes of all its ranges. */
  readonly size: number;
  /** Virtual address of its struct mod_kallsyms; 0n where it has none. */
  readonly kallsyms: bigint;
  /** Exported symbols: an array of struct kernel_symbol, virtual address and number. */
  readonly exported: { readonly address: bigint; readonly count: number };
}

/** All modules, and where their list stops making sense. */
export interface Modules {
  readonly modules: readonly Module[];
  readonly broken: Break | null;
}

/** No machine loads more; each takes two pages at least. */
const MODULES_LIMIT = 1 << 16;
/** enum mod_mem_type has seven kinds of memory, 6.4 to 7.3. */
const RANGES_LIMIT = 64;
const UNFORMED = 'MODULE_STATE_UNFORMED';

/**
 * The modules in the order of the kernel's list, which is the newest first. A kernel without CONFIG_MODULES has none.
 * @throws InspectError missingInfo, when the kernel has no BTF; notMapped or notStored, for the list's head
 */
export function readModules(typed: TypedKernel): Modules {
  const head = typed.findSymbol('modules');
  if (head === undefined) return { modules: [], broken: null };
  const reader = new ModuleReader(typed);
  const { nodes, broken } = walkList(typed.space, head, MODULES_LIMIT);
  const modules = nodes.map((node) => reader.read(node));
  return { modules: modules.filter((m) => m.state !== UNFORMED), broken };
}

class ModuleReader {
  readonly #module: StructReader<'state' | 'name' | 'kallsyms?' | 'syms' | 'num_syms'>;
  readonly #ranges: readonly RangeReader[];
  readonly #list: bigint;
  readonly #states: ReadonlyMap<bigint, string>;

  constructor(typed: TypedKernel) {
    this.#module = typed.reader('module', 'state', 'name', 'kallsyms?', 'syms', 'num_syms');
    this.#ranges = rangeReaders(typed);
    this.#list = BigInt(this.#module.type.offsetOf('list'));
    const states = typed.types.enumeration('module_state') ?? [];
    this.#states = new Map(states.map(({ name, value }) => [value, name]));
  }

  read(node: bigint): Module {
    const module = this.#module.load(node - this.#list);
    const { address } = module;
    const ranges = this.#ranges.map((read) => read(address)).filter(({ start, end }) => end > start);
    const state = module.big('state');
    return {
      name: module.text('name'),
      address,
      state: this.#states.get(state) ?? String(state),
      ranges,
      size: ranges.reduce((sum, { start, end }) => sum + Number(end - start), 0),
      kallsyms: module.has('kallsyms') ? module.big('kallsyms') : 0n,
      exported: { address: module.big('syms'), count: module.number('num_syms') },
    };
  }
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
