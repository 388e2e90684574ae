import { btfKindOf, KIND_LAYOUTS, vlenOf } from '../../../src/kernel/btf/kinds.ts';
import { tablesByShape } from '../../../src/kernel/kallsyms/kallsyms-scan.ts';
import { type KallsymsTables, tablesByKeys } from '../../../src/kernel/kallsyms/kallsyms-tables.ts';
import type { Random } from '../random.ts';
import { attempt, type Dump } from './dump.ts';
import { OBJECTS } from './objects.ts';
import { type Aim, inMemory, type Target } from './target.ts';

/** A part of a table to change; the bytes are picked anywhere in it. */
interface Part {
  readonly field: string;
  readonly address: bigint;
  /** Bytes of the whole part, and of one element. */
  readonly size: number;
  readonly element: number;
}

function inPart(
  dump: Dump,
  random: Random,
  { field, address, size, element }: Part,
  structure: string,
  commands: readonly string[],
): Target | undefined {
  const count = Math.max(1, Math.floor(size / element));
  const place = (i: number) => address + BigInt(i * element);
  const index = random.below(count);
  const other = random.below(count);
  return inMemory(dump, place(index), {
    structure,
    field,
    kind: 'number',
    length: Math.min(element, size),
    room: size - index * element,
    commands,
    neighbour: dump.positionOf(place((index + 1) % count)),
    other: () => attempt(() => dump.bytes(place(other), Math.min(element, size))),
  });
}

const SYMBOL_COMMANDS = ['symbols:init_task', 'symbols:*slab*', 'info', 'usage'];

/** Where the symbol tables are: from VMCOREINFO, or found by their shape. */
function symbolTables({ kernel }: Dump): KallsymsTables | undefined {
  return attempt(() => tablesByKeys(kernel.space, kernel.info) ?? tablesByShape(kernel.space, kernel.info));
}

const tables = new WeakMap<Dump, KallsymsTables>();

/** Aims at the tables of the kernel's own symbols. */
export const kallsyms: Aim = (dump, random) => {
  const found = tables.get(dump) ?? symbolTables(dump);
  if (!found) return undefined;
  tables.set(dump, found);
  const { count, names, tokenTable, tokenIndex, addresses } = found;
  const part = (field: string, address: bigint | undefined, size: number, element: number): Part[] =>
    address === undefined ? [] : [{ field, address, size, element }];
  const parts = [
    // The names are followed by the table of markers, then by the tokens.
    ...part('names and markers', names, Number(tokenTable - names), 1),
    ...part('names', names, 9 * count, 1),
    ...part('token_table', tokenTable, Number(tokenIndex - tokenTable), 1),
    ...part('token_index', tokenIndex, 512, 2),
    ...part('offsets', addresses.offsets, 4 * count, 4),
    ...part('relative_base', addresses.relativeBase, 8, 8),
    ...part('num_syms', dump.kernel.info.symbol('kallsyms_num_syms'), 4, 4),
  ];
  return inPart(dump, random, random.pick(parts), 'kallsyms', SYMBOL_COMMANDS);
};

const HEADER = ['magic', 'hdr_len', 'type_off', 'type_len', 'str_off', 'str_len'];
const TYPE_COMMANDS = ['usage', 'ps', 'info', 'struct:task_struct', 'struct:page'];

/** Aims at the types: the header, any type or string, and those of structures that the program reads. */
export const btf: Aim = (dump, random) => {
  const start = dump.symbol('__start_BTF');
  if (start === undefined || !dump.hasTypes) return undefined;
  const [length = 0, typeOff = 0, typeLen = 0, strOff = 0, strLen = 0] = [4, 8, 12, 16, 20].map((at) =>
    dump.u32(start + BigInt(at)),
  );
  const [types, strings] = [start + BigInt(length + typeOff), start + BigInt(length + strOff)];
  const field = random.below(HEADER.length);
  const used = usedTypes(dump, types, typeLen);
  const parts: Part[] = [
    { field: HEADER[field] ?? '', address: start + BigInt(4 * field), size: 4, element: 4 },
    { field: 'any type', address: types, size: typeLen, element: 4 },
    { field: 'any string', address: strings, size: strLen, element: 1 },
  ];
  const part = random.once(3) || used.length === 0 ? random.pick(parts) : random.pick(used);
  const inName = part.field.startsWith('struct') && random.once(3);
  if (!inName) return inPart(dump, random, part, 'BTF', TYPE_COMMANDS);
  const name = dump.u32(part.address + BigInt(12 * random.below(Math.max(1, Math.floor(part.size / 12)))));
  const named = {
    field: 'name in a used struct',
    address: strings + BigInt(name % strLen),
    size: 8,
    element: 1,
  };
  return inPart(dump, random, named, 'BTF', TYPE_COMMANDS);
};

