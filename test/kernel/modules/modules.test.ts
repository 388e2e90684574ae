import { describe, expect, test } from 'vitest';
import { readModules } from '../../../src/kernel/modules/module-list.ts';
import type { Module } from '../../../src/kernel/modules/module-reader.ts';
import { readModuleSymbols } from '../../../src/kernel/modules/module-symbols.ts';
import { ModuleSymbols } from '../../../src/kernel/modules/symbol-map.ts';
import { Symbolizer } from '../../../src/kernel/symbols/symbolizer.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltModules, type ModulePlan } from '../../builders/modules.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

const EXT4: ModulePlan = {
  name: 'ext4',
  symbols: [
    ['ext4_write', 't', 0x200],
    ['', 't', 0x300],
    ['ext4_read', 't', 0x100],
    ['alias_of_read', 't', 0x100],
    ['ext4_mount', 'T', 0x400],
  ],
  exported: ['ext4_mount'],
};
const XFS: ModulePlan = { name: 'xfs', symbols: [['xfs_read', 't', 0x40]] };

describe.each([
  ['since 6.4', false],
  ['before 6.4', true],
])('modules %s', (_, old) => {
  const modules = new BuiltModules([EXT4, XFS], { old });
  const { typed } = modules.built;

  test('are listed as the kernel has them, with their memory', () => {
    const { modules: list, problems, whole } = readModules(typed);
    expect({ problems, whole }).toEqual({ problems: [], whole: true });
    expect(list.map((m) => [m.name, m.state, m.size])).toEqual([
      ['ext4', 'MODULE_STATE_LIVE', 0x2000],
      ['xfs', 'MODULE_STATE_LIVE', 0x2000],
    ]);
    expect(list[0]?.ranges.at(-1)).toEqual({ start: modules.text(0, 0), end: modules.text(0, 0x1000) });
  });

  test('have their named symbols, exported ones with an upper-case type', () => {
    const symbols = [...new ModuleSymbols(typed)];
    expect(symbols.map((s) => [s.type, s.name, s.address - modules.text(0, 0), s.module])).toEqual([
      ['t', 'ext4_write', 0x200n, 'ext4'],
      ['t', 'ext4_read', 0x100n, 'ext4'],
      ['t', 'alias_of_read', 0x100n, 'ext4'],
      ['T', 'ext4_mount', 0x400n, 'ext4'],
      ['t', 'xfs_read', 0x4040n, 'xfs'],
    ]);
  });

  test('have each address in the symbol before it, up to the next symbol or the end of the memory', () => {
    const symbols = new ModuleSymbols(typed);
    const named = (module: number, offset: number) => {
      const found = symbols.locate(modules.text(module, offset));
      return found && [found.symbol.name, found.offset, found.size, found.module];
    };
    expect(named(0, 0x10f)).toEqual(['ext4_read', 0xfn, 0x100n, 'ext4']);
    expect(named(0, 0xfff)).toEqual(['ext4_mount', 0xbffn, 0xc00n, 'ext4']);
    expect(named(1, 0x40)).toEqual(['xfs_read', 0n, 0xfc0n, 'xfs']);
    expect(named(0, 0x40)).toBeUndefined();
    expect(symbols.locate(modules.text(0, 0x1000))).toBeUndefined();
  });
});

