import { BuiltBtf } from './btf.ts';
import { ascii, packed } from './encode.ts';
import { BuiltTypedKernel } from './typed-kernel.ts';

/** Offsets in the data of the kernel. Each module has 0x4000 bytes from MODULES on. */
const LIST = 0x100;
const TREE = 0x200;
/** With this symbol, modules share areas, so what is mapped after a module may belong to another. */
const EXECMEM_CACHE = 0x180;
const MODULES = 0x1_0000;
const MODULE_BYTES = 0x4000;
/** Modules have addresses in the module area, where the whole image is mapped a second time. */
const MODULE_AREA = 0xffff_ffff_c000_0000n;
const IMAGE_BYTES = 2 ** 21;
/** Offsets in a module: its struct module, symbol table, types, names, exports and code. */
const IN_MODULE = {
  struct: 0,
  kallsyms: 0x200,
  symtab: 0x400,
  typetab: 0x800,
  strtab: 0x900,
  syms: 0xe00,
  text: 0x1000,
};
/** Offsets in a struct module: its list node, and its node in the tree of modules. */
const IN_STRUCT = { list: 8, node: 240 };
const LATCH = { mod: 0, links: [8, 32] } as const;
const TEXT_BYTES = 0x1000;
const SYM = 24;

export interface ModulePlan {
  readonly name: string;
  readonly state?: number;
  /** Name, letter, and offset in the module's code. */
  readonly symbols?: readonly (readonly [name: string, type: string, at: number])[];
  /** Which of them are exported. */
  readonly exported?: readonly string[];
  /** Wrong value of num_symtab. */
  readonly count?: number;
  /** Wrong offset of the first symbol's name. */
  readonly nameAt?: number;
  /** Whether it has a symbol table. */
  readonly table?: boolean;
  /** Size that it claims for the part with its tables, in bytes. */
  readonly head?: number;
  /** Wrong size of its code, in bytes. */
  readonly textBytes?: number;
  /** Whether the list has it. */
  readonly listed?: boolean;
  readonly inTree?: boolean;
}

export interface ModulesPlan {
  /** `core_layout` and `init_layout`, as before 6.4. */
  readonly old?: boolean;
  /** Whether symbols have types, as since 5.2. */
  readonly letters?: boolean;
  /** Which of the two copies of the tree is valid; undefined for a kernel without a tree. */
  readonly tree?: 0 | 1 | undefined;
}

/**
 * The types of modules: since 6.4 with `mem`, before (`old`) with `core_layout`; symbols have types since
 * 5.2.
 */
function moduleTypes(old: boolean, letters: boolean): BuiltBtf {
  const btf = new BuiltBtf();
  const u32 = btf.int('unsigned int', 4);
  const s32 = btf.int('int', 4, { signed: true });
  const name = btf.array(btf.int('char', 1), 56);
  const pointer = btf.pointer(0);
  const list = btf.struct('list_head', 16, [
    ['next', pointer, 0],
    ['prev', pointer, 8],
  ]);
  const memory = btf.struct(old ? 'module_layout' : 'module_memory', 16, [
    ['base', pointer, 0],
    ['size', u32, 8],
  ]);
  const rbNode = btf.struct('rb_node', 24, [
    ['__rb_parent_color', btf.int('unsigned long', 8), 0],
    ['rb_right', pointer, 8],
    ['rb_left', pointer, 16],
  ]);
  const latch = btf.struct('latch_tree_node', 48, [['node', btf.array(rbNode, 2), 0]]);
  const root = btf.struct('latch_tree_root', 24, [
    ['seq', u32, 0],
    ['tree', btf.array(btf.struct('rb_root', 8, [['rb_node', pointer, 0]]), 2), 8],
  ]);
  btf.struct('mod_tree_root', 40, [
    ['root', root, 0],
    ['addr_min', btf.int('unsigned long', 8), 24],
    ['addr_max', btf.int('unsigned long', 8), 32],
  ]);
  btf.struct('mod_tree_node', 56, [
    ['mod', pointer, LATCH.mod],
    ['node', latch, LATCH.links[0]],
  ]);
  const state = btf.enum('module_state', [
    ['MODULE_STATE_LIVE', 0],
    ['MODULE_STATE_COMING', 1],
    ['MODULE_STATE_GOING', 2],
    ['MODULE_STATE_UNFORMED', 3],
  ]);
  btf.struct('kernel_symbol', 12, [
    ['value_offset', s32, 0],
    ['name_offset', s32, 4],
  ]);
  btf.struct('mod_kallsyms', 32, [
    ['symtab', pointer, 0],
    ['num_symtab', u32, 8],
    ['strtab', pointer, 16],
    ...(letters ? [['typetab', pointer, 24] as const] : []),
  ]);
  btf.struct('module', 300, [
    ['state', state, 0],
    ['list', list, 8],
    ['name', name, 24],
    ['kallsyms', pointer, 80],
    ['syms', pointer, 88],
    ['num_syms', u32, 96],
    ...(old
      ? ([
          ['core_layout', memory, 112],
          ['init_layout', memory, 128],
        ] as const)
      : ([['mem', btf.array(memory, 7), 112]] as const)),
  ]);
  return btf;
}

/** A kernel with modules, the first one at the head of its list. */
export class BuiltModules {
  readonly built: BuiltTypedKernel;

