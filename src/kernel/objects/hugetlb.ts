import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** A pool of huge pages of one size (struct hstate), counted in huge pages. */
export interface HugetlbPool {
  /** 4 KiB pages per huge page. */
  readonly pagesPerHugePage: number;
  readonly total: number;
  readonly free: number;
  /** Reserved for mappings that have not touched them yet. */
  readonly reserved: number;
  /** Allocated beyond the configured number (nr_overcommit_hugepages). */
  readonly surplus: number;
  /** `total` by node number (nr_huge_pages_node); at least nr_node_ids entries. */
  readonly nodes: readonly number[];
}

/** HUGE_MAX_HSTATE: 2 MiB and 1 GiB on x86_64, with some reserve. */
const POOLS_LIMIT = 8;
/** Order 18 is 1 GiB. */
const ORDER_LIMIT = 18;

/** The name format of hugetlb_add_hstate(). */
const NAME = /^hugepages-(\d+)kB$/;

/**
 * Reads the pools of hugetlbfs; empty without CONFIG_HUGETLB_PAGE.
 * @throws InspectError missingInfo, notMapped, notStored
 */
export function readHugetlbPools(typed: TypedKernel): HugetlbPool[] {
  const [table, counter] = [typed.findSymbol('hstates'), typed.findSymbol('hugetlb_max_hstate')];
  if (table === undefined || counter === undefined) return [];
  const count = typed.space.u32(counter);
  if (count > POOLS_LIMIT) throw new InspectError('corrupt', `hugetlb_max_hstate is ${count}`);
  const reader = typed.reader(
    'hstate',
    'order',
    'nr_huge_pages',
    'free_huge_pages',
    'resv_huge_pages',
    'surplus_huge_pages',
    'nr_huge_pages_node',
    'name?',
  );
  return Array.from({ length: count }, (_, i) => {
    const h = reader.load(table + BigInt(i * reader.type.size));
    const order = h.number('order');
    if (order > ORDER_LIMIT) throw new InspectError('corrupt', `hstates[${i}].order is ${order}`);
    const named = NAME.exec(h.has('name') ? h.text('name') : '')?.[1];
    if (named !== undefined && Number(named) !== 4 * 2 ** order)
      throw new InspectError(
        'corrupt',
        `hstates[${i}].order is ${order}, but by its name its pages have ${named} kB`,
      );
    return {
      pagesPerHugePage: 2 ** order,
      total: h.number('nr_huge_pages'),
      free: h.number('free_huge_pages'),
      reserved: h.number('resv_huge_pages'),
      surplus: h.number('surplus_huge_pages'),
      nodes: [...new Uint32Array(h.bytes('nr_huge_pages_node').slice().buffer)],
    };
  });
}