describe('modules in a damaged or changing list', () => {
  test('are left out while they are unformed', () => {
    const { typed } = new BuiltModules([
      { ...EXT4, state: 3 },
      { ...XFS, state: 2 },
    ]).built;
    expect(readModules(typed).modules.map((m) => [m.name, m.state])).toEqual([['xfs', 'MODULE_STATE_GOING']]);
  });

  test('are the ones before a break in the list', () => {
    const modules = new BuiltModules([EXT4, XFS]);
    modules.breakListAfter(0);
    const symbols = new ModuleSymbols(modules.built.typed);
    expect(symbols.modules.map(({ module }) => module.name)).toEqual(['ext4']);
    expect(symbols.warnings[0]).toContain('the list of modules is broken');
  });

  test('are the ones on both sides of a break in the list, if its other end leads to them', () => {
    const modules = new BuiltModules([EXT4, XFS]);
    modules.breakListAfter(0, false);
    const symbols = new ModuleSymbols(modules.built.typed);
    expect(symbols.modules.map(({ module }) => module.name)).toEqual(['ext4', 'xfs']);
    expect(symbols.warnings[0]).toContain('the list of modules is broken');
  });

  test.each([
    ['outside the module area', 0x8000_0000],
    ['past the end of all module memory so far', 0x10_0000],
  ])('have no known size if their memory ends %s', (_, textBytes) => {
    const { typed } = new BuiltModules([EXT4, { ...XFS, textBytes }], { tree: 0 }).built;
    const { modules, problems, whole } = readModules(typed);
    expect(modules.map(({ name, size }) => [name, size])).toEqual([
      ['ext4', 0x2000],
      ['xfs', null],
    ]);
    expect(whole).toBe(false);
    expect(problems).toEqual([expect.stringMatching(/^module xfs has memory from 0x.* to 0x.*, outside/)]);
  });

  test('have no known size if their memory overlaps', () => {
    const { typed } = new BuiltModules([{ ...EXT4, textBytes: 0x3001 }, XFS]).built;
    const { modules, problems, whole } = readModules(typed);
    expect(modules.map(({ size }) => size)).toEqual([null, null]);
    expect(problems).toEqual(['the memory of module ext4 overlaps that of xfs']);
    expect(whole).toBe(false);
  });

  test('are reported when they are in an unknown state', () => {
    const { modules, problems, whole } = readModules(new BuiltModules([{ ...EXT4, state: 9 }]).built.typed);
    expect(modules.map(({ state }) => state)).toEqual(['9']);
    expect(problems).toEqual(['module ext4 is in the unknown state 9']);
    expect(whole).toBe(false);
  });

  test('are left out if they have no memory, unless the tree of modules has them', () => {
    const plans = [{ ...EXT4, head: 0 }, XFS];
    for (const [tree, names] of [
      [undefined, ['xfs']],
      [0, ['ext4', 'xfs']],
    ] as const) {
      const { modules, problems, whole } = readModules(new BuiltModules(plans, { tree }).built.typed);
      expect(modules.map(({ name }) => name)).toEqual(names);
      expect(problems).toEqual([
        expect.stringMatching(/^module ext4 has no memory at 0x.*, where its structure is$/),
      ]);
      expect(whole).toBe(false);
    }
  });

  test.each([
    ['claims more symbols than all modules have', { count: 2 ** 31 }, 'num_symtab is 2147483648'],
    ['has a name past its memory', { nameAt: 2 ** 31 }, 'a name is at offset 2147483648'],
  ])('lose the symbols of a module that %s, and no others', (_, lie, reason) => {
    const symbols = new ModuleSymbols(new BuiltModules([{ ...EXT4, ...lie }, XFS]).built.typed);
    expect([...symbols].map((s) => s.name)).toEqual(['xfs_read']);
    expect(symbols.warnings).toHaveLength(1);
    expect(symbols.warnings[0]).toContain(`ext4: the symbol table of module ext4: ${reason}`);
  });

  test('have no more symbols than the limit for all modules', () => {
    const typed = new BuiltModules([EXT4, XFS]).built.typed;
    const [ext4, xfs] = readModules(typed).modules as [Module, Module];
    const budget = { symbols: 50, characters: 1000 };
    const read = readModuleSymbols(typed, ext4, budget);
    expect(read.length).toBeGreaterThan(0);
    expect(budget.symbols).toBe(50 - read.length);
    const left = { symbols: 0, characters: 1000 };
    expect(failureOf(() => readModuleSymbols(typed, xfs, left)).kind).toBe('corrupt');
    const { message } = failureOf(() => readModuleSymbols(typed, xfs, { symbols: 100, characters: 3 }));
    expect(message).toMatch(
      /the symbol table of module xfs: the names of all modules exceed \d+ characters$/,
    );
  });

  test.each([
    ['no symbol table', { table: false }],
    ['no symbols', { symbols: [], exported: [] }],
  ])('may have %s, which is not a fault', (_, plan) => {
    const symbols = new ModuleSymbols(new BuiltModules([{ ...EXT4, ...plan }, XFS]).built.typed);
    expect([...symbols].map((s) => s.name)).toEqual(['xfs_read']);
    expect(symbols.warnings).toEqual([]);
  });

  test('have symbols of unknown type before 5.2, which has no typetab', () => {
    const symbols = new ModuleSymbols(new BuiltModules([XFS], { old: true, letters: false }).built.typed);
    expect([...symbols].map((s) => [s.type, s.name])).toEqual([['?', 'xfs_read']]);
  });

  // The names begin at 0x900: an empty one, then xfs_read.
  test.each([
    ["lie outside the module's memory", 0x800, 'xfs_read'],
    ['end before a name does', 0x900 + 1 + 3, 'xfs'],
  ])('have names that are read as far as they go if the strings %s', (_, head, name) => {
    const symbols = new ModuleSymbols(new BuiltModules([{ ...XFS, head }]).built.typed);
    expect([...symbols].map((s) => s.name)).toEqual([name]);
  });

  test('are absent from a kernel without CONFIG_MODULES', () => {
    const { typed } = new BuiltTypedKernel(null);
    expect(readModules(typed)).toEqual({ modules: [], problems: [], whole: true });
  });

  test('do not affect the symbols of a kernel without BTF', () => {
    const { typed } = new BuiltTypedKernel(null, { modules: 0x100 });
    const symbols = new Symbolizer(typed);
    expect([...symbols].map((s) => s.name)).toContain('_stext');
    expect(symbols.modules).toBeNull();
    expect(symbols.modulesError?.kind).toBe('missingInfo');
  });
});