const found = new WeakMap<Dump, readonly Part[]>();

/** The types of the structures whose objects are known here: header and members. */
function usedTypes(dump: Dump, types: bigint, length: number): readonly Part[] {
  const known = found.get(dump);
  if (known) return known;
  const wanted = new Set(
    Object.keys(OBJECTS).flatMap((name) => {
      const type = dump.struct(name);
      return type ? [type.id] : [];
    }),
  );
  const words = new Uint32Array(dump.bytes(types, length - (length % 4)).buffer);
  const parts: Part[] = [];
  for (let at = 0, id = 1; at + 2 < words.length; id++) {
    const info = words[at + 1] ?? 0;
    const layout = KIND_LAYOUTS[btfKindOf(info)];
    if (!layout) break;
    const size = 3 + layout.fixed + layout.each * vlenOf(info);
    if (wanted.has(id))
      parts.push({
        field: 'struct that is read',
        address: types + BigInt(4 * at),
        size: 4 * size,
        element: 4,
      });
    at += size;
  }
  found.set(dump, parts);
  return parts;
}

/** Aims at the section table: a root's pointer, or a section's map and flags. */
export const memSection: Aim = (dump, random) => {
  const { info } = dump.kernel;
  const root = info.symbol('mem_section');
  const entry = info.size('mem_section') ?? 16;
  if (root === undefined) return undefined;
  const first = attempt(() => dump.u64(root)) ?? 0n;
  const parts: Part[] = [
    { field: 'root', address: root, size: 16, element: 8 },
    { field: 'section_mem_map', address: first, size: 4 * entry, element: entry },
    { field: 'beyond the last section', address: first + BigInt(4 * entry), size: 8 * entry, element: entry },
  ];
  const part = random.pick([parts[0], parts[1], parts[1], parts[1], parts[2]] as Part[]);
  const commands = ['pages', 'usage', 'layout', 'page:4096', 'page:40000'];
  return inPart(dump, random, { ...part, element: 8 }, 'mem_section', commands);
};

/** Aims at the ring of the kernel log. */
export const logRing: Aim = (dump, random) => {
  const { info } = dump.kernel;
  const pointer = info.symbol('prb');
  const ring = pointer === undefined ? undefined : attempt(() => dump.u64(pointer));
  if (ring === undefined) return undefined;
  const desc = ring + BigInt(info.offset('printk_ringbuffer.desc_ring') ?? 0);
  const text = ring + BigInt(info.offset('printk_ringbuffer.text_data_ring') ?? 0);
  const at = (name: string) => info.offset(name) ?? 0;
  const array = (name: string) => dump.u64(desc + BigInt(at(`prb_desc_ring.${name}`)));
  const used = 400;
  const [descSize, infoSize] = [info.size('prb_desc') ?? 24, info.size('printk_info') ?? 88];
  const data = dump.u64(text + BigInt(at('prb_data_ring.data')));
  const parts: Part[] = [
    { field: 'printk_ringbuffer', address: ring, size: info.size('printk_ringbuffer') ?? 80, element: 8 },
    { field: 'prb_desc', address: array('descs'), size: used * descSize, element: 8 },
    { field: 'printk_info', address: array('infos'), size: used * infoSize, element: 8 },
    { field: 'printk_info', address: array('infos'), size: used * infoSize, element: infoSize },
    { field: 'text', address: data, size: 32_768, element: 8 },
  ];
  return inPart(dump, random, random.pick(parts), 'log', ['dmesg', 'info']);
};
