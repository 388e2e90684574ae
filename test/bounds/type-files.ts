import { PlantedDump } from './planted-dump.ts';

const MIB = 2 ** 20;
const LARGE_PAGE = 2 * MIB;
/** Bits of an entry that maps a 2 MiB page: present, writable, accessed, dirty, PSE. */
const FLAGS = 0xe3n;
const HEADER = 24;
/** Just below what is read at once. */
const BLOB = 31 * MIB;
const TYPEDEF = 8 << 24;
const ENUM = 6 << 24;

/** Writes more types; `name` is the string offset of a name for them. */
type Filler = (words: Uint32Array, name: number) => void;

/** A real dump whose kernel has its own types and others, as many as there can be. */
const withTypes =
  (fill: Filler) =>
  (path: string): readonly string[] => {
    const dump = new PlantedDump(path, 1);
    const { typed } = dump;
    const [start, stop] = ['__start_BTF', '__stop_BTF'].map((name) => typed.symbol(name)) as [bigint, bigint];
    const own = typed.space.bytes(start, Number(stop - start));
    const view = new DataView(own.buffer);
    const word = (at: number) => view.getUint32(at, true);
    const types = own.subarray(HEADER + word(8), HEADER + word(8) + word(12));
    const strings = own.subarray(HEADER + word(16), HEADER + word(16) + word(20));
    const added = Buffer.from('planted\0');
    const room = BLOB - HEADER - types.length - strings.length - added.length;
    const more = new Uint32Array(Math.floor(room / 4 / 3) * 3);
    fill(more, strings.length);
    const blob = new Uint8Array(BLOB);
    blob.set(own.subarray(0, HEADER));
    const header = new DataView(blob.buffer);
    header.setUint32(8, 0, true);
    header.setUint32(12, types.length + more.byteLength, true);
    header.setUint32(16, types.length + more.byteLength, true);
    header.setUint32(20, strings.length + added.length, true);
    blob.set(types, HEADER);
    blob.set(new Uint8Array(more.buffer), HEADER + types.length);
    blob.set(strings, HEADER + types.length + more.byteLength);
    blob.set(added, HEADER + types.length + more.byteLength + strings.length);
    const length = HEADER + types.length + more.byteLength + strings.length + added.length;
    const at = mapInImage(dump, Math.ceil(BLOB / LARGE_PAGE));
    dump.put(dump.at(0), blob);
    moveSymbol(dump, '__start_BTF', at);
    moveSymbol(dump, '__stop_BTF', at + BigInt(length));
    dump.close();
    return [];
  };

/** Maps the start of the planted memory after the image, where symbols can be. Returns its address there. */
function mapInImage(dump: PlantedDump, pages: number): bigint {
  const { space } = dump.typed;
  const at = (dump.typed.symbol('_end') + 0x800_0000n) & ~0x1f_ffffn;
  for (let n = 0; n < pages; n++) {
    const last = space.walk(at + BigInt(n * LARGE_PAGE)).steps.at(-1);
    if (last?.level.shift !== 21) throw new Error('the image of this dump has no table for it');
    dump.putPhysical(last.table + last.index * 8, BigInt(dump.physical(n * LARGE_PAGE)) | FLAGS);
  }
  return at;
}

/** Writes another address into the kernel's symbol table, which stores it as the distance below the base. */
function moveSymbol(dump: PlantedDump, name: string, to: bigint): void {
  const { symbols, space, kernel } = dump.typed;
  if (symbols.form !== 'absolute-percpu') throw new Error(`addresses of symbols are ${symbols.form}`);
  const key = (of: string) => kernel.info.symbol(of) ?? 0n;
  const base = space.u64(key('kallsyms_relative_base'));
  let index = 0;
  while (symbols.symbol(index).name !== name) index++;
  dump.put32(key('kallsyms_offsets') + BigInt(4 * index), Number(BigInt.asUintN(32, base - to - 1n)));
}

/** As many types of one name as fit. */
export const manyTypes = withTypes((words, name) => {
  for (let i = 0; i < words.length; i += 3) words.set([name, TYPEDEF, 1], i);
});

/** Enumerations with as many constants of one name as fit. */
export const manyEnumerators = withTypes((words, name) => {
  const each = 3 + 2 * 65_535;
  let at = 0;
  for (; at + each <= words.length; at += each) {
    words.set([0, ENUM | 65_535, 4], at);
    for (let i = 0; i < 65_535; i++) words.set([name, i], at + 3 + 2 * i);
  }
  for (; at < words.length; at += 3) words.set([name, TYPEDEF, 1], at);
});
