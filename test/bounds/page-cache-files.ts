import { StructPages } from '../../src/pages/struct-pages/struct-pages.ts';
import { PlantedDump } from './planted-dump.ts';

/** The first page of the last segment of the dump; the files get 26,000 of its pages, up to the image. */
const FIRST_PFN = 0xb000;
/** Where objects of each kind lie in the planted memory, in bytes. */
const AT = {
  inodes: 0,
  supers: 2 ** 28,
  dentries: 2 ** 29,
  chain: 2 ** 29 + 2 ** 27,
  nodes: 2 ** 30,
  name: 2 ** 30 + 2 ** 20,
};
const INODE = 1024;
const SUPER = 2048;
const DENTRY = 192;
const NODE = 1024;
/** Number of directories above each file, which all files share, and the length of their names. */
const DEPTH = 2000;
const NAME = 200;
/** Levels of the xarray that all files share; every slot leads to the next level. */
const LEVELS = 7;

/**
 * This many files of one page, each in its own file system, 2,000 directories deep, with 64^7 dirty pages.
 */
export const files = (count: number) => (path: string) => {
  const dump = new PlantedDump(path, 2);
  writeInodes(dump, count);
  writeDentries(dump, count);
  writeNodes(dump);
  writeStructPages(dump, count);
  dump.close();
  return [];
};

function writeInodes(dump: PlantedDump, count: number): void {
  const [sb, first, data] = ['i_sb', 'i_dentry.first', 'i_data'].map((name) => offset(dump, 'inode', name));
  const [host, nrpages, pages] = ['host', 'nrpages', 'i_pages'].map((name) =>
    offset(dump, 'address_space', name),
  );
  const head = offset(dump, 'xarray', 'xa_head');
  const alias = BigInt(offset(dump, 'dentry', 'd_u.d_alias'));
  const space = data as number;
  dump.table(AT.inodes, count, INODE, (entry, i) => {
    entry.setBigUint64(sb as number, dump.at(AT.supers + i * SUPER), true);
    entry.setBigUint64(first as number, dump.at(AT.dentries + i * DENTRY) + alias, true);
    entry.setBigUint64(space + (host as number), dump.at(AT.inodes + i * INODE), true);
    entry.setBigUint64(space + (nrpages as number), 1n, true);
    entry.setBigUint64(space + (pages as number) + head, dump.at(AT.nodes) | 2n, true);
  });
  const { space: memory } = dump.typed;
  const real = memory.u64(dump.typed.symbol('super_blocks')) - BigInt(offset(dump, 'super_block', 's_list'));
  const [type, mounts] = ['s_type', 's_mounts'].map((name) => offset(dump, 'super_block', name));
  const typeAt = memory.u64(real + BigInt(type as number));
  dump.table(AT.supers, count, SUPER, (entry, i) => {
    const list = dump.at(AT.supers + i * SUPER + (mounts as number));
    entry.setBigUint64(type as number, typeAt, true);
    entry.setBigUint64(mounts as number, list, true);
    entry.setBigUint64((mounts as number) + 8, list, true);
  });
}

function writeDentries(dump: PlantedDump, count: number): void {
  const [parent, name, length, hash, inode, short] = [
    ...['d_parent', 'd_name.name', 'd_name.len', 'd_hash.pprev', 'd_inode', 'd_iname'],
  ].map((member) => offset(dump, 'dentry', member)) as [number, number, number, number, number, number];
  dump.table(AT.dentries, count, DENTRY, (entry, i) => {
    entry.setBigUint64(parent, dump.at(AT.chain), true);
    entry.setBigUint64(name, dump.at(AT.dentries + i * DENTRY + short), true);
    entry.setUint32(length, 1, true);
    entry.setBigUint64(hash, dump.at(0), true);
    entry.setBigUint64(inode, dump.at(AT.inodes + i * INODE), true);
    entry.setUint8(short, 0x66);
  });
  dump.put(dump.at(AT.name), Buffer.from('n'.repeat(NAME)));
  dump.table(AT.chain, DEPTH, DENTRY, (entry, i) => {
    entry.setBigUint64(parent, dump.at(AT.chain + Math.min(DEPTH - 1, i + 1) * DENTRY), true);
    entry.setBigUint64(name, dump.at(AT.name), true);
    entry.setUint32(length, NAME, true);
    entry.setBigUint64(hash, dump.at(0), true);
  });
}

function writeNodes(dump: PlantedDump): void {
  const [shift, slots, marks] = ['shift', 'slots', 'marks'].map((name) => offset(dump, 'xa_node', name)) as [
    number,
    number,
    number,
  ];
  dump.table(AT.nodes, LEVELS, NODE, (entry, level) => {
    entry.setUint8(shift, 6 * (LEVELS - 1 - level));
    entry.setBigUint64(marks, 2n ** 64n - 1n, true);
    const below = level === LEVELS - 1 ? dump.at(0) : dump.at(AT.nodes + (level + 1) * NODE) | 2n;
    for (let slot = 0; slot < 64; slot++) entry.setBigUint64(slots + 8 * slot, below, true);
  });
}

/** Makes each page a page-cache page of its own file. */
function writeStructPages(dump: PlantedDump, count: number): void {
  const { types, space, kernel } = dump.typed;
  const structPages = new StructPages(kernel);
  const [flags, mapping, mapcount, references] = ['flags', 'mapping', '_mapcount', '_refcount'].map((name) =>
    offset(dump, 'page', name),
  ) as [number, number, number, number];
  const cached = ['PG_lru', 'PG_uptodate'].reduce(
    (all, name) => all | (1n << (types.enumerator(name) ?? 0n)),
    0n,
  );
  const data = offset(dump, 'inode', 'i_data');
  for (let i = 0; i < count; i++) {
    const at = structPages.addressOf(FIRST_PFN + i) ?? 0n;
    const bytes = new Uint8Array(types.struct('page').size);
    const view = new DataView(bytes.buffer);
    const place = space.u64(at + BigInt(flags)) & ~0xffff_ffffn;
    view.setBigUint64(flags, place | cached, true);
    view.setBigUint64(mapping, dump.at(AT.inodes + i * INODE + data), true);
    view.setInt32(mapcount, -1, true);
    view.setInt32(references, 1, true);
    dump.put(at, bytes);
  }
}

function offset(dump: PlantedDump, struct: string, member: string): number {
  return dump.place(struct, member).offset;
}
