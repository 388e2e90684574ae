import { hex } from '../../bytes/hex.ts';
import { InspectError } from '../../errors.ts';
import { walkList } from '../objects/list.ts';
import type { TypedKernel } from '../typed-kernel.ts';

/** The names of the loaded modules, and where the list of them could not be followed. */
export interface LoadedModules {
  /** The one that was loaded last comes first, as in /proc/modules. */
  readonly names: readonly string[];
  readonly problem: string | null;
}

/** MODULE_STATE_UNFORMED of enum module_state: still being set up, so /proc/modules does not list it either. */
const UNFORMED = 3;
/** A kernel has some hundred. */
const MODULES_LIMIT = 1 << 16;

/** @throws InspectError missingInfo, for a kernel without modules or BTF; notMapped or notStored */
export function readModules(typed: TypedKernel): LoadedModules {
  const { nodes, broken } = walkList(typed.space, typed.symbol('modules'), MODULES_LIMIT);
  const reader = typed.reader('module', 'state', 'name');
  const list = BigInt(typed.types.struct('module').offsetOf('list'));
  const names: string[] = [];
  try {
    for (const node of nodes) {
      const module = reader.load(node - list);
      if (module.number('state') !== UNFORMED) names.push(module.text('name'));
    }
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    return { names, problem: `a module cannot be read: ${error.message}` };
  }
  const problem = broken && `the list of modules is broken at ${hex(broken.address)}: ${broken.reason}`;
  return { names, problem };
}
