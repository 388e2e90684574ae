import { hex } from '../../hex.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { otherName } from '../objects/kobject.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { ModuleRange } from './module-area.ts';

type Member = 'mkobj.kobj.name?' | 'mkobj.kobj.sd?' | 'refcnt?';

export const UNFORMED = 'MODULE_STATE_UNFORMED';
/** MODULE_REF_BASE (kernel/module/main.c), which a module has until it is unloaded. */
const REF_BASE = 1;
/** The least refcnt of a module by its state: one that is being initialised is held by that, too (module_unload_init). */
const LEAST_REFCNT: ReadonlyMap<string, number> = new Map([
  ['MODULE_STATE_LIVE', REF_BASE],
  ['MODULE_STATE_COMING', REF_BASE + 1],
]);
const PAGE = BigInt(PAGE_SIZE);

/** What else the kernel keeps of a module, which its struct module is held against. */
export class ModuleWitness {
  readonly #typed: TypedKernel;
  readonly #module: StructReader<Member>;
  /** Whether an area of vmalloc() has one part of one module, and a page that is not mapped after it. */
  readonly #guarded: boolean;

  /** @throws InspectError missingInfo */
  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#module = typed.reader('module', 'mkobj.kobj.name?', 'mkobj.kobj.sd?', 'refcnt?');
    // 2e45474ab14f (6.13) has modules share areas where the processor can map large ones read-only.
    this.#guarded = typed.findSymbol('execmem_cache') === undefined;
  }

  /** What contradicts its name and its state, as ends of a sentence. @throws InspectError notMapped or notStored */
  against(address: bigint, name: string, state: string | undefined): string[] {
    const module = this.#module.load(address);
    const wrong: string[] = [];
    const inSysfs = module.has('mkobj.kobj.name')
      ? otherName(this.#typed.space, module.big('mkobj.kobj.name'), name)
      : undefined;
    if (inSysfs !== undefined) wrong.push(`is called ${inSysfs} in sysfs (mkobj.kobj.name)`);
    const least = LEAST_REFCNT.get(state ?? '');
    if (least !== undefined && module.has('refcnt') && module.number('refcnt') < least)
      wrong.push(`is ${state}, and its refcnt is ${module.number('refcnt')}, less than ${least}`);
    if (state === UNFORMED && this.isInSysfs(address))
      wrong.push(`is ${UNFORMED}, and in sysfs (mkobj.kobj.sd)`);
    return wrong;
  }

  /** Whether sysfs has a directory of it, as of all that are formed. @throws InspectError notMapped or notStored */
  isInSysfs(address: bigint): boolean {
    const module = this.#module.load(address);
    return module.has('mkobj.kobj.sd') && module.big('mkobj.kobj.sd') !== 0n;
  }

  /** What the page tables say against a piece of its memory; undefined for nothing. @throws InspectError io */
  againstRange({ start, end }: ModuleRange): string | undefined {
    const { space } = this.#typed;
    const what = `has memory from ${hex(start)} to ${hex(end)}`;
    if (isMapped(space, end - 1n) === false) return `${what}, which is not all mapped`;
    const after = (end + PAGE - 1n) & ~(PAGE - 1n);
    return this.#guarded && isMapped(space, after) ? `${what}, and more is mapped` : undefined;
  }
}

/** undefined where the tables do not tell. */
function isMapped(space: AddressSpace, address: bigint): boolean | undefined {
  const { kind } = space.walk(address).result;
  return kind === 'noTable' ? undefined : kind === 'mapped';
}
