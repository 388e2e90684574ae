import type { Check } from '../../kernel/evidence/check.ts';
import { type MemCgroup, type MemoryController, readMemCgroups } from '../../kernel/objects/mem-cgroups.ts';
import { ObjCgroups } from '../../kernel/objects/obj-cgroups.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import type { Attribution } from '../attribution/attribution.ts';
import type { ChargedKind } from '../attribution/cgroup-tally.ts';
import { type OwnerCounts, OwnerTable } from '../attribution/owner-table.ts';
import { cgroupChecks } from './cgroup-checks.ts';
import type { CgroupMovements } from './cgroup-movements.ts';
import { type CgroupSums, cgroupSums } from './cgroup-sums.ts';
import { type CgroupTasks, cgroupTasks } from './cgroup-tasks.ts';
import { addCharged, type CgroupUse, type Charged, chargedBytes, nothing } from './charged.ts';
import type { Problems } from './problems.ts';

export interface CgroupUses {
  readonly controller: MemoryController;
  /** Parents before their children. */
  readonly cgroups: readonly CgroupUse[];
  /** Whether these are all cgroups. */
  readonly whole: boolean;
  /** Whether all their figures are exact; otherwise they are least values. */
  readonly exact: boolean;
  /** What is charged to something that is no cgroup of the list. */
  readonly unlisted: Charged;
  /** Memory of the root's that is charged to nothing. */
  readonly uncharged: Charged;
  readonly checks: readonly Check[];
}

/**
 * Reads what each cgroup is charged with, and compares it with the kernel's counters.
 * @param attribution counted by cgroup
 * @param tasks addresses of all task_structs; null if they cannot be read
 * @throws InspectError as readMemCgroups
 */
export function cgroupUses(
  typed: TypedKernel,
  attribution: Attribution,
  tasks: readonly bigint[] | null,
  movements: CgroupMovements | null,
  problems: Problems,
): CgroupUses {
  const { controller, cgroups, problems: wrong, whole } = readMemCgroups(typed);
  problems.found(wrong, whole);
  if (cgroups.length === 0)
    return {
      controller,
      cgroups: [],
      whole,
      exact: true,
      unlisted: nothing(),
      uncharged: nothing(),
      checks: [],
    };
  const objcgs = new ObjCgroups(typed, new Set(cgroups.map(({ address }) => address)));
  const charges = new Charges(cgroups, objcgs);
  const lost = charges.addAll(attribution);
  if (lost !== null) problems.wrong(lost);
  const members = tasks && problems.attempt('the cgroups of tasks', () => cgroupTasks(typed, tasks));
  if (members) charges.addTasks(members);
  const sums = problems.attempt('the counters of cgroups', () => cgroupSums(typed, cgroups, objcgs));
  // In a running kernel a cgroup may be gone by the time that the list is read.
  const strange = typed.space.live ? null : unlistedOf(charges.unlisted);
  if (strange !== null) problems.wrong(strange);
  const exact = attribution.exact && whole && lost === null && strange === null;
  const uses = charges.uses(members?.processes ?? null, sums);
  const { unlisted, uncharged } = charges;
  const checks =
    exact && sums !== null
      ? cgroupChecks({
          controller,
          uses,
          uncharged,
          sums,
          movements,
          hwpoison: attribution.uses.hwpoison,
          hasStacks: members !== null,
        })
      : [];
  return { controller, cgroups: uses, whole, exact, unlisted, uncharged, checks };
}

/** A sentence on what is charged to something that is no cgroup; null for nothing. */
function unlistedOf(unlisted: Charged): string | null {
  const bytes = chargedBytes(unlisted);
  return bytes === 0 ? null : `${bytes} bytes are charged to something that is no cgroup`;
}

/** Adds up what is charged to each cgroup. */
class Charges {
  readonly unlisted = nothing();
  /** Of the root's own: what names the root itself, to which nothing is charged. */
  readonly uncharged = nothing();
  readonly #cgroups: readonly MemCgroup[];
  readonly #objcgs: ObjCgroups;
  readonly #own: ReadonlyMap<bigint, Charged>;

  constructor(cgroups: readonly MemCgroup[], objcgs: ObjCgroups) {
    this.#cgroups = cgroups;
    this.#objcgs = objcgs;
    this.#own = new Map(cgroups.map(({ address }) => [address, nothing()]));
  }

  /** Returns a sentence on what is lost; null for nothing. */
  addAll({ cgroups }: Attribution): string | null {
    if (!cgroups) return 'struct pages do not tell which cgroups pages are charged to';
    let dropped = 0;
    const each = (counts: OwnerCounts, add: (charged: Charged, count: number) => void) => {
      dropped += counts.dropped;
      const table = OwnerTable.of(counts);
      for (const { address, pages } of table.largest(table.size)) {
        add(this.#of(address), pages);
        if (this.#objcgs.isRoot(address)) add(this.uncharged, pages);
      }
    };
    for (const [kind, counts] of Object.entries(cgroups.pages) as [ChargedKind, OwnerCounts][])
      each(counts, (charged, pages) => {
        charged.pages[kind] += pages;
      });
    if (cgroups.slabs === null) return 'slabs do not tell which cgroups their objects are charged to';
    each(cgroups.slabs.bytes, (charged, bytes) => {
      charged.slabBytes += bytes;
    });
    const { unread } = cgroups.slabs;
    if (unread > 0) return `the cgroups of the objects in ${unread} slabs cannot be read`;
    return dropped > 0 ? 'pages name more cgroups than there is memory for' : null;
  }

  /** Pages of stacks were pages of the kernel so far; second pages of top page tables were charged to nothing. */
  addTasks({ stacks, secondPages }: CgroupTasks): void {
    for (const [address, pages] of secondPages) this.#of(address).pages.kernel += pages;
    for (const [address, pages] of stacks) {
      const charged = this.#of(address);
      const known = Math.min(pages, charged.pages.kernel);
      charged.pages.kernel -= known;
      charged.pages.kernelStacks += known;
    }
  }

  #of(address: bigint): Charged {
    return this.#own.get(this.#objcgs.cgroupOf(address) ?? 0n) ?? this.unlisted;
  }

  uses(processes: ReadonlyMap<bigint, number> | null, sums: readonly CgroupSums[] | null): CgroupUse[] {
    const own = this.#cgroups.map(({ address }) => this.#own.get(address) ?? nothing());
    const all = own.map((one) => ({ pages: { ...one.pages }, slabBytes: one.slabBytes }));
    // Children come after their parents.
    for (let i = all.length - 1; i > 0; i--) {
      const { chargedTo } = this.#cgroups[i] as MemCgroup;
      if (chargedTo !== null) addCharged(all[chargedTo] as Charged, all[i] as Charged);
    }
    return this.#cgroups.map((cgroup, i) => ({
      ...cgroup,
      own: own[i] as Charged,
      all: all[i] as Charged,
      processes: processes && (processes.get(cgroup.address) ?? 0),
      sums: sums?.[i] ?? null,
    }));
  }
}
