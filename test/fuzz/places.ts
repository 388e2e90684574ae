import type { ByteSource, ReadStatistics } from '../../src/bytes/source.ts';
import { u64At } from '../../src/bytes/words.ts';
import { parseHole } from '../../src/cli/options/parsers.ts';
import { InspectError } from '../../src/errors.ts';
import type { MemoryImage } from '../../src/formats/image/image.ts';
import { openSources } from '../../src/formats/open.ts';
import { searchVmcoreinfo } from '../../src/kernel/identity/vmcoreinfo-search.ts';
import { type Kernel, openKernel } from '../../src/kernel/open/kernel.ts';
import { openMemSections } from '../../src/kernel/sparsemem/mem-section.ts';
import { TypedKernel } from '../../src/kernel/types/typed-kernel.ts';

const PAGE = 4096;
/** Most bytes of a long read that are mutated. */
const LONGEST = 1 << 16;
/**
 * Number of recent reads in which a page is looked for, because it may have been read with its neighbours.
 */
const REMEMBERED = 64;

/** What a place holds, which decides how it is mutated. */
export type Kind = 'bytes' | 'words' | 'text' | 'pageTable' | 'structPages';

/** A structure in a file. */
export interface Place {
  readonly kind: Kind;
  readonly what: string;
  /** Which of the base's files. */
  readonly file: number;
  readonly at: number;
  readonly length: number;
  /** Its virtual address, if it is in the kernel's memory. */
  readonly virtual?: bigint;
  readonly physical?: number;
}

interface Files {
  readonly files: readonly ByteSource[];
  readonly args: readonly string[];
  readonly isProcfs: boolean;
}

interface SeenRead {
  readonly file: number;
  readonly at: number;
  readonly bytes: Buffer;
}

/** Where a page of memory is in the files, encoded or not. */
interface Found {
  readonly file: number;
  readonly at: number;
  readonly length: number;
  readonly whole: boolean;
}

/** A file that remembers what was read from it. */
class Watched implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly isProcfs: boolean;
  readonly statistics: ReadStatistics = { reads: 0, bytes: 0 };
  readonly #file: ByteSource;
  readonly #onRead: (at: number, bytes: Uint8Array) => void;

  constructor(file: ByteSource, isProcfs: boolean, onRead: (at: number, bytes: Uint8Array) => void) {
    this.#file = file;
    this.#onRead = onRead;
    this.path = file.path;
    this.size = file.size;
    this.isProcfs = isProcfs;
  }

  read(position: number | bigint, into: Uint8Array): number {
    const got = this.#file.read(position, into);
    this.#onRead(Number(position), into.subarray(0, got));
    return got;
  }

  close(): void {}
}

/**
 * The structures of a dump at which a mutation may aim, found by the program's own code in the whole dump.
 */
export async function placesIn({ files, args, isProcfs }: Files): Promise<Place[]> {
  let reads: SeenRead[] = [];
  const watched = files.map(
    (file, i) =>
      new Watched(file, isProcfs, (at, bytes) => {
        if (bytes.length <= 1 << 18) reads.push({ file: i, at, bytes: Buffer.from(bytes) });
      }),
  );
  const hole = args.includes('--hole') ? { hole: parseHole(args[args.indexOf('--hole') + 1] ?? '') } : {};
  const options = args.includes('raw') ? ({ format: 'raw', ...hole } as const) : {};
  const image = await openSources(watched, options);
  // All that was read to open it: headers, notes, bitmaps, records.
  const headers = uniquePlaces(
    reads.map(({ file, at, bytes }) => ({ kind: 'bytes', what: 'header', file, at, length: bytes.length })),
  );
  const kernel = tryKernel(image);
  const wanted = kernel ? [...memoryPlaces(kernel)] : [];
  // Opened again, because what was decoded once is not read again.
  const fresh = await openSources(watched, options);
  const found = new Map<number, Found | undefined>();
  reads = [];
  const pageAt = (physical: number) => {
    const page = Buffer.alloc(PAGE);
    if (fresh.memory.read(physical, page)) return undefined;
    for (const { file, at, bytes } of reads.slice(-REMEMBERED)) {
      const inside = bytes.length >= PAGE ? indexOfPage(bytes, page) : -1;
      if (inside >= 0) return { file, at: at + inside, length: PAGE, whole: true };
    }
    // Compressed: the page was made from what was read last.
    const last = reads.at(-1);
    return (
      last && { file: last.file, at: last.at, length: Math.min(last.bytes.length, LONGEST), whole: false }
    );
  };
  const inMemory = wanted.flatMap((place): Place[] => {
    const inside = place.physical % PAGE;
    const start = place.physical - inside;
    if (!found.has(start)) found.set(start, pageAt(start));
    const where = found.get(start);
    if (!where) return [];
    if (!where.whole)
      return [{ ...place, kind: 'bytes', file: where.file, at: where.at, length: where.length }];
    return [
      { ...place, file: where.file, at: where.at + inside, length: Math.min(place.length, PAGE - inside) },
    ];
  });
  return [...headers, ...textPlaces(files), ...inMemory];
}

