import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { program } from '../.config/rolldown.config.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Data flows from left to right; imports point the other way. */
const ORDER = ['bytes', 'formats', 'kernel', 'pages', 'report', 'cli'];
/** Packages, and the one folder that may import each. */
const PACKAGES: Record<string, string> = {
  commander: 'cli',
  chalk: 'report',
  'cli-table3': 'report',
  'string-width': 'report',
  hysnappy: 'formats',
  zstddec: 'formats',
};
/** Needed only by some dumps, so the start of the program must not wait for it: loaded only by import(). */
const ON_DEMAND = 'src/formats/kdump/kdump-image.ts';
/** The only files that touch the file system. */
const FILE_SYSTEM = [
  'src/bytes/file-kind.ts',
  'src/bytes/file-source.ts',
  'src/bytes/folder.ts',
  'src/formats/kcore/access.ts',
  'src/formats/kcore/sysfs-vmcoreinfo.ts',
  'src/cli/session/session.ts',
  'src/cli/session/vmcoreinfo-file.ts',
  'src/cli/output/descriptor.ts',
  'src/cli/output/output.ts',
  'src/cli/output/output-file.ts',
  'src/cli/output/output-target.ts',
  'src/cli/output/write.ts',
];

/** Source texts by their paths from the root of the package. */
type Tree = ReadonlyMap<string, string>;

interface Import {
  readonly from: string;
  /** As it is written; null if it is not a literal. */
  readonly specifier: string | null;
  /** Whether nothing of it remains at run time. */
  readonly typeOnly: boolean;
  /** Whether it is loaded only when the program gets there. */
  readonly dynamic: boolean;
}

function importsOf(from: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, typeOnly: boolean, dynamic = false) => {
    const specifier = node && ts.isStringLiteralLike(node) ? node.text : null;
    found.push({ from, specifier, typeOnly, dynamic });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly ?? false);
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && isLoading(node.expression)) add(node.arguments[0], false, true);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(from, text, ts.ScriptTarget.ESNext, true));
  return found;
}

function isLoading(called: ts.Expression): boolean {
  return (
    called.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(called) && called.text === 'require')
  );
}

/** Files of src itself. They import nothing, and everything may import them. */
const GROUND = ['absence', 'errors', 'hex', 'machine'];

/** The folder below src, 'errors' for src/errors.ts, 'bin' for what is in bin. */
function folderOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  return top === 'bin' ? 'bin' : posix.basename(second, '.ts');
}

/** What is wrong with one import, or undefined. */
function breachOf({ from, specifier, typeOnly }: Import, tree: Tree): string | undefined {
  if (specifier === null) return 'is not a literal';
  const here = folderOf(from);
  if (!specifier.startsWith('.')) return packageBreach(from, here, specifier);
  const path = posix.join(posix.dirname(from), specifier);
  if (!tree.has(path)) return 'is not a file';
  const there = folderOf(path);
  if (here === 'bin') return there === 'cli' || there === here ? undefined : 'is not cli';
  if (GROUND.includes(here) || !ORDER.includes(here)) return 'is forbidden here';
  if (GROUND.includes(there) || there === here) return undefined;
  if (!ORDER.includes(there)) return 'is outside the order';
  if (ORDER.indexOf(there) > ORDER.indexOf(here)) return 'points to the right';
  return here === 'report' && !typeOnly ? 'takes more than types' : undefined;
}

function packageBreach(from: string, here: string, specifier: string): string | undefined {
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith('node:')) return 'lacks its node:';
    const fileSystem = /^node:fs(\/|$)/.test(specifier);
    return fileSystem && !FILE_SYSTEM.includes(from) ? 'touches the file system' : undefined;
  }
  return PACKAGES[specifier] === here ? undefined : 'is a package for elsewhere';
}

/** What each file imports, or each folder. */
type Graph = ReadonlyMap<string, ReadonlySet<string>>;

function graphOf(imports: readonly Import[], nodeOf: (path: string) => string = (path) => path): Graph {
  const graph = new Map<string, Set<string>>();
  for (const { from, specifier } of imports) {
    if (!specifier?.startsWith('.')) continue;
    const here = nodeOf(from);
    const there = nodeOf(posix.join(posix.dirname(from), specifier));
    if (!graph.has(here)) graph.set(here, new Set());
    // A file that imports itself is a cycle; files of one folder may import each other.
    if (here !== there || here === from) graph.get(here)?.add(there);
  }
  return graph;
}

/** A cycle of imports, including imports of types, or undefined. */
function cycleIn(graph: Graph): string | undefined {
  const done = new Set<string>();
  const walk = (node: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node].join(' > ');
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const found = walk(next, [...trail, node]);
      if (found) return found;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const found = walk(node, []);
    if (found) return found;
  }
  return undefined;
}

