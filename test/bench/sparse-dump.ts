import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { buildElf, PT_LOAD, type SegmentRecipe } from '../builders/elf.ts';
import { ascii } from '../builders/encode.ts';
import { type KeyChanges, vmcoreinfoText } from '../builders/kernel-keys.ts';
import { SHAPES } from '../builders/kernel-shapes.ts';
import { writeZone, ZONE_KEYS, ZONE_SIZES } from '../builders/kernel-zones.ts';
import { BuiltMemory } from '../builders/memory.ts';
import { noteSegment, vmcoreinfo } from '../builders/notes.ts';
import { BuiltTables, GIB1, KIB4, MIB2 } from '../builders/page-tables.ts';
import { BLOCKS, type Block, SECTION_PAGES } from './struct-page-blocks.ts';

const PAGE_OFFSET = 0xffff_8880_0000_0000n;
const VMEMMAP = 0xffff_ea00_0000_0000n;
const STEXT = 0xffff_ffff_8100_0000n;
/** Physical addresses: tables from 1 MiB on, the image at 16 MiB, the struct pages from 32 MiB on. */
const TABLES = 0x10_0000;
const IMAGE = 0x100_0000;
const STRUCT_PAGES = 0x200_0000;
/** Places in the image, bytes from _stext. */
const ROOT = 0x1000;
const UTS = 0x8000;
const NODE_DATA = 0x4000;
const NODE_ONLINE_MAP = 0x6000;
const NAMES = 0x7000;

const SECTION_BYTES = SECTION_PAGES * KIB4;
/** Entries per root page of mem_section: struct mem_section has 16 bytes. */
const PER_ROOT = KIB4 / 16;
/** MARKED_PRESENT, HAS_MEM_MAP, IS_ONLINE, IS_EARLY (include/linux/mmzone.h) */
const SECTION_FLAGS = 0xfn;
/** Sections that one PMD table of the vmemmap maps: 64 GiB of memory. */
const PER_TABLE = 512;

type Kind = Exclude<keyof typeof BLOCKS, 'own'>;
const PATTERN: readonly Kind[] = [
  'kernel',
  'free',
  'hugePages',
  'free',
  'mixed',
  'hugePages',
  'folios',
  'free',
];

/** What fills a section: every GiB is alike, except one in sixteen, which is a huge page of hugetlbfs. */
function kindOf(section: number): Kind {
  if (Math.floor(section / 8) % 16 === 3) return section % 8 === 0 ? 'giganticHead' : 'giganticTail';
  return PATTERN[section % 8] as Kind;
}

/**
 * A dump of a machine of that size, as a sparse file of some 20 MiB. The page tables of its vmemmap lead to
 * the same few blocks of struct pages again and again, so every page of memory has a struct page to be
 * classified, as in a real dump. 1 page in 1000 belongs to the kernel, and its contents are a hole, so it is
 * ZERO. The real dumps show what reading the contents costs.
 */
export class SparseDump {
  readonly #bytes: number;
  readonly #memory = new BuiltMemory({ described: [] });
  readonly #tables: BuiltTables;
  readonly #blocks = new Map<Kind | 'own', { at: number; block: Block }>();
  #nextTable = TABLES;

  constructor(gib: number) {
    this.#bytes = gib * GIB1;
    const allocate = () => this.#allocate(1);
    this.#tables = new BuiltTables({ memory: this.#memory, root: IMAGE + ROOT, levels: 4, allocate });
    this.#writeBlocks();
    this.#tables.map(STEXT, IMAGE, MIB2);
    this.#tables.mapRange(PAGE_OFFSET, 0, Math.min(this.#bytes, 512 * GIB1));
    this.#mapStructPages();
    this.#memory.write(IMAGE + UTS, utsname());
    this.#memory.writeU64(IMAGE + NODE_ONLINE_MAP, 1n);
    this.#memory.write(IMAGE + NAMES, ascii('Normal\0'));
  }