/** Looks for the first bytes that are not zero, because looking for a long run of zeros takes long. */
function indexOfPage(bytes: Buffer, page: Buffer): number {
  const first = Math.min(
    page.findIndex((byte) => byte !== 0),
    PAGE - 16,
  );
  if (first < 0) return -1;
  const mark = page.subarray(first, first + 16);
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    if (at < first || at - first + PAGE > bytes.length) continue;
    if (page.compare(bytes, at - first, at - first + PAGE) === 0) return at - first;
  }
  return -1;
}

function tryKernel(image: MemoryImage): Kernel | undefined {
  try {
    return openKernel(image, { vmcoreinfo: image.vmcoreinfo ?? searchVmcoreinfo(image) });
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}

function uniquePlaces(places: readonly Place[]): Place[] {
  const kept = new Map<string, Place>();
  for (const place of places)
    if (place.length > 0) kept.set(`${place.file} ${place.at} ${place.length}`, place);
  return [...kept.values()].slice(0, 400);
}

/** VMCOREINFO, wherever it is in the first MiB of a file. */
function textPlaces(files: readonly ByteSource[]): Place[] {
  return files.flatMap((file, i) => {
    const head = new Uint8Array(1 << 20);
    const text = Buffer.from(head.buffer, 0, file.read(0, head)).toString('latin1');
    return [...text.matchAll(/(?:^|[^\n-~])((?:[A-Z]+[A-Z(][^\n=]*=[ -~]*\n){5,})/g)].map((match): Place => {
      const lines = match[1] ?? '';
      return {
        kind: 'text',
        what: 'VMCOREINFO',
        file: i,
        at: match.index + match[0].indexOf(lines),
        length: lines.length,
      };
    });
  });
}

type MemoryPlace = Omit<Place, 'file' | 'at' | 'physical'> & { readonly physical: number };

const NAMES = [
  ...[
    'init_task',
    'modules',
    'slab_caches',
    'vmap_area_list',
    'vmap_nodes',
    'super_blocks',
    'init_pid_ns',
    'init_mm',
  ],
  ...[
    '__start_BTF',
    'node_data',
    'contig_page_data',
    '_text',
    'linux_banner',
    'init_uts_ns',
    'prb',
    'log_buf',
    'tk_core',
  ],
  ...[
    '__per_cpu_offset',
    'hstates',
    'vm_node_stat',
    'saved_command_line',
    'avenrun',
    'tainted_mask',
    'init_net',
    'btf_modules',
  ],
];

function* memoryPlaces(kernel: Kernel): Generator<MemoryPlace> {
  const starts = new Map<string, bigint>();
  for (const key of kernel.info.keys()) {
    const name = /^SYMBOL\((.*)\)$/.exec(key)?.[1];
    const address = name === undefined ? undefined : kernel.info.symbol(name);
    if (address !== undefined) starts.set(key, address);
  }
  for (const [name, address] of namedAddresses(kernel)) starts.set(name, address);
  yield* pageTables(kernel, [...starts.values()]);
  yield* structPages(kernel);
  yield* typeTables(kernel, starts);
  const seen = new Set<bigint>();
  for (const [what, address] of starts) yield* follow(kernel, { what, address, depth: 3 }, seen);
}

function namedAddresses(kernel: Kernel): [string, bigint][] {
  try {
    const { symbols } = new TypedKernel(kernel);
    return NAMES.flatMap((name) =>
      symbols
        .find(name)
        .slice(0, 1)
        .map(({ address }): [string, bigint] => [name, address]),
    );
  } catch (error) {
    if (error instanceof InspectError) return [];
    throw error;
  }
}

/** Pages of the symbol tables and of BTF, which are longer than other structures. */
function* typeTables(kernel: Kernel, starts: ReadonlyMap<string, bigint>): Generator<MemoryPlace> {
  for (const [what, start] of starts) {
    if (!/kallsyms|BTF/.test(what)) continue;
    for (let page = 0n; page < TABLE_PAGES; page++) {
      const at = start + page * BigInt(PAGE);
      const physical = physicalOf(kernel, at);
      if (physical === undefined) break;
      yield { kind: 'words', what, length: PAGE - (physical % PAGE), physical };
    }
  }
}

/** Each table on the way to some addresses. */
function* pageTables(kernel: Kernel, addresses: readonly bigint[]): Generator<MemoryPlace> {
  const tables = new Set<number>();
  const maps = sectionMaps(kernel);
  for (const address of [...addresses, ...maps.map(({ map }) => map)])
    for (const { table } of kernel.space.walk(address).steps) tables.add(table);
  for (const physical of tables) yield { kind: 'pageTable', what: 'page table', length: PAGE, physical };
}

function sectionMaps(kernel: Kernel): { section: number; map: bigint; size: number }[] {
  try {
    const sections = openMemSections(kernel);
    return Array.from({ length: 4 }, (_, section) => section).flatMap((section) => {
      const map = sections.memMapOf(section);
      return map === null ? [] : [{ section, map, size: sections.pagesPerSection * sections.structPageSize }];
    });
  } catch (error) {
    if (error instanceof InspectError) return [];
    throw error;
  }
}

function* structPages(kernel: Kernel): Generator<MemoryPlace> {
  for (const { map, size } of sectionMaps(kernel)) {
    for (let at = 0; at < size; at += size / 8) {
      const physical = physicalOf(kernel, map + BigInt(at));
      if (physical !== undefined) yield { kind: 'structPages', what: 'struct pages', length: PAGE, physical };
    }
    // In the made-up kernels, the struct pages that were written.
    const physical = physicalOf(kernel, map + BigInt((0x3000 * size) / 32768));
    if (physical !== undefined) yield { kind: 'structPages', what: 'struct pages', length: PAGE, physical };
  }
}

function physicalOf({ space }: Kernel, address: bigint): number | undefined {
  const { result } = space.walk(address);
  return result.kind === 'mapped' ? result.physical : undefined;
}

interface Start {
  readonly what: string;
  readonly address: bigint;
  readonly depth: number;
}

const KERNEL_SPACE = 0xffff_8000_0000_0000n;
/** Bytes after an address that count as one structure, and pointers that are followed from each. */
const STRUCTURE = 512;
const FOLLOWED = 6;
const TABLE_PAGES = 4n;

/** An object, and those that it points to. */
function* follow(kernel: Kernel, { what, address, depth }: Start, seen: Set<bigint>): Generator<MemoryPlace> {
  const physical = physicalOf(kernel, address);
  if (physical === undefined || seen.has(address)) return;
  seen.add(address);
  const length = Math.min(STRUCTURE, PAGE - (physical % PAGE));
  yield { kind: 'words', what, length, physical, virtual: address };
  const bytes = new Uint8Array(length);
  if (depth === 0 || kernel.image.memory.read(physical, bytes)) return;
  const pointers = new Set<bigint>();
  for (let i = 0; i + 8 <= length; i += 8) {
    const word = u64At(bytes, i);
    if (word >= KERNEL_SPACE && word < 0xffff_ffff_ffff_f000n) pointers.add(word & ~7n);
  }
  for (const pointer of [...pointers].slice(0, FOLLOWED))
    yield* follow(kernel, { what: `${what} ->`, address: pointer, depth: depth - 1 }, seen);
}
