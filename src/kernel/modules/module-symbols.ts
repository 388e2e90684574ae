import { latin1, toNul, u32At, u64At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import type { KernelSymbol } from '../kallsyms/kallsyms.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { exportedSymbols } from './exported-symbols.ts';
import type { Module } from './module-reader.ts';

/** Elf64_Sym, as the ELF specification defines it. */
const SYM = { size: 24, name: 0, value: 8 } as const;
const STRINGS_LIMIT = 16 << 20;
/** KSYM_NAME_LEN is 512 since 6.1 (b8a94bfb3395), 128 before. */
const LONGEST_NAME = 512;

/** How many symbols of all modules together are kept. */
export interface SymbolBudget {
  symbols: number;
  /** Characters of their names. */
  characters: number;
}

/** The largest modules have some 20,000 symbols with names of some 20 characters. */
export const SYMBOLS_LIMIT: Readonly<SymbolBudget> = { symbols: 1 << 19, characters: 1 << 25 };

/** A symbol of a module. */
export interface ModuleSymbol extends KernelSymbol {
  readonly module: string;
}

/**
 * Returns a module's symbols as /proc/kallsyms shows them: the named ones in the order of its table, with an
 * upper-case type for exported ones (kernel/module/kallsyms.c, module_get_kallsym).
 * @param budget what this module's symbols are subtracted from
 * @throws InspectError notMapped or notStored; corrupt, also if the module claims more than the budget has
 * left
 */
export function readModuleSymbols(
  typed: TypedKernel,
  module: Module,
  budget: SymbolBudget = { ...SYMBOLS_LIMIT },
): ModuleSymbol[] {
  if (module.kallsyms === 0n) return [];
  if (module.kallsyms === null)
    throw new InspectError('corrupt', 'its kallsyms is neither its own core_kallsyms nor in its init memory');
  const { space } = typed;
  const table = typed.read('mod_kallsyms', module.kallsyms, 'symtab', 'num_symtab', 'strtab', 'typetab?');
  const count = table.number('num_symtab');
  if (count > budget.symbols)
    throw corruptTable(
      module,
      `num_symtab is ${count}, but all modules together have at most ${SYMBOLS_LIMIT.symbols}`,
    );
  if (count === 0) return [];
  const symtab = space.bytes(table.big('symtab'), count * SYM.size);
  const types = table.has('typetab') ? space.bytes(table.big('typetab'), count) : null;
  const strings = readStrings(typed, module, table.big('strtab'), symtab);
  const exported = exportedSymbols(typed, module);
  const symbols: ModuleSymbol[] = [];
  for (let i = 0; i < count; i++) {
    const name = nameAt(strings, u32At(symtab, i * SYM.size + SYM.name));
    if (name === '') continue;
    budget.symbols--;
    budget.characters -= name.length;
    if (budget.characters < 0)
      throw corruptTable(module, `the names of all modules exceed ${SYMBOLS_LIMIT.characters} characters`);
    const address = u64At(symtab, i * SYM.size + SYM.value);
    const letter = types === null ? '?' : String.fromCharCode(types[i] as number);
    const type = exported.get(name) === address ? letter.toUpperCase() : letter.toLowerCase();
    symbols.push({ name, type, address, module: module.name });
  }
  return symbols;
}

/** The string table has no length: it ends after the last name, within the range that it lies in. */
function readStrings(typed: TypedKernel, module: Module, strtab: bigint, symtab: Uint8Array): Uint8Array {
  let last = 0;
  for (let at = SYM.name; at < symtab.length; at += SYM.size) last = Math.max(last, u32At(symtab, at));
  const range = module.ranges.find(({ start, end }) => strtab >= start && strtab < end);
  const wanted = last + LONGEST_NAME;
  const length = range ? Math.min(wanted, Number(range.end - strtab)) : wanted;
  if (last >= length || length > STRINGS_LIMIT) {
    throw corruptTable(module, `a name is at offset ${last}, but there are only ${length} bytes of names`);
  }
  return typed.space.bytes(strtab, length);
}

function nameAt(strings: Uint8Array, at: number): string {
  return latin1(toNul(strings.subarray(at, at + LONGEST_NAME)));
}

function corruptTable(module: Module, what: string): InspectError {
  return new InspectError('corrupt', `the symbol table of module ${module.name}: ${what}`, {
    address: module.kallsyms ?? 0n,
  });
}
