import { describe, expect, test } from 'vitest';
import { walkList } from '../src/kernel/objects/list.ts';
import type { TypedKernel } from '../src/kernel/types/typed-kernel.ts';
import type { Edit } from './fuzz/overlay-source.ts';
import { ChangedDump } from './support/changed-dump.ts';
import { TYPED } from './support/fixture.ts';

const NOWHERE = 0xdead_0000_0000_0122n;

/** A list of the kernel by its head, and the command that shows what is on it. */
interface List {
  readonly head: (typed: TypedKernel) => bigint;
  /** Whether another structure in the fixtures has the same objects. */
  readonly twice: boolean;
  /** The only fixture in which it is changed; all of them if absent. */
  readonly only?: (typeof TYPED)[number];
  readonly commands: readonly (readonly string[])[];
}

const USAGE = ['usage', '--top', '100000'];

const LISTS: Readonly<Record<string, List>> = {
  tasks: {
    head: (typed) => typed.symbol('init_task') + BigInt(typed.types.struct('task_struct').offsetOf('tasks')),
    twice: true,
    only: 'linux-5.10',
    commands: [['ps', '--threads']],
  },
  // The fixtures were made without the tree of modules; test/kernel/modules has it.
  modules: {
    head: (typed) => typed.symbol('modules'),
    twice: false,
    commands: [['symbols', 'init_task'], USAGE],
  },
  'per-CPU chunks': { head: fullestSlot, twice: true, commands: [USAGE] },
  'vmalloc areas': { head: busyHead, twice: true, commands: [USAGE] },
};

function fullestSlot(typed: TypedKernel): bigint {
  const slots = typed.space.u32(typed.symbol('pcpu_nr_slots'));
  const first = typed.space.u64(typed.findSymbol('pcpu_chunk_lists') ?? typed.symbol('pcpu_slot'));
  return longest(
    typed,
    Array.from({ length: slots }, (_, i) => first + BigInt(16 * i)),
  );
}

/** vmap_area_list up to 6.8, later the list of a vmap_node. */
function busyHead(typed: TypedKernel): bigint {
  const only = typed.findSymbol('vmap_area_list');
  if (only !== undefined) return only;
  const type = typed.types.struct('vmap_node');
  const nodes = typed.space.u64(typed.symbol('vmap_nodes'));
  const count = typed.space.u32(typed.symbol('nr_vmap_nodes'));
  const heads = Array.from(
    { length: count },
    (_, i) => nodes + BigInt(i * type.size + type.offsetOf('busy.head')),
  );
  return longest(typed, heads);
}

function longest(typed: TypedKernel, heads: readonly bigint[]): bigint {
  const length = (head: bigint) => walkList(typed.space, head).nodes.length;
  return [...heads].sort((a, b) => length(b) - length(a))[0] as bigint;
}

/** What is changed in a list: words at addresses, given the head and its nodes in order. */
type Change = (
  head: bigint,
  nodes: readonly bigint[],
) => readonly (readonly [address: bigint, value: bigint])[];

const first = (nodes: readonly bigint[]) => nodes[0] as bigint;
const middle = (nodes: readonly bigint[]) => nodes[nodes.length >> 1] as bigint;
const last = (nodes: readonly bigint[]) => nodes.at(-1) as bigint;

/** next is 8 bytes before prev. */
const CHANGES: Readonly<Record<string, Change>> = {
  'the head is empty by next': (head) => [[head, head]],
  'the head is empty by prev': (head) => [[head + 8n, head]],
  'the head is empty': (head) => [
    [head, head],
    [head + 8n, head],
  ],
  'the head points nowhere': (head) => [[head, NOWHERE]],
  'the head is zero': (head) => [
    [head, 0n],
    [head + 8n, 0n],
  ],
  'it ends after the first node': (head, nodes) => [[first(nodes), head]],
  'it ends after the middle node': (head, nodes) => [[middle(nodes), head]],
  'it loops at its first node': (_, nodes) => [[first(nodes), first(nodes)]],
  'it loops early': (_, nodes) => [[middle(nodes), first(nodes)]],
  'it loops at its end': (_, nodes) => [[last(nodes), first(nodes)]],
  'prev of the middle node is wrong': (_, nodes) => [[middle(nodes) + 8n, NOWHERE]],
  'prev of the head is wrong': (head) => [[head + 8n, NOWHERE]],
  'the middle node is 8 bytes on': (_, nodes) => [
    [nodes[(nodes.length >> 1) - 1] ?? first(nodes), middle(nodes) + 8n],
  ],
  'the middle node is 8 bytes on for both neighbours': (head, nodes) => [
    [nodes[(nodes.length >> 1) - 1] ?? head, middle(nodes) + 8n],
    [(nodes[(nodes.length >> 1) + 1] ?? head) + 8n, middle(nodes) + 8n],
  ],
  'the middle node is taken out': (head, nodes) => [
    [nodes[(nodes.length >> 1) - 1] ?? head, nodes[(nodes.length >> 1) + 1] ?? head],
    [(nodes[(nodes.length >> 1) + 1] ?? head) + 8n, nodes[(nodes.length >> 1) - 1] ?? head],
  ],
  'the middle node is zero': (_, nodes) => [
    [middle(nodes), 0n],
    [middle(nodes) + 8n, 0n],
  ],
  'all but the first and the last node are cut out by both ends': (_, nodes) => [
    [first(nodes), last(nodes)],
    [last(nodes) + 8n, first(nodes)],
  ],
};

