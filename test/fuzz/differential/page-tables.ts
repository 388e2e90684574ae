import { hex } from '../../../src/hex.ts';
import { findLayout, type KernelLayout } from '../../../src/kernel/layout/layout.ts';
import { regionOf } from '../../../src/kernel/layout/regions.ts';
import { attempt, type Dump } from './dump.ts';
import { OBJECTS, objects } from './objects.ts';
import { someStructPages } from './struct-pages.ts';
import type { Aim } from './target.ts';

const SYMBOLS = [
  '_stext',
  'init_task',
  'slab_caches',
  '__start_BTF',
  'linux_banner',
  'modules',
  'prb',
  'node_data',
];

/** Addresses that the program reads, and through whose tables it goes. */
function readAddresses(dump: Dump): readonly bigint[] {
  return dump.pool('read addresses', () => [
    ...SYMBOLS.flatMap((name) => dump.symbol(name) ?? dump.kernel.info.symbol(name) ?? []),
    ...someStructPages(dump),
    ...Object.keys(OBJECTS).flatMap((name) => objects(dump, name).slice(0, 3)),
  ]);
}

const layouts = new WeakMap<Dump, KernelLayout>();

function layoutOf(dump: Dump): KernelLayout {
  const layout = layouts.get(dump) ?? findLayout(dump.kernel);
  layouts.set(dump, layout);
  return layout;
}

/** Aims at an entry of a page table on the way to something that the program reads. */
export const pageTables: Aim = (dump, random) => {
  const address = random.pick(readAddresses(dump));
  const { steps } = dump.kernel.space.walk(address);
  if (steps.length === 0) return undefined;
  const { table, index, level } = random.pick(steps);
  const place = (i: number) => dump.positionOfPhysical(table + 8 * (i % 512));
  const at = place(index);
  if (at === undefined) return undefined;
  const other = random.below(512);
  return {
    structure: 'page table',
    field: `${level.name}, ${regionOf(address, layoutOf(dump))}`,
    kind: 'pointer',
    at,
    length: 8,
    room: 4096 - 8 * index,
    commands: [`translate:${hex(address)}`, 'pages', 'usage', 'info', 'layout'],
    neighbour: place(index + 1),
    other: () => attempt(() => dump.fileBytes(place(other) ?? at, 8)),
  };
};
