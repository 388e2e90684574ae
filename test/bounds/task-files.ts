import { PlantedDump, strideOf } from './planted-dump.ts';

const MEMBERS = [
  ...[
    'pid',
    'tgid',
    '__state',
    'exit_state',
    'thread_info.cpu',
    'comm',
    'flags',
    'real_parent',
    'real_cred',
    'signal',
    'mm',
  ],
  ...['thread_node.next', 'thread_node.prev', 'tasks'],
];

/** A list of this many tasks that look real, each with its own memory, but are not in the PID table. */
export const tasks = (count: number) => (path: string) => {
  const dump = new PlantedDump(path, 4);
  const { typed } = dump;
  const places = new Map(MEMBERS.map((name) => [name, dump.place('task_struct', name)]));
  const stride = strideOf([...places.values()]);
  const at = (name: string) => places.get(name)?.offset ?? 0;
  const init = typed.symbol('init_task');
  const node = BigInt(at('tasks'));
  const cred = typed.space.u64(init + BigInt(at('real_cred')));
  const threadHead = BigInt(dump.place('signal_struct', 'thread_head').offset);
  const task = (i: number) => dump.at(i * stride);
  // Structures overlap, so what is written here are members `at` bytes into earlier objects.
  dump.table(0, count + 16, stride, (entry, slot) => {
    const set = (name: string, write: (inside: number, i: number) => void) => {
      const i = slot - Math.floor(at(name) / stride);
      if (i >= 0 && i < count) write(at(name) % stride, i);
    };
    set('pid', (n, i) => entry.setInt32(n, 1000 + i, true));
    set('tgid', (n, i) => entry.setInt32(n, 1000 + i, true));
    set('flags', (n) => entry.setUint32(n, 0x40_0000, true));
    set('real_parent', (n) => entry.setBigUint64(n, init, true));
    set('real_cred', (n) => entry.setBigUint64(n, cred, true));
    set('signal', (n, i) => entry.setBigUint64(n, task(i), true));
    set('mm', (n, i) => entry.setBigUint64(n, dump.at(2 ** 31 + i * 512), true));
    set('thread_node.next', (n, i) => entry.setBigUint64(n, task(i) + threadHead, true));
    set('thread_node.prev', (n, i) => entry.setBigUint64(n, task(i) + threadHead, true));
    set('comm', (n, i) =>
      new Uint8Array(entry.buffer, entry.byteOffset + n).set(Buffer.from(`planted-${i}`)),
    );
    set('tasks', (n, i) => {
      entry.setBigUint64(n, (i === count - 1 ? init : task(i + 1)) + node, true);
      entry.setBigUint64(n + 8, (i === 0 ? init : task(i - 1)) + node, true);
    });
  });
  dump.put64(init + node, task(0) + node, task(count - 1) + node);
  dump.put64(typed.symbol('_totalram_pages'), BigInt(2 ** 24));
  dump.put32(typed.symbol('nr_threads'), count);
  dump.close();
  return [];
};

/** A PID table with this many tasks, none of which is a real task. */
export const pidTable = (count: number) => (path: string) => {
  const dump = new PlantedDump(path, 4);
  const { typed } = dump;
  const [shift, offset, parent, slots] = ['shift', 'offset', 'parent', 'slots'].map(
    (name) => dump.place('xa_node', name).offset,
  ) as [number, number, number, number];
  const NODE = 1024;
  const link = BigInt(dump.place('pid', 'tasks').offset);
  /**
   * Nodes per level, the lowest first; where they start; and how many entries are below each of their slots.
   */
  const levels: { readonly nodes: number; readonly at: number }[] = [];
  for (let nodes = count, at = 0; nodes > 1; ) {
    nodes = Math.ceil(nodes / 64);
    levels.push({ nodes, at });
    at += nodes * NODE;
  }
  const structs = 2 ** 30;
  levels.forEach(({ nodes, at }, level) => {
    const above = levels[level + 1];
    const below = levels[level - 1];
    dump.table(at, nodes, NODE, (entry, i) => {
      entry.setUint8(shift, 6 * level);
      entry.setUint8(offset, i % 64);
      entry.setBigUint64(parent, above ? dump.at(above.at + Math.floor(i / 64) * NODE) : 0n, true);
      const most = below ? below.nodes : count;
      for (let slot = 0; slot < 64 && i * 64 + slot < most; slot++) {
        const n = i * 64 + slot;
        const entryOf = below ? dump.at(below.at + n * NODE) | 2n : dump.at(structs + 8 * n) - link;
        entry.setBigUint64(slots + 8 * slot, entryOf, true);
      }
    });
  });
  dump.table(structs, count, 8, (entry, i) => entry.setBigUint64(0, dump.at(2 ** 31 + 512 * i), true));
  const top = levels.at(-1)?.at ?? 0;
  const head = typed.symbol('init_pid_ns') + BigInt(dump.place('pid_namespace', 'idr.idr_rt').offset);
  dump.put64(head + BigInt(dump.place('xarray', 'xa_head').offset), dump.at(top) | 2n);
  dump.close();
  return [];
};
