import { latin1, toNul, u32At } from '../../bytes/words.ts';
import { hex } from '../../hex.ts';
import { isCut, walkList } from '../objects/list.ts';
import { searchListHead } from '../objects/list-search.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { isInModuleArea } from './module-area.ts';

/** The names of all modules, newest first. */
export interface ModuleNames {
  readonly modules: readonly { readonly name: string }[];
  /** Sentences on what is wrong. */
  readonly problems: readonly string[];
  /** Whether these are all modules. */
  readonly whole: boolean;
}

/**
 * struct module begins with `enum module_state state; struct list_head list; char name[MODULE_NAME_LEN]` in
 * all kernels (include/linux/module.h), unless RANDSTRUCT changed their order.
 */
const LIST = 8n;
const NAME = 24;
const NAME_LENGTH = 56;
const SIZE = NAME + NAME_LENGTH;
/** The upper half of addresses in the module area. */
const MODULES_HIGH = 0xffff_ffff;
const NAMES = /^[A-Za-z0-9_-]+$/;
/** MODULE_STATE_UNFORMED, which the kernel does not show; LIVE, COMING and GOING are 0 to 2. */
const UNFORMED = 3;
const MODULES_LIMIT = 1 << 14;

/**
 * Returns the head of the list of modules: by its symbol, otherwise (KALLSYMS_ALL=n) where a search of the
 * image finds it. Returns undefined for a kernel without modules.
 * @throws InspectError notStored or io if part of the image cannot be searched
 */
export function moduleListHead(typed: TypedKernel): bigint | undefined {
  if (typed.symbols.hasData) return typed.findSymbol('modules');
  return searchListHead(typed, {
    isHigh: (high) => high === MODULES_HIGH,
    isNode: (node) => moduleAt(typed, node) !== undefined,
  });
}

/** Name and state of the module that a node of the list is part of; undefined if it is not. */
function moduleAt(typed: TypedKernel, node: bigint): { name: string; state: number } | undefined {
  const start = node - LIST;
  if (!isInModuleArea({ start, end: start + BigInt(SIZE) })) return undefined;
  const bytes = typed.space.bytes(start, SIZE);
  const [state, name] = [u32At(bytes, 0), latin1(toNul(bytes.subarray(NAME)))];
  const isModule = state <= UNFORMED && name.length < NAME_LENGTH && NAMES.test(name);
  return isModule ? { name, state } : undefined;
}

/**
 * Returns the names of modules without types: each node of the list must be part of what begins like a struct
 * module. Returns undefined if one is not.
 * @throws InspectError notMapped or notStored
 */
export function readModuleNames(typed: TypedKernel): ModuleNames | undefined {
  const head = moduleListHead(typed);
  if (head === undefined) return { modules: [], problems: [], whole: true };
  const { nodes, broken } = walkList(typed.space, head, MODULES_LIMIT);
  const names: string[] = [];
  for (const node of nodes) {
    const module = moduleAt(typed, node);
    if (!module) return undefined;
    if (module.state !== UNFORMED) names.push(module.name);
  }
  const problems = broken
    ? [`the list of modules is broken at ${hex(broken.address)}: ${broken.reason}`]
    : [];
  return { modules: names.map((name) => ({ name })), problems, whole: !isCut(broken) };
}

/** Whether no module is loaded. Needs no types. @throws InspectError notMapped or notStored */
export function hasNoModules(typed: TypedKernel): boolean {
  const head = moduleListHead(typed);
  return head === undefined || (typed.space.u64(head) === head && typed.space.u64(head + 8n) === head);
}
