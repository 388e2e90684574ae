import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { fact } from '../evidence/fact.ts';
import { Sentences } from '../evidence/sentences.ts';
import { isCut, type WalkedList, walkList } from '../objects/list.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { hasNoModules, moduleListHead } from './module-names.ts';
import { type Module, ModuleReader } from './module-reader.ts';
import { type ModuleTree, readModuleTree } from './module-tree.ts';

/** All modules, and where their list, their tree and their own structures disagree. */
export interface Modules {
  readonly modules: readonly Module[];
  /** Sentences. */
  readonly problems: readonly string[];
  /** Whether these are all modules, and nothing in them is contradicted. */
  readonly whole: boolean;
}

/** More than any machine loads: a distribution has some 5,000 in all. */
const MODULES_LIMIT = 1 << 14;
/**
 * A running kernel may load a module between the two reads: then list and tree are read again, up to this
 * often.
 */
const LIVE_ATTEMPTS = 3;

/**
 * Returns the modules in the order of the kernel's list, newest first, then the ones that are only in its
 * tree. A kernel without CONFIG_MODULES has none.
 * @throws InspectError missingInfo if the kernel has no BTF; notMapped or notStored if the list's head cannot
 * be read
 */
export function readModules(typed: TypedKernel): Modules {
  const head = moduleListHead(typed);
  if (head === undefined || (typed.hasNoTypes && hasNoModules(typed)))
    return { modules: [], problems: [], whole: true };
  let found = findModules(typed, head);
  for (let i = 1; i < LIVE_ATTEMPTS && typed.space.live && found.problems.length > 0; i++)
    found = findModules(typed, head);
  return found;
}

function findModules(typed: TypedKernel, head: bigint): Modules {
  const node = BigInt(typed.types.struct('module').offsetOf('list'));
  const tree = fact(() => readModuleTree(typed));
  const known = 'value' in tree ? tree.value : null;
  const listed = walkList(typed.space, head, MODULES_LIMIT);
  const collector = new Collector(new ModuleReader(typed, known?.bounds), known);
  if ('missing' in tree && tree.kind !== 'missingInfo')
    collector.note(`the tree of modules cannot be read: ${tree.missing}`);
  const inList = listed.nodes.map((at) => at - node);
  for (const address of inList) collector.add(address);
  collector.compare(listed, new Set(inList));
  return collector.result();
}

class Collector {
  readonly #reader: ModuleReader;
  readonly #tree: ModuleTree | null;
  readonly #modules: Module[] = [];
  readonly #problems = new Sentences();
  #whole = true;

  constructor(reader: ModuleReader, tree: ModuleTree | null) {
    this.#reader = reader;
    this.#tree = tree;
  }

  /** Notes a problem that loses nothing. */
  note(sentence: string): void {
    this.#problems.push(sentence);
  }

  /** Notes a problem that makes the result doubtful. */
  #lose(sentence: string): void {
    this.#whole = false;
    this.note(sentence);
  }

  /** Reads a module and keeps it if it is valid. */
  add(address: bigint): Module | undefined {
    try {
      const { module, wrong, inPlace, formed } = this.#reader.read(address);
      if (!formed) return undefined;
      for (const sentence of wrong) this.#lose(sentence);
      if (!inPlace && !this.#tree?.modules.has(address)) return undefined;
      this.#modules.push(module);
      return module;
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      this.#lose(`the module at ${hex(address)} cannot be read: ${error.message}`);
      return undefined;
    }
  }

  /**
   * Compares list and tree, which should have the same modules. Modules only in the tree are added, so a
   * whole tree makes up for a broken list.
   */
  compare({ broken }: WalkedList, inList: ReadonlySet<bigint>): void {
    const tree = this.#tree;
    const wholeTree = tree !== null && tree.broken === null;
    if (broken) {
      const sentence = `the list of modules is broken at ${hex(broken.address)}: ${broken.reason}`;
      if (isCut(broken) && !wholeTree) this.#lose(sentence);
      else this.note(sentence);
    }
    if (tree?.broken)
      this.note(`the tree of modules is broken at ${hex(tree.broken.address)}: ${tree.broken.reason}`);
    if (tree === null) return;
    const onlyListed = this.#modules.filter(({ address }) => !tree.modules.has(address));
    const others = [...tree.modules].filter((at) => !inList.has(at));
    const left = MODULES_LIMIT - this.#modules.length;
    if (others.length > left) this.#lose(`there are more than ${MODULES_LIMIT} modules`);
    const onlyInTree = others.slice(0, left).flatMap((at) => this.add(at) ?? []);
    if (onlyInTree.length > 0)
      this.note(`in the tree of modules but not in their list: ${namesOf(onlyInTree)}`);
    if (onlyListed.length > 0 && wholeTree) {
      this.#lose(`in the list of modules but not in their tree: ${namesOf(onlyListed)}`);
    }
  }

  result(): Modules {
    const disjoint = this.#withoutOverlaps();
    return { modules: disjoint, problems: this.#problems.list(), whole: this.#whole };
  }

  /** No two modules share memory: if two do, the sizes of both are unknown. */
  #withoutOverlaps(): Module[] {
    const ranges = this.#modules.flatMap((module) => module.ranges.map((range) => ({ module, range })));
    ranges.sort((a, b) => (a.range.start < b.range.start ? -1 : 1));
    const doubtful = new Set<Module>();
    for (let i = 1; i < ranges.length; i++) {
      const [before, after] = [ranges[i - 1], ranges[i]];
      if (!before || !after || before.range.end <= after.range.start) continue;
      for (const { module } of [before, after]) doubtful.add(module);
      this.#lose(`the memory of module ${before.module.name} overlaps that of ${after.module.name}`);
    }
    return this.#modules.map((module) => (doubtful.has(module) ? { ...module, size: null } : module));
  }
}

/** How many modules a sentence names; the rest is counted. */
const MOST_NAMED = 100;

function namesOf(modules: readonly Module[]): string {
  const more = modules.length - MOST_NAMED;
  const named = modules.slice(0, MOST_NAMED).map(({ name }) => name);
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