  constructor(plans: readonly ModulePlan[], { old = false, letters = true, tree }: ModulesPlan = {}) {
    const symbols = {
      modules: LIST,
      execmem_cache: EXECMEM_CACHE,
      ...(tree === undefined ? {} : { mod_tree: TREE }),
    };
    this.built = new BuiltTypedKernel(moduleTypes(old, letters), symbols);
    const { kernel } = this.built;
    kernel.tables.map(MODULE_AREA, kernel.imageAt, IMAGE_BYTES);
    plans.forEach((plan, i) => {
      this.#write(i, plan);
    });
    const indexes = plans.map((_, i) => i);
    this.#link([LIST, ...indexes.filter((i) => plans[i]?.listed !== false).map(listNode)]);
    if (tree !== undefined) {
      this.#writeTree(
        tree,
        indexes.filter((i) => plans[i]?.inTree !== false),
        plans.length,
      );
    }
  }

  /** Returns the address of a place in the data, in the module area. */
  at(offset: number): bigint {
    const { built } = this;
    return built.at(offset) - built.kernel.inImage(0) + MODULE_AREA;
  }

  /** Returns the virtual address of a place in a module's code. */
  text(module: number, offset: number): bigint {
    return this.at(MODULES + module * MODULE_BYTES + IN_MODULE.text + offset);
  }

  /** Breaks the list after a module and, unless `lastToo` is false, at its other end. */
  breakListAfter(module: number, lastToo = true): void {
    this.built.writeU64(listNode(module), 0xffff_9999_0000_0000n);
    if (lastToo) this.built.writeU64(LIST + 8, 0xffff_9999_0000_0000n);
  }

  /** Makes a node of the tree name a module that it is not part of. */
  renameTreeNode(module: number, to: bigint): void {
    this.built.writeU64(treeNode(module) + LATCH.mod, to);
  }

  #link(places: readonly number[]): void {
    places.forEach((place, i) => {
      const following = places[(i + 1) % places.length] as number;
      this.built.writeU64(place, this.at(following));
      this.built.writeU64(following + 8, this.at(place));
    });
    // The list leads back to the head's address in the image, where it is a variable.
    const [first, last] = [places[1] ?? LIST, places.at(-1) as number];
    this.built.writeU64(first + 8, this.built.at(LIST));
    this.built.writeU64(last, this.built.at(LIST));
  }

  /** Writes a tree without branches: each module is the right child of the previous one. */
  #writeTree(copy: 0 | 1, modules: readonly number[], all: number): void {
    this.built.writeU64(TREE, BigInt(copy));
    this.built.writeU64(TREE + 24, this.at(MODULES));
    this.built.writeU64(TREE + 32, this.at(MODULES + all * MODULE_BYTES));
    const links = modules.map((module) => treeLink(module, copy));
    this.built.writeU64(TREE + 8 + 8 * copy, links[0] === undefined ? 0n : this.at(links[0]));
    modules.forEach((module, i) => {
      const [above, link, below] = [links[i - 1], treeLink(module, copy), links[i + 1]];
      this.built.writeU64(link, above === undefined ? 1n : this.at(above));
      if (below !== undefined) this.built.writeU64(link + 8, this.at(below));
      this.built.writeU64(treeNode(module) + LATCH.mod, this.at(MODULES + module * MODULE_BYTES));
    });
  }

  #write(index: number, plan: ModulePlan): void {
    const { name, state = 0, symbols = [], exported = [], count, nameAt } = plan;
    const base = MODULES + index * MODULE_BYTES;
    const at = (offset: number) => this.at(base + offset);
    const text = (offset: number) => at(IN_MODULE.text + offset);
    this.built.write(
      base,
      packed(240, [
        [0, 4, state],
        [80, 8, plan.table === false ? 0 : at(IN_MODULE.kallsyms)],
        [88, 8, at(IN_MODULE.syms)],
        [96, 4, exported.length],
        [112, 8, at(0)],
        [120, 4, plan.head ?? IN_MODULE.text],
        [128, 8, text(0)],
        [136, 4, plan.textBytes ?? TEXT_BYTES],
      ]),
    );
    this.built.write(base + 24, ascii(name));
    const tables = [
      at(IN_MODULE.symtab),
      BigInt(count ?? symbols.length),
      at(IN_MODULE.strtab),
      at(IN_MODULE.typetab),
    ];
    tables.forEach((value, i) => {
      this.built.writeU64(base + IN_MODULE.kallsyms + 8 * i, value);
    });
    let names = '\0';
    symbols.forEach(([symbol, type, offset], i) => {
      const entry = packed(SYM, [
        [0, 4, i === 0 && nameAt !== undefined ? nameAt : names.length],
        [8, 8, text(offset)],
      ]);
      this.built.write(base + IN_MODULE.symtab + SYM * i, entry);
      this.built.write(base + IN_MODULE.typetab + i, ascii(type));
      const export_ = exported.indexOf(symbol);
      if (export_ >= 0) {
        const here = IN_MODULE.syms + 12 * export_;
        const value = IN_MODULE.text + offset - here;
        const nameFrom = IN_MODULE.strtab + names.length - (here + 4);
        this.built.write(
          base + here,
          packed(12, [
            [0, 4, value],
            [4, 4, nameFrom],
          ]),
        );
      }
      names += `${symbol}\0`;
    });
    this.built.write(base + IN_MODULE.strtab, ascii(names));
  }
}

/** Offsets in the data: a module's node in the list, in the tree, and in one copy of the tree. */
function listNode(module: number): number {
  return MODULES + module * MODULE_BYTES + IN_STRUCT.list;
}

function treeNode(module: number): number {
  return MODULES + module * MODULE_BYTES + IN_STRUCT.node;
}

function treeLink(module: number, copy: 0 | 1): number {
  return treeNode(module) + LATCH.links[copy];
}