/** Two pointers that agree with each other: the list itself does not show it. */
const CONSISTENT: ReadonlySet<string> = new Set([
  'the head is empty',
  'the middle node is taken out',
  'all but the first and the last node are cut out by both ends',
]);

/** Each change of a list in one of the kernels, in turn. */
function changesIn(name: (typeof TYPED)[number], { twice, only }: List): string[] {
  const all = Object.keys(CHANGES).filter((change) => twice || !CONSISTENT.has(change));
  if (only !== undefined) return only === name ? all : [];
  return all.filter((_, i) => (i + 2) % TYPED.length === TYPED.indexOf(name));
}

describe.each(TYPED)('lists of %s', (name) => {
  const dump = new ChangedDump(name);
  const cases = Object.entries(LISTS).flatMap(([list, plan]) =>
    changesIn(name, plan).map((change) => [list, change]),
  );

  test.each(cases)('%s: %s', async (list = '', change = '') => {
    const { head: headOf, commands } = LISTS[list] as List;
    const head = headOf(dump.typed);
    const { nodes } = walkList(dump.typed.space, head);
    const words = (CHANGES[change] as Change)(head, nodes);
    const changed: Edit[] = words.map(([address, value]) => dump.word(address, value));
    const silent: string[] = [];
    for (const command of commands) silent.push(...(await dump.silent(command, changed)));
    expect(silent).toEqual([]);
  });
});

describe.each(TYPED)('names of files of %s', (name) => {
  const dump = new ChangedDump(name);
  const { space, types } = dump.typed;
  const BY_FILE = ['usage', '--by', 'file', '--top', '100000'];
  const at = (struct: string, member: string) => BigInt(types.struct(struct).offsetOf(member));
  const read = (address: bigint, struct: string, member: string) => space.u64(address + at(struct, member));

  /** The inodes of all named files that are not directly in the root of a mounted file system. */
  async function inodes(): Promise<bigint[]> {
    const { files } = JSON.parse((await dump.ask(BY_FILE)).out) as {
      files: { largest: { mapping: string; path: string | null; names: string | null }[] };
    };
    const deep = files.largest.filter(({ path, names }) => names === 'initial' && /^\/.+\//.test(path ?? ''));
    return deep.map(({ mapping }) => read(BigInt(mapping), 'address_space', 'host'));
  }

  test('are not known if a mount is mounted on what it holds', async () => {
    const silent: string[] = [];
    for (const inode of (await inodes()).slice(0, 2)) {
      const superBlock = read(inode, 'inode', 'i_sb');
      const offset = at('super_block', 's_mounts');
      const linked = types.struct('mount').find('mnt_instance');
      const first = space.u64(superBlock + offset);
      const mount = linked ? first - BigInt(linked.offset) : first;
      const root = read(mount, 'mount', 'mnt_parent');
      const changed = [dump.word(root + at('mount', 'mnt_parent'), mount)];
      if (root !== mount) silent.push(...(await dump.silent(BY_FILE, changed)));
    }
    expect(silent).toEqual([]);
  });

  test('are not known if a directory lies in itself', async () => {
    const [inode] = await inodes();
    const alias = BigInt(types.struct('dentry').offsetOf('d_u.d_alias', 'd_alias'));
    const dentry = read(inode as bigint, 'inode', 'i_dentry.first') - alias;
    const directory = read(dentry, 'dentry', 'd_parent');
    const changed = [dump.word(directory + at('dentry', 'd_parent'), dentry)];
    const { status, out, err } = await dump.ask(BY_FILE, changed);
    expect([status, /has no root among/.test(err)]).toEqual([3, true]);
    expect(out).toContain('"path": null');
    expect(await dump.silent(BY_FILE, changed)).toEqual([]);
  });
});