describe('the tree of modules', () => {
  const THIRD: ModulePlan = { name: 'third' };
  const namesOf = ({ typed }: BuiltTypedKernel) => readModules(typed).modules.map(({ name }) => name);

  test.each([0, 1] as const)('has the same modules as the list, in the copy that readers use: %d', (tree) => {
    const { modules, ...rest } = readModules(new BuiltModules([EXT4, XFS, THIRD], { tree }).built.typed);
    expect(modules.map(({ name }) => name)).toEqual(['ext4', 'xfs', 'third']);
    expect(rest).toEqual({ problems: [], whole: true });
  });

  test('has the rest if the list is cut at both ends', () => {
    const modules = new BuiltModules([EXT4, XFS, THIRD], { tree: 0 });
    modules.breakListAfter(0);
    expect(namesOf(modules.built)).toEqual(['ext4', 'xfs', 'third']);
    const { problems, whole } = readModules(modules.built.typed);
    expect(whole).toBe(true);
    expect(problems).toEqual([
      expect.stringMatching(/^the list of modules is broken at /),
      'in the tree of modules but not in their list: xfs, third',
    ]);
  });

  test('has a module that was taken out of the list', () => {
    const { built } = new BuiltModules([EXT4, { ...XFS, listed: false }], { tree: 0 });
    expect(namesOf(built)).toEqual(['ext4', 'xfs']);
    expect(readModules(built.typed).problems).toEqual(['in the tree of modules but not in their list: xfs']);
  });

  test('makes a module that only the list has doubtful', () => {
    const { built } = new BuiltModules([EXT4, { ...XFS, inTree: false }], { tree: 0 });
    expect(namesOf(built)).toEqual(['ext4', 'xfs']);
    const { problems, whole } = readModules(built.typed);
    expect(problems).toEqual(['in the list of modules but not in their tree: xfs']);
    expect(whole).toBe(false);
  });

  test('lacks a module that is being unloaded or was only just put into the list', () => {
    const { built } = new BuiltModules([EXT4, { ...XFS, state: 3, inTree: false }], { tree: 0 });
    expect(readModules(built.typed)).toMatchObject({ modules: [{ name: 'ext4' }], problems: [] });
  });

  test('loses nothing when it is broken but the list is whole', () => {
    const modules = new BuiltModules([EXT4, XFS], { tree: 1 });
    modules.renameTreeNode(1, modules.at(0));
    const { problems, whole } = readModules(modules.built.typed);
    expect(problems).toEqual([
      expect.stringMatching(/^the tree of modules is broken at .* but is not part of it$/),
    ]);
    expect(whole).toBe(true);
  });

  test('may be cut like the list', () => {
    const modules = new BuiltModules([EXT4, XFS, THIRD], { tree: 0 });
    modules.breakListAfter(0);
    modules.renameTreeNode(1, 0n);
    expect(namesOf(modules.built)).toEqual(['ext4', 'third']);
    expect(readModules(modules.built.typed).whole).toBe(false);
  });
});
