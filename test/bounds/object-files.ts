import { PlantedDump, strideOf } from './planted-dump.ts';

/** A list of this many slab caches, all with the nodes of a real one, whose partial list leads to itself. */
export const slabCaches = (count: number) => (path: string) => {
  const dump = new PlantedDump(path, 4);
  const { typed } = dump;
  const names = [
    'size',
    'object_size',
    'oo.x',
    'min.x',
    'name',
    'refcount',
    'offset',
    'random',
    'cpu_slab',
    'list',
    'node',
  ];
  const places = new Map(names.map((name) => [name, dump.place('kmem_cache', name)]));
  const node = dump.place('kmem_cache', 'node');
  places.set('node', { ...node, size: 16 });
  const stride = strideOf([...places.values()]);
  const at = (name: string) => places.get(name)?.offset ?? 0;
  const head = typed.symbol('slab_caches');
  const real = typed.space.u64(head) - BigInt(at('list'));
  const cache = (i: number) => dump.at(i * stride);
  const list = BigInt(at('list'));
  const copied = names.filter((name) => name !== 'list');
  const bytes = new Map(
    copied.map((name) => [name, typed.space.bytes(real + BigInt(at(name)), places.get(name)?.size ?? 0)]),
  );
  dump.table(0, count + 16, stride, (entry, slot) => {
    for (const [name, value] of bytes) {
      const i = slot - Math.floor(at(name) / stride);
      if (i >= 0 && i < count)
        new Uint8Array(entry.buffer, entry.byteOffset + (at(name) % stride)).set(value);
    }
    const i = slot - Math.floor(at('list') / stride);
    if (i < 0 || i >= count) return;
    entry.setBigUint64(at('list') % stride, (i === count - 1 ? head - list : cache(i + 1)) + list, true);
    entry.setBigUint64((at('list') % stride) + 8, (i === 0 ? head - list : cache(i - 1)) + list, true);
  });
  dump.put64(head, cache(0) + list, cache(count - 1) + list);
  // Its first slab is its own next slab, 2^32 times.
  const of = typed.space.u64(real + BigInt(node.offset));
  const partial = of + BigInt(dump.place('kmem_cache_node', 'partial').offset);
  const planted = dump.at(2 ** 30);
  const SLABS = 2 ** 20;
  dump.table(2 ** 30, SLABS, 64, (entry, i) => {
    const next = (n: number) => (n < 0 || n === SLABS ? partial : planted + BigInt(64 * n));
    entry.setBigUint64(0, next(i + 1), true);
    entry.setBigUint64(8, next(i - 1), true);
  });
  dump.put64(partial, planted, planted + BigInt(64 * (SLABS - 1)));
  dump.close();
  return [];
};

/** This many areas of vmalloc() in one list. */
export const vmallocAreas = (count: number) => (path: string) => {
  const dump = new PlantedDump(path, 4);
  const { typed } = dump;
  const nodes = typed.space.u64(typed.symbol('vmap_nodes'));
  const head = nodes + BigInt(dump.place('vmap_node', 'busy.head').offset);
  const member = (name: string) => dump.place('vmap_area', name).offset;
  const [start, end, list, vm] = ['va_start', 'va_end', 'list', 'vm'].map(member) as [
    number,
    number,
    number,
    number,
  ];
  const struct = (name: string) => dump.place('vm_struct', name).offset;
  const AREA = 192;
  const VM = 96;
  const area = (i: number) => dump.at(i * AREA);
  const first = 0xffff_c900_0000_0000n;
  dump.table(0, count, AREA, (entry, i) => {
    const from = first + BigInt(i * 16384);
    entry.setBigUint64(start, from, true);
    entry.setBigUint64(end, from + 16384n, true);
    entry.setBigUint64(list, i === count - 1 ? head : area(i + 1) + BigInt(list), true);
    entry.setBigUint64(list + 8, i === 0 ? head : area(i - 1) + BigInt(list), true);
    entry.setBigUint64(vm, area(i) + BigInt(VM), true);
    entry.setBigUint64(VM + struct('addr'), from, true);
    entry.setBigUint64(VM + struct('size'), 16384n, true);
    entry.setBigUint64(VM + struct('flags'), 2n, true);
    entry.setUint32(VM + struct('nr_pages'), 3, true);
    // Each has its own caller.
    entry.setBigUint64(VM + struct('caller'), 0xffff_ffff_8f60_0000n + BigInt(i), true);
  });
  dump.put64(head, area(0) + BigInt(list), area(count - 1) + BigInt(list));
  dump.close();
  return [];
};
