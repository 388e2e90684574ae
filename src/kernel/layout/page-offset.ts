import { InspectError } from '../../errors.ts';
import type { Segment } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import { GIB, PAGE_SIZE, START_KERNEL_MAP } from '../../machine.ts';
import { type Found, type Method, type TriedValue, tryMethods } from '../evidence/methods.ts';
import type { Kallsyms } from '../kallsyms/kallsyms.ts';
import type { Kernel } from '../open/kernel.ts';
import { explainWalk } from '../paging/address-space.ts';
import { decodeEntry, ENTRIES, PAGING } from '../paging/paging.ts';
import { missingKey } from '../vmcoreinfo/vmcoreinfo.ts';

/** Different p_vaddr - p_paddr of LOADs: there is one for RAM, and one more or two in what old tools wrote. */
const DIFFERENCES_LIMIT = 1000;

/** The symbol table when it is needed, or its error: read once, by whoever asks first. */
export type KallsymsSource = () => Kallsyms;

/**
 * page_offset: the virtual address of physical address 0 in the direct map (page_offset_base). By the methods that
 * user-space tools have used, best first; each candidate is tested against the page tables.
 */
export function findPageOffset(kernel: Kernel, kallsyms: KallsymsSource, given?: bigint): TriedValue {
  const methods: Method[] = [
    ...(given === undefined
      ? []
      : [{ source: 'option', find: () => ({ value: given, how: '--page-offset' }) }]),
    { source: 'vmcoreinfo', find: () => fromVmcoreinfo(kernel) },
    { source: 'kallsyms', find: () => variable(kernel, kallsyms(), 'page_offset_base') },
    { source: 'direct-map-pointer', find: () => fromPointer(kernel) },
    { source: 'pt-load', find: () => fromLoads(kernel.image.segments) },
    { source: 'page-tables', find: () => fromPageTables(kernel) },
    { source: 'constant', find: () => fromConstant(kernel) },
  ];
  return tryMethods(methods, (value) => refute(kernel, value), 'option');
}

/** Reads a variable of the kernel by its symbol. @throws InspectError missingInfo without the symbol, or as a read does */
export function variable(kernel: Kernel, kallsyms: Kallsyms, name: string): Found {
  const symbol = kallsyms.find(name)[0];
  if (!symbol) throw new InspectError('missingInfo', `the kernel's symbol table has no ${name}`);
  return { value: kernel.space.u64(symbol.address), how: `variable ${name} at ${hex(symbol.address)}` };
}

/** No kernel for x86_64 has written either upstream (the thread this began with asked for it in 2018); some may. */
function fromVmcoreinfo(kernel: Kernel): Found {
  const { info, space } = kernel;
  const number = writtenBase(info);
  if (number !== undefined) return { value: number, how: 'NUMBER(page_offset_base)' };
  const symbol = info.symbol('page_offset_base');
  if (symbol === undefined)
    throw missingKey('NUMBER(page_offset_base) or SYMBOL(page_offset_base)', 'no x86_64 kernel writes it');
  return { value: space.u64(symbol), how: `SYMBOL(page_offset_base), variable at ${hex(symbol)}` };
}

/** As arm64 and out-of-tree kernels write such numbers: signed decimal (VMCOREINFO_NUMBER) or 0x hex. */
function writtenBase(info: Kernel['info']): bigint | undefined {
  const key = 'NUMBER(page_offset_base)';
  const text = info.get(key)?.trim();
  if (text === undefined) return undefined;
  if (/^(-?\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text)) return BigInt.asUintN(64, BigInt(text));
  throw new InspectError('corrupt', `VMCOREINFO: ${key} is "${text.slice(0, 40)}", not a number`, { key });
}

/** A pointer that is known to lead into the direct map, less where the page tables say that it leads. */
function fromPointer(kernel: Kernel): Found {
  const [name, pointer] = directPointer(kernel);
  if (pointer >= START_KERNEL_MAP)
    throw new InspectError('missingInfo', `${name} points into the kernel image, not into the direct map`);
  return {
    value: pointer - BigInt(kernel.space.translate(pointer)),
    how: `${name} = ${hex(pointer)}, less its physical address`,
  };
}

/** mem_section is allocated since 4.15 (83e3c48729d9), from memblock; so are the nodes' pglist_data. */
function directPointer({ info, space }: Kernel): [string, bigint] {
  const section = info.symbol('mem_section');
  if (section !== undefined && section < START_KERNEL_MAP) return ['SYMBOL(mem_section)', section];
  const nodes = info.symbol('node_data');
  if (nodes !== undefined) return ['node_data[0]', space.u64(nodes)];
  throw missingKey(
    'SYMBOL(mem_section) or SYMBOL(node_data)',
    'there is no pointer into the direct map to start from',
  );
}

