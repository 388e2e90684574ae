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

/** Limit of different values of p_vaddr - p_paddr: RAM has one, and old tools wrote one or two more. */
const DIFFERENCES_LIMIT = 1000;

/** Returns the symbol table or throws its error; it is read only once. */
export type KallsymsSource = () => Kallsyms;

/**
 * Finds page_offset, the virtual address of physical address 0 in the direct map (page_offset_base), by the
 * methods of other user-space tools, best first. Each candidate is tested against the page tables.
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

/**
 * Reads a variable of the kernel by its symbol.
 * @throws InspectError missingInfo without the symbol, or as a read does
 */
export function variable(kernel: Kernel, kallsyms: Kallsyms, name: string): Found {
  const symbol = kallsyms.find(name)[0];
  if (!symbol) throw new InspectError('missingInfo', `the kernel's symbol table has no ${name}`);
  return { value: kernel.space.u64(symbol.address), how: `variable ${name} at ${hex(symbol.address)}` };
}

/**
 * No upstream x86_64 kernel writes either, though it was asked for on the mailing list in 2018; others may.
 */
function fromVmcoreinfo(kernel: Kernel): Found {
  const { info, space } = kernel;
  const number = writtenBase(info);
  if (number !== undefined) return { value: number, how: 'NUMBER(page_offset_base)' };
  const symbol = info.symbol('page_offset_base');
  if (symbol === undefined)
    throw missingKey('NUMBER(page_offset_base) or SYMBOL(page_offset_base)', 'no x86_64 kernel writes it');
  return { value: space.u64(symbol), how: `SYMBOL(page_offset_base), variable at ${hex(symbol)}` };
}

/**
 * Parses the number as arm64 and out-of-tree kernels write it: signed decimal (VMCOREINFO_NUMBER) or 0x hex.
 */
function writtenBase(info: Kernel['info']): bigint | undefined {
  const key = 'NUMBER(page_offset_base)';
  const text = info.get(key)?.trim();
  if (text === undefined) return undefined;
  if (/^(-?\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text)) return BigInt.asUintN(64, BigInt(text));
  throw new InspectError('corrupt', `VMCOREINFO: ${key} is "${text.slice(0, 40)}", not a number`, { key });
}

/** Subtracts from a pointer into the direct map its physical address by the page tables. */
function fromPointer(kernel: Kernel): Found {
  const [name, pointer] = directPointer(kernel);
  if (pointer >= START_KERNEL_MAP)
    throw new InspectError('missingInfo', `${name} points into the kernel image, not into the direct map`);
  return {
    value: pointer - BigInt(kernel.space.translate(pointer)),
    how: `${name} = ${hex(pointer)}, minus its physical address`,
  };
}

/** Since 4.15 (83e3c48729d9) mem_section is allocated from memblock, as the nodes' pglist_data are. */
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

/** Returns the difference that most of the RAM has in the file's own segments. */
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
      : `; others have ${[...bytes.keys()]
          .filter((d) => d !== best[0])
          .slice(0, 3)
          .map(hex)
          .join(', ')}`;
  return {
    value: best[0],
    how: `p_vaddr - p_paddr of ${bytes.size === 1 ? '' : 'most of '}${loads} LOADs of RAM${others}`,
  };
}

/** Finds the first page of the kernel half whose distance to its physical address is a multiple of 1 GiB. */
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

/** A kernel has it in the first tables of its half; damaged tables that form a cycle could take hours. */
const TABLES_SEARCHED = 4096;

/** Searches depth first, in ascending order, for the first page that may belong to the direct map. */
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

/**
 * __PAGE_OFFSET_BASE_L4 and _L5 (page_64_types.h), since 4.20 (d52888aa2753) and before; only KASLR changes
 * it.
 */
const CONSTANTS: Record<4 | 5, readonly bigint[]> = {
  4: [0xffff_8880_0000_0000n, 0xffff_8800_0000_0000n],
  5: [0xff11_0000_0000_0000n, 0xff10_0000_0000_0000n],
};

function fromConstant(kernel: Kernel): Found {
  const offset = kernel.info.hex('KERNELOFFSET');
  if (offset === undefined)
    throw missingKey('KERNELOFFSET', 'it is unknown whether KASLR moved the direct map');
  if (offset !== 0n)
    throw new InspectError('missingInfo', 'KASLR is on (KERNELOFFSET is not 0), so no constant applies');
  const value = CONSTANTS[kernel.pagingLevels].find((constant) => refute(kernel, constant) === undefined);
  if (value === undefined)
    throw new InspectError('notMapped', 'KASLR is off, but no built-in base is mapped to RAM');
  return { value, how: 'KASLR is off (KERNELOFFSET=0)' };
}

/**
 * Returns why the page tables contradict a candidate: pages that are surely RAM must be where it puts them.
 */
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
    return `it puts physical ${hex(physical)} at ${hex(value + BigInt(physical))}, which ${where}`;
  }
  return 'the dump has no page table that could confirm it';
}

/** Physical addresses to test page_offset with: the kernel's own page tables, which are surely RAM. */
function probes(kernel: Kernel): number[] {
  const tables = kernel.space
    .walk(kernel.info.symbol('_stext') ?? START_KERNEL_MAP)
    .steps.map((step) => step.table);
  return [...tables.slice(1), ...tables.slice(0, 1)].map((table) => table - (table % PAGE_SIZE));
}
