import { BuiltBtf } from './btf.ts';
import { ascii, packed } from './encode.ts';
import { BuiltTypedKernel } from './typed-kernel.ts';

/** Where things stand in the data of the made-up kernel. Each module has 0x4000 bytes from MODULES on. */
const LIST = 0x100;
const MODULES = 0x1_0000;
const MODULE_BYTES = 0x4000;
/** In a module: its struct module, its symbol table, types, names, exports, and its code. */
const IN_MODULE = {
  struct: 0,
  kallsyms: 0x200,
  symtab: 0x400,
  typetab: 0x800,
  strtab: 0x900,
  syms: 0xe00,
  text: 0x1000,
};
const TEXT_BYTES = 0x1000;
const SYM = 24;

export interface ModulePlan {
  readonly name: string;
  readonly state?: number;
  /** Name, letter, and offset in the module's code. */
  readonly symbols?: readonly (readonly [name: string, type: string, at: number])[];
  /** Which of them are exported. */
  readonly exported?: readonly string[];
  /** What num_symtab says, if not the truth. */
  readonly count?: number;
  /** Where the first symbol's name is, if not where it is. */
  readonly nameAt?: number;
  /** Whether it has a symbol table at all. */
  readonly table?: boolean;
  /** How much of the part with its tables is its own, as it says; bytes. */
  readonly head?: number;
}

/** The types of modules as since 6.4 (`mem`), or as before (`core_layout`); letters of symbols are kept since 5.2. */
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
  btf.struct('module', 256, [
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

/** A made-up kernel with modules, the first one at the head of its list. */
export class BuiltModules {
  readonly built: BuiltTypedKernel;

  constructor(plans: readonly ModulePlan[], old = false, letters = true) {
    this.built = new BuiltTypedKernel(moduleTypes(old, letters), { modules: LIST });
    plans.forEach((plan, i) => {
      this.#write(i, plan);
    });
    this.built.linkList(LIST, ...plans.map((_, i) => MODULES + i * MODULE_BYTES + 8));
  }

  /** Virtual address of a place in a module's code. */
  text(module: number, offset: number): bigint {
    return this.built.at(MODULES + module * MODULE_BYTES + IN_MODULE.text + offset);
  }

  /** Lets a module's place in the list point at nothing, and the last module be out of reach as well, unless told otherwise. */
  breakListBehind(module: number, lastToo = true): void {
    this.built.writeU64(MODULES + module * MODULE_BYTES + 8, 0xffff_9999_0000_0000n);
    if (lastToo) this.built.writeU64(LIST + 8, 0xffff_9999_0000_0000n);
  }

  #write(index: number, plan: ModulePlan): void {
    const { name, state = 0, symbols = [], exported = [], count, nameAt } = plan;
    const base = MODULES + index * MODULE_BYTES;
    const at = (offset: number) => this.built.at(base + offset);
    const text = (offset: number) => at(IN_MODULE.text + offset);
    this.built.write(
      base,
      packed(256, [
        [0, 4, state],
        [80, 8, plan.table === false ? 0 : at(IN_MODULE.kallsyms)],
        [88, 8, at(IN_MODULE.syms)],
        [96, 4, exported.length],
        [112, 8, at(0)],
        [120, 4, plan.head ?? IN_MODULE.text],
        [128, 8, text(0)],
        [136, 4, TEXT_BYTES],
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
