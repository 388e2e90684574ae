import { hex } from '../../hex.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { otherName } from '../objects/kobject.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { ModuleRange } from './module-area.ts';

type Member = 'mkobj.kobj.name?' | 'mkobj.kobj.sd?' | 'refcnt?';

export const UNFORMED = 'MODULE_STATE_UNFORMED';
/** MODULE_REF_BASE (kernel/module/main.c), the reference that a module keeps until it is unloaded. */
const REF_BASE = 1;
/** The least refcnt by state: initialisation holds another reference (module_unload_init). */
const LEAST_REFCNT: ReadonlyMap<string, number> = new Map([
  ['MODULE_STATE_LIVE', REF_BASE],
  ['MODULE_STATE_COMING', REF_BASE + 1],
]);
const PAGE = BigInt(PAGE_SIZE);

/** Checks a struct module against what else the kernel keeps about the module. */
export class ModuleWitness {
  readonly #typed: TypedKernel;
  readonly #module: StructReader<Member>;
  /** Whether each vmalloc() area has one range of one module, followed by a page that is not mapped. */
  readonly #guarded: boolean;

  /** @throws InspectError missingInfo */
  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#module = typed.reader('module', 'mkobj.kobj.name?', 'mkobj.kobj.sd?', 'refcnt?');
    // Since 2e45474ab14f (6.13) modules share areas if the CPU can map large read-only pages.
    this.#guarded = typed.symbols.hasData && typed.findSymbol('execmem_cache') === undefined;
  }

  /**
   * Returns what contradicts its name and state, as ends of sentences.
   * @throws InspectError notMapped or notStored
   */
  contradictions(address: bigint, name: string, state: string | undefined): string[] {
    const module = this.#module.load(address);
    const wrong: string[] = [];
    const inSysfs = module.has('mkobj.kobj.name')
      ? otherName(this.#typed.space, module.big('mkobj.kobj.name'), name)
      : undefined;
    if (inSysfs !== undefined) wrong.push(`is called ${inSysfs} in sysfs (mkobj.kobj.name)`);
    const least = LEAST_REFCNT.get(state ?? '');
    if (least !== undefined && module.has('refcnt') && module.number('refcnt') < least)
      wrong.push(`is ${state}, but its refcnt is ${module.number('refcnt')}, less than ${least}`);
    if (state === UNFORMED && this.isInSysfs(address))
      wrong.push(`is ${UNFORMED}, but in sysfs (mkobj.kobj.sd)`);
    return wrong;
  }

  /**
   * Whether sysfs has a directory for it, as for every formed module.
   * @throws InspectError notMapped or notStored
   */
  isInSysfs(address: bigint): boolean {
    const module = this.#module.load(address);
    return module.has('mkobj.kobj.sd') && module.big('mkobj.kobj.sd') !== 0n;
  }

  /** Returns how the page tables contradict one of its ranges, or undefined. @throws InspectError io */
  rangeContradiction({ start, end }: ModuleRange): string | undefined {
    const { space } = this.#typed;
    const what = `has memory from ${hex(start)} to ${hex(end)}`;
    if (isMapped(space, end - 1n) === false) return `${what}, which is not all mapped`;
    const after = (end + PAGE - 1n) & ~(PAGE - 1n);
    return this.#guarded && isMapped(space, after) ? `${what}, but more is mapped` : undefined;
  }
}

/** Returns undefined if a page table is missing. */
function isMapped(space: AddressSpace, address: bigint): boolean | undefined {
  const { kind } = space.walk(address).result;
  return kind === 'noTable' ? undefined : kind === 'mapped';
}