/** All files that are loaded with one: its static imports, and theirs. */
function loadedWith(path: string, tree: Tree, loaded = new Set<string>()): Set<string> {
  if (loaded.has(path)) return loaded;
  loaded.add(path);
  for (const { specifier, typeOnly, dynamic } of importsOf(path, tree.get(path) ?? '')) {
    if (typeOnly || dynamic || !specifier?.startsWith('.')) continue;
    loadedWith(posix.join(posix.dirname(path), specifier), tree, loaded);
  }
  return loaded;
}

/** Every breach of the order, as a sentence. */
function breachesIn(tree: Tree): string[] {
  const imports = [...tree].flatMap(([path, text]) => (path.endsWith('.ts') ? importsOf(path, text) : []));
  const breaches = imports.flatMap((found) => {
    const breach = breachOf(found, tree);
    return breach ? [`${found.from}: ${found.specifier} ${breach}`] : [];
  });
  const cycles = [cycleIn(graphOf(imports)), cycleIn(graphOf(imports, posix.dirname))];
  return [...breaches, ...cycles.flatMap((cycle) => (cycle ? [`cycle: ${cycle}`] : []))];
}

function treeOf(...folders: readonly string[]): Map<string, string> {
  const files = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    ),
  );
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(ROOT.length), readFileSync(path, 'utf8')];
    }),
  );
}

