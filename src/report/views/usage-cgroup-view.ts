import { shortSize, size } from '../units.ts';
import type { CgroupChargesSection } from '../usage-cgroup-charges.ts';
import type { CgroupRow, CgroupsSection, ChargedBytes } from '../usage-cgroups.ts';
import type { UsageSort } from '../usage-sort.ts';
import { type Block, numbers, paragraph, type RichText, table } from '../view.ts';
import { shownOf } from './list-heading.ts';

/** Why no memory is charged to cgroups. */
const NOT_CHARGED: Readonly<Record<string, string>> = {
  disabled: 'No memory is charged to cgroups: the memory controller is disabled (cgroup_disable=memory).',
  notBuilt: 'No memory is charged to cgroups: this kernel has no memory controller (CONFIG_MEMCG=n).',
};

/** The cgroups with the most memory. */
export function cgroupSection(cgroups: CgroupsSection, sort: UsageSort): Block[] {
  const none = NOT_CHARGED[cgroups.controller];
  if (none !== undefined) return [paragraph(none)];
  const { unlisted } = cgroups;
  const columns = ['TOTAL', 'OWN', 'ANON', 'FILE', 'SHMEM', 'SLAB', 'KERNEL', 'PROCS'].map(numbers);
  return [
    paragraph(heading(cgroups, sort)),
    table([...columns, 'CGROUP'], cgroups.largest.map(cells)),
    ...(unlisted.bytes === 0
      ? []
      : [paragraph(`${size(unlisted.bytes)} are charged to something that is no cgroup listed.`)]),
  ];
}

/** "The 5 largest of 12 cgroups (v2, 1 removed), with those below them ..." */
function heading(cgroups: CgroupsSection, sort: UsageSort): string {
  const { controller, count, removed, countExact, largest } = cgroups;
  const gone = removed === 0 ? '' : `, ${removed} removed`;
  const shown = shownOf({ shown: largest.length, all: count, exact: countExact, sort }, 'cgroup');
  const order = sort === 'size' ? '' : ` by ${sort}`;
  return `${shown} (${controller}${gone})${order}, with those below them except for OWN and PROCS:`;
}

/** The cgroups by their own counters; nothing where there is only the root. */
export function cgroupChargeSection({ count, largest }: CgroupChargesSection): Block[] {
  if (largest.length === 0) return [];
  const rows = largest.map(({ path, address, removed, current }) => [
    current === null ? '?' : size(current),
    nameOf(path, address, removed),
  ]);
  const some = shownOf({ shown: largest.length, all: count - 1, exact: true }, 'cgroup');
  return [
    paragraph(`${some} by their own counters (--by cgroup counts pages):`),
    table([numbers('SIZE'), 'CGROUP'], rows),
  ];
}

function nameOf(path: string | null, address: string, removed: boolean): string {
  return `${path ?? `(at ${address})`}${removed ? ' (removed)' : ''}`;
}

function cells({ path, address, removed, processes, own, total }: CgroupRow): RichText[] {
  const least = 'atLeast' in total ? '>=' : '';
  const { bytes, anon, file, shmem, swapCache, slab, ...kernel } = amountOf(total);
  const { pageTables, kernelStacks, otherKernel } = kernel;
  const inKernel = pageTables + kernelStacks + otherKernel;
  const sizes = [bytes, amountOf(own).bytes, anon, file, shmem + swapCache, slab, inKernel];
  return [
    ...sizes.map((one) => `${least}${shortSize(one)}`),
    processes === null ? '?' : String(processes),
    nameOf(path, address, removed),
  ];
}

const amountOf = (charged: ChargedBytes) => ('atLeast' in charged ? charged.atLeast : charged);