/** What the file's own segments say: the difference that most of the RAM has. */
function fromLoads(segments: Iterable<Segment>): Found {
  let ram = 0;
  let loads = 0;
  const bytes = new Map<bigint, bigint>();
  for (const { physical, virtual, memorySize } of segments) {
    if (physical === null || virtual === null || virtual >= START_KERNEL_MAP) continue;
    ram++;
    if (virtual < 1n << 63n) continue;
    loads++;
    const difference = virtual - BigInt(physical);
    bytes.set(difference, (bytes.get(difference) ?? 0n) + memorySize);
    if (bytes.size > DIFFERENCES_LIMIT)
      throw new InspectError('corrupt', `p_vaddr - p_paddr has more than ${DIFFERENCES_LIMIT} values`);
  }
  if (ram === 0) throw new InspectError('missingInfo', 'no LOAD of RAM has both addresses');
  if (loads === 0) {
    const why =
      'the LOADs have no kernel addresses (p_vaddr is 0 or p_paddr, as QEMU writes them without paging)';
    throw new InspectError('missingInfo', why);
  }
  const [best] = [...bytes].sort((a, b) => (a[1] < b[1] ? 1 : -1)) as [[bigint, bigint]];
  const others =
    bytes.size === 1
      ? ''
      : `, where others say ${[...bytes.keys()]
          .filter((d) => d !== best[0])
          .slice(0, 3)
          .map(hex)
          .join(', ')}`;
  return {
    value: best[0],
    how: `p_vaddr - p_paddr of ${bytes.size === 1 ? '' : 'most of '}${loads} LOADs of RAM${others}`,
  };
}

/** The first page of the kernel's half that the tables map in whole GiB from physical address 0 on. */
function fromPageTables(kernel: Kernel): Found {
  const found = new DirectMapSearch(kernel).first(kernel.space.walker.root, 0, 0n);
  if (!found)
    throw new InspectError(
      'notMapped',
      'no page of the kernel half lies a multiple of 1 GiB above its physical address',
    );
  return {
    value: found.virtual - BigInt(found.physical),
    how: `the tables map ${hex(found.virtual)} to ${hex(found.physical)}`,
  };
}

interface Leaf {
  readonly virtual: bigint;
  readonly physical: number;
}

/** In a kernel the first tables of its half have it; damaged tables that lead to each other could be searched for hours. */
const TABLES_SEARCHED = 4096;

/** Searches in ascending order, depth first, for the first page that may be of the direct map. */
class DirectMapSearch {
  readonly #kernel: Kernel;
  readonly #encryptionMask: bigint;
  #tables = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#encryptionMask = BigInt(kernel.info.number('sme_mask') ?? 0);
  }

  first(table: number, depth: number, base: bigint): Leaf | undefined {
    const { pagingLevels, space } = this.#kernel;
    const level = PAGING[pagingLevels][depth];
    if (!level || this.#tables++ >= TABLES_SEARCHED) return undefined;
    const entries = space.walker.table(table);
    if (!entries) return undefined;
    for (let i = depth === 0 ? ENTRIES / 2 : 0; i < ENTRIES; i++) {
      const entry = decodeEntry(entries[i] ?? 0n, level, this.#encryptionMask);
      if (!entry.present) continue;
      const virtual = canonical(base + (BigInt(i) << BigInt(level.shift)), pagingLevels);
      if (virtual >= START_KERNEL_MAP) return undefined;
      if (!entry.page) {
        const leaf = this.first(entry.physical, depth + 1, virtual);
        if (leaf) return leaf;
      } else if ((virtual - BigInt(entry.physical)) % GIB === 0n)
        return { virtual, physical: entry.physical };
    }
    return undefined;
  }
}

function canonical(address: bigint, levels: 4 | 5): bigint {
  return BigInt.asUintN(64, BigInt.asIntN(levels === 5 ? 57 : 48, address));
}

/** __PAGE_OFFSET_BASE_L4 and _L5 (page_64_types.h), since 4.20 (d52888aa2753) and before; only KASLR moves it. */
const CONSTANTS: Record<4 | 5, readonly bigint[]> = {
  4: [0xffff_8880_0000_0000n, 0xffff_8800_0000_0000n],
  5: [0xff11_0000_0000_0000n, 0xff10_0000_0000_0000n],
};

function fromConstant(kernel: Kernel): Found {
  const offset = kernel.info.hex('KERNELOFFSET');
  if (offset === undefined) throw missingKey('KERNELOFFSET', 'whether KASLR moved the direct map is unknown');
  if (offset !== 0n)
    throw new InspectError('missingInfo', 'KASLR is on (KERNELOFFSET is not 0), so no constant holds');
  const value = CONSTANTS[kernel.pagingLevels].find((constant) => refute(kernel, constant) === undefined);
  if (value === undefined)
    throw new InspectError('notMapped', 'KASLR is off, but no built-in base is mapped to RAM');
  return { value, how: 'KASLR is off (KERNELOFFSET=0)' };
}

/** What the page tables say against a candidate: a page at the start and one at the end of RAM must map to themselves. */
function refute(kernel: Kernel, value: bigint): string | undefined {
  for (const physical of probes(kernel)) {
    const address = BigInt.asUintN(64, value + BigInt(physical));
    const { result } = kernel.space.walk(address);
    if (result.kind === 'noTable') continue;
    if (result.kind === 'mapped' && result.physical === physical) return undefined;
    const where =
      result.kind === 'mapped'
        ? `is mapped to physical ${hex(result.physical)}`
        : explainWalk(result, address);
    return `with it physical ${hex(physical)} should be at ${hex(value + BigInt(physical))}, which ${where}`;
  }
  return 'no table that could prove it is in the dump';
}

/** Physical addresses to prove page_offset with: pages of RAM for certain, for the kernel's own tables lie there. */
function probes(kernel: Kernel): number[] {
  const tables = kernel.space
    .walk(kernel.info.symbol('_stext') ?? START_KERNEL_MAP)
    .steps.map((step) => step.table);
  return [...tables.slice(1), ...tables.slice(0, 1)].map((table) => table - (table % PAGE_SIZE));
}
