import { latin1, toNul, u32At } from '../../bytes/words.ts';
import { hex } from '../../hex.ts';
import { isCut, walkList } from '../objects/list.ts';
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
const NAMES = /^[A-Za-z0-9_-]+$/;
/** MODULE_STATE_UNFORMED, which the kernel does not show; LIVE, COMING and GOING are 0 to 2. */
const UNFORMED = 3;
const MODULES_LIMIT = 1 << 14;

/**
 * Returns the names of modules without types: each node of the list must be part of what begins like a struct
 * module. Returns undefined if one is not.
 * @throws InspectError notMapped or notStored
 */
export function readModuleNames(typed: TypedKernel): ModuleNames | undefined {
  const head = typed.findSymbol('modules');
  if (head === undefined) return { modules: [], problems: [], whole: true };
  const { nodes, broken } = walkList(typed.space, head, MODULES_LIMIT);
  const names: string[] = [];
  for (const node of nodes) {
    const start = node - LIST;
    if (!isInModuleArea({ start, end: start + BigInt(SIZE) })) return undefined;
    const bytes = typed.space.bytes(start, SIZE);
    const [state, name] = [u32At(bytes, 0), latin1(toNul(bytes.subarray(NAME)))];
    if (state > UNFORMED || name.length === NAME_LENGTH || !NAMES.test(name)) return undefined;
    if (state !== UNFORMED) names.push(name);
  }
  const problems = broken
    ? [`the list of modules is broken at ${hex(broken.address)}: ${broken.reason}`]
    : [];
  return { modules: names.map((name) => ({ name })), problems, whole: !isCut(broken) };
}

/** Whether no module is loaded. Needs no types. @throws InspectError notMapped or notStored */
export function hasNoModules(typed: TypedKernel): boolean {
  const head = typed.findSymbol('modules');
  return head === undefined || (typed.space.u64(head) === head && typed.space.u64(head + 8n) === head);
}
