import { PerCpu } from '../../../src/kernel/objects/per-cpu.ts';
import type { Random } from '../random.ts';
import { attempt, type Dump } from './dump.ts';
import { type Aim, type FieldKind, inMemory, type Target } from './target.ts';

/** A variable of the kernel that the program reads. */
interface Variable {
  readonly name: string;
  /** Bytes. */
  readonly length: number;
  readonly kind?: FieldKind;
  readonly commands: readonly string[];
  /** Elements of an array, one of which is changed. */
  readonly count?: number;
  readonly perCpu?: boolean;
}

const number = (name: string, length: number, ...commands: string[]): Variable => ({
  name,
  length,
  commands,
});
const pointer = (name: string, ...commands: string[]): Variable => ({
  ...number(name, 8, ...commands),
  kind: 'pointer',
});
const counters = (name: string, count: number, ...commands: string[]): Variable => ({
  ...number(name, 8, ...commands),
  count,
});
/** A list's head: its first or its last node. */
const head = (name: string, ...commands: string[]): Variable => ({ ...pointer(name, ...commands), count: 2 });
const perCpu = (name: string, length: number, ...commands: string[]): Variable => ({
  ...number(name, length, ...commands),
  perCpu: true,
});

/** Variables by the kind under which changes are counted. */
const VARIABLES: Readonly<Record<string, readonly Variable[]>> = {
  counters: [
    counters('vm_node_stat', 45, 'usage', 'info'),
    counters('vm_zone_stat', 12, 'usage', 'info', 'pages'),
    number('_totalram_pages', 8, 'usage', 'info'),
    number('nr_threads', 4, 'ps', 'info', 'usage'),
    number('hugetlb_max_hstate', 4, 'usage'),
    number('pcpu_nr_populated', 4, 'usage'),
    number('nr_vmalloc_pages', 8, 'usage'),
    number('total_swap_pages', 8, 'info'),
    number('nr_swap_pages', 8, 'info'),
    number('nr_node_ids', 4, 'usage', 'pages'),
    number('nr_cpu_ids', 4, 'usage', 'info'),
  ],
  'list heads': [
    head('slab_caches', 'usage'),
    head('modules', 'usage', 'info'),
    head('super_blocks', 'usage'),
    head('vmap_area_list', 'usage'),
    pointer('vmap_nodes', 'usage'),
    number('nr_vmap_nodes', 4, 'usage'),
    pointer('pcpu_chunk_lists', 'usage'),
    pointer('pcpu_first_chunk', 'usage'),
    number('pcpu_nr_slots', 4, 'usage'),
    number('pcpu_nr_units', 4, 'usage'),
    { ...pointer('node_data', 'pages', 'usage', 'page:4096'), count: 2 },
    pointer('init_nsproxy', 'usage'),
  ],
  'per-CPU data': [
    { ...pointer('__per_cpu_offset', 'usage', 'info', 'ps'), count: 2 },
    number('__cpu_possible_mask', 8, 'usage', 'info', 'ps'),
    number('__cpu_online_mask', 8, 'info', 'ps'),
    perCpu('current_task', 8, 'ps', 'info'),
    perCpu('idle_threads', 8, 'usage'),
    number('panic_cpu', 4, 'info', 'ps'),
    number('crashing_cpu', 4, 'info', 'ps'),
  ],
  system: [
    { ...number('init_uts_ns', 390, 'info'), kind: 'text' },
    number('tk_core', 256, 'info'),
    pointer('saved_command_line', 'info'),
    counters('avenrun', 3, 'info'),
    number('tainted_mask', 8, 'info'),
    number('boot_cpu_data', 256, 'info'),
    pointer('page_offset_base', 'layout', 'usage'),
    pointer('vmemmap_base', 'layout', 'pages'),
    pointer('vmalloc_base', 'layout', 'usage'),
    pointer('phys_base', 'layout'),
  ],
};

const ATTEMPTS = 12;

function aimAt(variables: readonly Variable[]): Aim {
  return (dump, random) => {
    for (let i = 0; i < ATTEMPTS; i++) {
      const variable = random.pick(variables);
      const address = addressOf(dump, random, variable);
      const target = address === undefined ? undefined : elementOf(dump, random, variable, address);
      if (target) return target;
    }
    return undefined;
  };
}

function addressOf(dump: Dump, random: Random, { name, perCpu: perEach }: Variable): bigint | undefined {
  if (!perEach) return dump.symbol(name);
  const copies = attempt(() => new PerCpu(dump.typed).variables(name)) ?? [];
  return copies.length === 0 ? undefined : random.pick(copies).address;
}

function elementOf(dump: Dump, random: Random, variable: Variable, address: bigint): Target | undefined {
  const { name, length, count = 1, kind = 'number', commands } = variable;
  const index = random.below(count);
  const other = random.below(count);
  const element = (i: number) => address + BigInt(i * length);
  return inMemory(dump, element(index), {
    structure: name,
    field: count === 1 ? '' : `[${index}]`,
    kind,
    length,
    room: length * (count - index),
    commands,
    neighbour: count === 1 ? undefined : dump.positionOf(element((index + 1) % count)),
    other: () => attempt(() => dump.bytes(element(other), length)),
    head: kind === 'pointer' && count === 2 ? address : undefined,
  });
}

export const VARIABLE_AIMS: Readonly<Record<string, Aim>> = Object.fromEntries(
  Object.entries(VARIABLES).map(([kind, variables]) => [kind, aimAt(variables)]),
);