  get #sections(): number {
    return this.#bytes / SECTION_BYTES;
  }

  #allocate(pages: number): number {
    const at = this.#nextTable;
    this.#nextTable += pages * KIB4;
    if (this.#nextTable > IMAGE) throw new Error('the tables reach into the image');
    return at;
  }

  #writeBlocks(): void {
    const kinds = [...new Set(Array.from({ length: 128 }, (_, section) => kindOf(section)))];
    const used = STRUCT_PAGES + (kinds.length + 1) * MIB2;
    this.#blocks.set('own', { at: STRUCT_PAGES, block: BLOCKS.own(used / KIB4) });
    kinds.forEach((kind, i) => {
      this.#blocks.set(kind, { at: STRUCT_PAGES + (i + 1) * MIB2, block: BLOCKS[kind]() });
    });
  }

  #blockOf(section: number): { at: number; block: Block } {
    return this.#blocks.get(section === 0 ? 'own' : kindOf(section)) as { at: number; block: Block };
  }

  /** One table for the first 64 GiB, one for all others. */
  #mapStructPages(): void {
    for (let section = 0; section < Math.min(this.#sections, 2 * PER_TABLE); section++) {
      this.#tables.map(VMEMMAP + BigInt(section * MIB2), this.#blockOf(section).at, MIB2);
    }
    const shared = this.#sections > PER_TABLE ? this.#tables.tableOf(VMEMMAP + BigInt(GIB1), MIB2) : 0;
    for (let table = 2; table < this.#sections / PER_TABLE; table++) {
      this.#tables.set(VMEMMAP + BigInt(table * GIB1), GIB1, BigInt(shared) | 0x63n);
    }
  }

  /**
   * The root array of mem_section. All its full pages are one page, because every section encodes the same
   * address.
   */
  #writeSections(): { address: bigint; length: number } {
    const length = 2 ** (46 - 27) / PER_ROOT;
    const array = this.#allocate((length * 8) / KIB4);
    const pageOf = (entries: number) => {
      const page = this.#allocate(1);
      for (let i = 0; i < entries; i++) this.#memory.writeU64(page + i * 16, VMEMMAP | SECTION_FLAGS);
      return PAGE_OFFSET + BigInt(page);
    };
    const full = pageOf(PER_ROOT);
    for (let root = 0; root * PER_ROOT < this.#sections; root++) {
      const entries = Math.min(PER_ROOT, this.#sections - root * PER_ROOT);
      this.#memory.writeU64(array + root * 8, entries === PER_ROOT ? full : pageOf(entries));
    }
    return { address: PAGE_OFFSET + BigInt(array), length };
  }

  /** One node with one zone, whose free lists are as long as the blocks make them. */
  #writeNode(): KeyChanges {
    const pgdat = this.#allocate(ZONE_SIZES.pgdat / KIB4);
    const free: number[] = new Array(11).fill(0);
    for (let section = 0; section < this.#sections; section++) {
      this.#blockOf(section).block.freeBlocks.forEach((blocks, order) => {
        free[order] = (free[order] as number) + blocks;
      });
    }
    this.#memory.writeU64(IMAGE + NODE_DATA, PAGE_OFFSET + BigInt(pgdat));
    this.#memory.writeU32(pgdat + ZONE_SIZES.nrZones, 1);
    const spanned = this.#bytes / KIB4;
    const name = STEXT + BigInt(NAMES);
    writeZone(this.#memory, pgdat, { name: 'Normal', start: 0, spanned, free }, name);
    return {
      ...ZONE_KEYS,
      'SYMBOL(node_data)': (STEXT + BigInt(NODE_DATA)).toString(16),
      'LENGTH(node_data)': '64',
      'SYMBOL(node_online_map)': (STEXT + BigInt(NODE_ONLINE_MAP)).toString(16),
      'SIZE(nodemask_t)': '8',
    };
  }

  #vmcoreinfo(): string {
    const memSection = this.#writeSections();
    const facts = { shape: SHAPES['6.12'], levels: 4 as const, physBase: 0n, kernelOffset: 0n, smeMask: 0n };
    const root = STEXT + BigInt(ROOT);
    const changes = {
      ...this.#writeNode(),
      'SYMBOL(swapper_pg_dir)': root.toString(16),
      'SYMBOL(init_uts_ns)': (STEXT + BigInt(UTS)).toString(16),
      'OFFSET(uts_namespace.name)': '0',
      'SYMBOL(vmemmap)': VMEMMAP.toString(16),
    };
    return vmcoreinfoText({ ...facts, stext: STEXT, root, memSection }, changes);
  }

  /** Writes the dump to a new file. */
  write(path: string): void {
    const text = this.#vmcoreinfo();
    const { loads, end } = this.#loads();
    const file = openSync(path, 'w');
    const put = (bytes: Uint8Array, at: number | bigint) =>
      writeSync(file, bytes, 0, bytes.length, Number(at));
    for (const { at, bytes } of buildElf({ segments: [noteSegment([vmcoreinfo(text)]), ...loads] }))
      put(bytes, at);
    for (const { pfn, bytes } of this.#memory.pages()) put(bytes, DATA + pfn * KIB4);
    for (const { at, block } of this.#blocks.values()) put(block.bytes, DATA + at);
    ftruncateSync(file, end);
    closeSync(file);
  }

  /** The image, then RAM; file offsets are addresses plus `DATA`. */
  #loads(): { loads: SegmentRecipe[]; end: number } {
    const image = load(STEXT, IMAGE, MIB2, DATA + IMAGE);
    return { loads: [image, load(PAGE_OFFSET, 0, this.#bytes, DATA)], end: DATA + this.#bytes };
  }
}

/** Where memory starts in the file. */
const DATA = MIB2;

function load(vaddr: bigint, paddr: number, size: number, offset: number): SegmentRecipe {
  return { type: PT_LOAD, vaddr, paddr, filesz: size, offset };
}

/** struct new_utsname: six texts of 65 bytes (include/uapi/linux/utsname.h) */
function utsname(): Uint8Array {
  const bytes = new Uint8Array(390);
  const texts = ['Linux', 'built', '6.12.0', '#1 SMP', 'x86_64', '(none)'];
  texts.forEach((text, i) => {
    bytes.set(ascii(text), i * 65);
  });
  return bytes;
}