describe('the imports of the program', () => {
  const tree = treeOf('src', 'bin');

  it('are found: there are some from every folder', () => {
    const folders = new Set([...tree.keys()].filter((path) => path.endsWith('.ts')).map(folderOf));
    expect([...folders].sort()).toEqual([...ORDER, 'bin', ...GROUND].sort());
    const main = importsOf('src/cli/program.ts', tree.get('src/cli/program.ts') ?? '');
    expect(main.map(({ specifier }) => specifier)).toContain('commander');
    const declared = importsOf(
      'src/cli/declarations/pages.ts',
      tree.get('src/cli/declarations/pages.ts') ?? '',
    );
    expect(declared.map(({ specifier }) => specifier)).toContain('../commands/pages.ts');
  });

  it('follow the order of the folders, without cycles', () => {
    expect(breachesIn(tree)).toEqual([]);
  });

  it('load the codecs of compressed dumps, and the commands, only if needed', () => {
    const start = loadedWith('bin/kdump-inspect.ts', tree);
    expect([...start]).toContain('src/cli/program.ts');
    expect([...start]).toContain('src/cli/declarations/pages.ts');
    expect(
      [...start].filter((path) => /^src\/(cli\/(commands|session)|formats|kernel)\//.test(path)),
    ).toEqual([]);
    const command = new Set([
      ...loadedWith('src/cli/command/run-command.ts', tree),
      ...loadedWith('src/cli/commands/pages.ts', tree),
    ]);
    expect([...command]).toContain('src/formats/open.ts');
    expect([...command]).not.toContain(ON_DEMAND);
    expect([...loadedWith(ON_DEMAND, tree)]).toContain('src/formats/kdump/codecs.ts');
  });
});

describe('the map of the code, src/README.md', () => {
  const map = readFileSync(join(ROOT, 'src/README.md'), 'utf8');
  const listed = Array.from(map.matchAll(/^\| `([a-z/-]+)` \|/gm), ([, folder = '']) => `src/${folder}`);
  const tree = treeOf('src');

  it('lists every folder, and no other', () => {
    const folders = new Set([...tree.keys()].map((path) => posix.dirname(path)));
    folders.delete('src');
    // A folder of folders has no files of its own.
    for (const folder of [...folders]) folders.add(posix.join('src', folder.split('/')[1] ?? ''));
    expect([...listed].sort()).toEqual([...folders].sort());
  });

  it('lists the folders of kernel and pages after those that they import from', () => {
    const imports = [...tree].flatMap(([path, text]) => (path.endsWith('.ts') ? importsOf(path, text) : []));
    const wrong = [...graphOf(imports, posix.dirname)].flatMap(([here, there]) =>
      [...there]
        .filter((folder) => /^src\/(kernel|pages)\//.test(folder) && /^src\/(kernel|pages)\//.test(here))
        .filter((folder) => listed.indexOf(folder) > listed.indexOf(here))
        .map((folder) => `${here} imports ${folder}`),
    );
    expect(wrong).toEqual([]);
  });

  it('names only files that exist', () => {
    const paths = Array.from(
      map.matchAll(/`((?:[a-z-]+\/)+[a-z-]+\.(?:test\.)?ts)`/g),
      ([, path = '']) => path,
    );
    expect(paths.length).toBeGreaterThan(30);
    expect(
      paths.filter((path) => !existsSync(join(ROOT, path.startsWith('test/') ? '' : 'src', path))),
    ).toEqual([]);
  });
});

describe('the check of the imports', () => {
  const GOOD: readonly [string, string][] = [
    ['bin/x.ts', "import { main } from '../src/cli/main.ts';"],
    ['src/errors.ts', 'export class E {}'],
    ['src/bytes/file-source.ts', "import { openSync } from 'node:fs'; import { E } from '../errors.ts';"],
    ['src/pages/census.ts', "import { openSync } from '../bytes/file-source.ts';"],
    ['src/report/table.ts', "import Table from 'cli-table3'; import type { C } from '../pages/census.ts';"],
    ['src/cli/main.ts', "import { Command } from 'commander'; await import('../report/table.ts');"],
  ];

  it('finds nothing in a good tree', () => {
    expect(breachesIn(new Map(GOOD))).toEqual([]);
  });

  it.each([
    ['src/pages/a.ts', "import { t } from '../report/table.ts';", '../report/table.ts points to the right'],
    ['src/bytes/a.ts', "export * from '../pages/census.ts';", '../pages/census.ts points to the right'],
    ['src/bytes/a.ts', "type C = import('../pages/census.ts').C;", '../pages/census.ts points to the right'],
    ['src/kernel/a.ts', "await import('../cli/main.ts');", '../cli/main.ts points to the right'],
    [
      'src/report/a.ts',
      "import { c } from '../pages/census.ts';",
      '../pages/census.ts takes more than types',
    ],
    [
      'src/report/a.ts',
      "import { type C } from '../pages/census.ts';",
      '../pages/census.ts takes more than types',
    ],
    ['src/report/a.ts', "import '../pages/census.ts';", '../pages/census.ts takes more than types'],
    ['src/pages/a.ts', "import { Command } from 'commander';", 'commander is a package for elsewhere'],
    ['src/cli/a.ts', "import chalk from 'chalk';", 'chalk is a package for elsewhere'],
    ['src/cli/a.ts', "import Table from 'cli-table3';", 'cli-table3 is a package for elsewhere'],
    ['src/bytes/a.ts', "import _ from 'lodash';", 'lodash is a package for elsewhere'],
    ['src/cli/a.ts', "import fs from 'node:fs/promises';", 'node:fs/promises touches the file system'],
    ['src/bytes/a.ts', "const fs = require('node:fs');", 'node:fs touches the file system'],
    ['src/bytes/file-source.ts', "import { openSync } from 'fs';", 'fs lacks its node:'],
    ['src/pages/a.ts', "import { x } from './census';", './census is not a file'],
    ['src/pages/a.ts', "import { x } from '../../test/x.ts';", '../../test/x.ts is not a file'],
    ['src/cli/a.ts', 'await import(name);', 'null is not a literal'],
    [
      'src/errors.ts',
      "import { x } from './bytes/file-source.ts';",
      './bytes/file-source.ts is forbidden here',
    ],
    [
      'src/main.ts',
      "import { x } from './bytes/file-source.ts';",
      './bytes/file-source.ts is forbidden here',
    ],
    ['bin/x.ts', "import { t } from '../src/report/table.ts';", '../src/report/table.ts is not cli'],
  ])('finds the breach: in %s, %s', (path, text, breach) => {
    expect(breachesIn(new Map([...GOOD, [path, text]]))).toContain(`${path}: ${breach}`);
  });

  it('finds a cycle of folders, though no file is in one', () => {
    const circle: [string, string][] = [
      ['src/pages/x/a.ts', "import { b } from '../y/b.ts';"],
      ['src/pages/y/b.ts', ''],
      ['src/pages/y/c.ts', "import { d } from '../x/d.ts';"],
      ['src/pages/x/d.ts', ''],
    ];
    expect(breachesIn(new Map([...GOOD, ...circle]))).toEqual([
      'cycle: src/pages/x > src/pages/y > src/pages/x',
    ]);
  });

  it('finds a cycle, also of types', () => {
    const circle: [string, string][] = [
      ['src/pages/a.ts', "import { b } from './b.ts';"],
      ['src/pages/b.ts', "import type { C } from './c.ts';"],
      ['src/pages/c.ts', "import { a } from './a.ts';"],
    ];
    expect(breachesIn(new Map([...GOOD, ...circle]))).toEqual([
      'cycle: src/pages/a.ts > src/pages/b.ts > src/pages/c.ts > src/pages/a.ts',
    ]);
  });
});

/** Calls that spread an array of any length into arguments, of which some 120,000 overflow V8's stack. */
function spreadCallsIn(path: string, text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.arguments.some(ts.isSpreadElement)) {
      const name = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : '';
      if (VARIADIC.includes(name)) found.push(`${path}: ${node.getText()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true));
  return found;
}

/** What takes any number of arguments and is called with the elements of arrays. */
const VARIADIC = ['push', 'unshift', 'splice', 'concat', 'max', 'min', 'hypot', 'fromCharCode', 'of'];

describe('the calls of the program', () => {
  it('have only the arguments that are written out, however long an array is', () => {
    expect([...treeOf('src', 'bin')].flatMap(([path, text]) => spreadCallsIn(path, text))).toEqual([]);
  });

  it.each(['a.push(...b)', 'Math.max(0, ...b)', 'String.fromCharCode(...b)'])('%s is found', (call) => {
    expect(spreadCallsIn('x.ts', `const x = ${call};`)).toEqual([`x.ts: ${call}`]);
  });
});

/** Casts that compile whatever the operand is, and comments that switch off the compiler or the linter. */
function switchedOffIn(path: string, text: string): string[] {
  const ignored = text.match(/@ts-(?:ignore|nocheck|expect-error)|biome-ignore/g) ?? [];
  const found = ignored.map((comment) => `${path}: ${comment}`);
  const visit = (node: ts.Node): void => {
    const isCast = ts.isAsExpression(node) || ts.isTypeAssertionExpression(node);
    if (isCast && ANYTHING.has(node.type.kind)) found.push(`${path}: ${node.type.getText()}`);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true));
  return found;
}

const ANYTHING: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.UnknownKeyword,
  ts.SyntaxKind.AnyKeyword,
  ts.SyntaxKind.NeverKeyword,
]);

/** Exported names of the source, each with the files that declare it. */
function exportedNames(tree: Tree): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  const declared =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|interface|type|enum) (\w+)/gm;
  for (const [path, text] of tree) {
    for (const [, name = ''] of text.matchAll(declared)) {
      if (!names.has(name)) names.set(name, new Set());
      names.get(name)?.add(path);
    }
  }
  return names;
}

describe('an exported name', () => {
  /** What the code of every command exports, and commands, which are called as on the command line. */
  const isCommand = (path: string) => /^src\/cli\/(commands|declarations)\//.test(path);

  it('stands for one thing', () => {
    const shared = [...exportedNames(treeOf('src'))].flatMap(([name, paths]) => {
      const others = [...paths].filter((path) => !isCommand(path));
      return others.length > 1 ? [`${name}: ${others.join(', ')}`] : [];
    });
    expect(shared).toEqual([]);
  });
});

describe('the type checks of the program', () => {
  it('are never switched off', () => {
    expect([...treeOf('src', 'bin')].flatMap(([path, text]) => switchedOffIn(path, text))).toEqual([]);
  });

  it.each([
    ['y as unknown as string', 'unknown'],
    ['y as never', 'never'],
    ['<any>y', 'any'],
    ['y; // @ts-ignore', '@ts-ignore'],
  ])('%s is found', (code, found) => {
    expect(switchedOffIn('x.ts', `const x = ${code};`)).toEqual([`x.ts: ${found}`]);
  });
});

describe('the package', () => {
  const text = (path: string) => readFileSync(join(ROOT, path), 'utf8');
  const manifest = JSON.parse(text('package.json'));
  const { input, output, transform } = program;

  it('has a command that the build makes of a file that is there', () => {
    const source = Object.entries(input).find(([name]) => manifest.bin[name] === `${output.dir}/${name}.js`);
    expect(Object.keys(manifest.bin)).toEqual(['kdump-inspect']);
    expect(text(source?.[1] ?? '').startsWith('#!/usr/bin/env node\n')).toBe(true);
  });

  it('is built for the oldest Node.js that it asks for, as CommonJS, which starts sooner', () => {
    expect(manifest.engines).toEqual({ node: `^${transform.target.slice('node'.length)} || >=22.12` });
    expect(manifest.type).toBe('module');
    expect(output.format).toBe('cjs');
    expect(JSON.parse(text('dist/package.json'))).toEqual({ type: 'commonjs' });
  });

  it('ships what the build makes, and existing files', () => {
    expect(manifest.files).toContain('dist');
    const others = manifest.files.filter((name: string) => name !== 'dist');
    expect(others.filter((name: string) => !existsSync(join(ROOT, name)))).toEqual([]);
    expect(manifest.exports['./schemas/*']).toBe('./dist/schemas/*');
    for (const name of readdirSync(join(ROOT, 'src/report/schemas')))
      expect(text(`dist/schemas/${name}`)).toBe(text(`src/report/schemas/${name}`));
    expect(manifest.man.map((path: string) => existsSync(join(ROOT, path)))).toEqual([true]);
  });

  it('is built with the packages that the program imports', () => {
    expect(Object.keys(manifest.devDependencies)).toEqual(expect.arrayContaining(Object.keys(PACKAGES)));
  });
});
