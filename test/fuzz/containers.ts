import type { ByteSource } from '../../src/bytes/source.ts';
import { AVML_BLOCK, type AvmlForm, avmlBlock, chunksOf } from '../builders/avml.ts';
import { limeHeader, PLACEHOLDER } from '../builders/containers.ts';
import { buildElf, type SegmentRecipe } from '../builders/elf.ts';
import { type Chunk, concat, flat } from '../builders/encode.ts';
import { flattened, flattenedKdump } from '../builders/flattened.ts';
import {
  buildKdump,
  type CodecName,
  descriptorsAt,
  type KdumpRecipe,
  PAGE,
  type PageRecipe,
} from '../builders/kdump.ts';
import { ARENA, type BuiltKernel, LINKED_AT } from '../builders/kernel.ts';
import { placeAround } from '../builders/memory-file.ts';
import { blankPrstatus, noteSegment, prstatus, taskstruct, vmcoreinfo } from '../builders/notes.ts';
import { qemuDump } from '../builders/qemu-dump.ts';
import { vbcore, vbcpu } from '../builders/virtualbox.ts';
import { regionsOf, vmwareState } from '../builders/vmware.ts';
import { SparseSource } from './overlay-source.ts';

/** How a made-up kernel's memory is written: its files, and what the command line must say about them. */
export interface Contained {
  readonly files: readonly ByteSource[];
  readonly args?: readonly string[];
  readonly isProcfs?: boolean;
}

/** Where the first page of memory lies in an ELF file. */
const DATA = 0x1_0000;

/** The pages of memory, at the positions that `placeOf` gives for their physical addresses. */
function pageChunks(built: BuiltKernel, placeOf: (physical: number) => number | undefined): Chunk[] {
  return [...built.memory.pages()].flatMap(({ pfn, bytes }) => {
    const at = placeOf(pfn * PAGE);
    return at === undefined ? [] : [{ at: BigInt(at), bytes }];
  });
}

/** Positions in a file that has all described memory, one range after the other, each after a gap. */
function packedPlaces(
  built: BuiltKernel,
  gap = 0,
): { place: (physical: number) => number | undefined; size: number } {
  let size = 0;
  const ranges = built.described.map(({ start, end }) => {
    const at = size + gap;
    size = at + end - start;
    return { start, end, at };
  });
  const place = (physical: number) => {
    const range = ranges.find(({ start, end }) => physical >= start && physical < end);
    return range && range.at + physical - range.start;
  };
  return { place, size };
}

function notesOf(built: BuiltKernel, ...more: Uint8Array[]): SegmentRecipe {
  const text = built.image.vmcoreinfo?.text;
  return noteSegment([prstatus(), ...more, ...(text === undefined ? [] : [vmcoreinfo(text)])], {
    offset: PAGE,
  });
}

function elfOf(
  built: BuiltKernel,
  change: (load: SegmentRecipe, i: number) => SegmentRecipe,
  ...notes: Uint8Array[]
): SparseSource {
  const { place, size } = packedPlaces(built);
  const loads = built.segments.map(
    ({ virtual, physical, fileSize }): SegmentRecipe => ({
      vaddr: virtual ?? 0n,
      paddr: physical ?? 0,
      filesz: fileSize,
      offset: DATA + (place(physical ?? 0) ?? 0),
    }),
  );
  const head = buildElf({ segments: [notesOf(built, ...notes), ...loads.map(change)] });
  const pages = pageChunks(built, (physical) => {
    const at = place(physical);
    return at === undefined ? undefined : DATA + at;
  });
  return new SparseSource([...head, ...pages], DATA + size);
}

const whole = (load: SegmentRecipe) => load;

/** As makedumpfile -E writes it: the file has only a part of each segment. */
const excluded = (load: SegmentRecipe, i: number): SegmentRecipe => {
  const { filesz = 0 } = load;
  return { ...load, memsz: filesz, filesz: i % 2 ? filesz : 0x2000 };
};

/** As vm2core writes it: a placeholder for VMCOREINFO, and addresses that are not the kernel's. */
function vm2coreOf(built: BuiltKernel): SparseSource {
  const notes = noteSegment([blankPrstatus(), vmcoreinfo(PLACEHOLDER)], { offset: PAGE });
  const { place, size } = packedPlaces(built);
  const loads = built.described.map(({ start, end }) => ({
    paddr: start,
    vaddr: 0xffff_8800_0000_0000n + BigInt(start),
    offset: DATA + (place(start) ?? 0),
    filesz: end - start,
  }));
  const chunks = buildElf({ segments: [notes, ...loads] });
  const pages = pageChunks(built, (physical) => {
    const at = place(physical);
    return at === undefined ? undefined : DATA + at;
  });
  return new SparseSource([...chunks, ...pages], DATA + size);
}

function kdumpRecipe(
  built: BuiltKernel,
  codecs: readonly CodecName[],
  rest: Partial<KdumpRecipe> = {},
): KdumpRecipe {
  const pages = new Map<number, PageRecipe>();
  const written = new Map([...built.memory.pages()].map(({ pfn, bytes }) => [pfn, bytes]));
  for (const { start, end } of built.described) {
    for (let pfn = start / PAGE; pfn < end / PAGE; pfn++) {
      const page = written.get(pfn);
      if (page?.some((byte) => byte !== 0))
        pages.set(pfn, { page, codec: codecs[pfn % codecs.length] ?? 'none' });
      else pages.set(pfn, pfn % 7 === 0 ? 'excluded' : 'zero');
    }
  }
  const text = built.image.vmcoreinfo?.text;
  return { pages, notes: prstatus(), ...(text === undefined ? {} : { vmcoreinfo: text }), ...rest };
}

function kdumpOf(
  built: BuiltKernel,
  codecs: readonly CodecName[],
  rest: Partial<KdumpRecipe> = {},
): SparseSource {
  return new SparseSource(buildKdump(kdumpRecipe(built, codecs, rest)));
}

/** Between the first memory of a made-up kernel and its image. */
const FREE = { start: ARENA.end, end: LINKED_AT };

const LIME_HEADER = 32;

function limeOf(built: BuiltKernel): SparseSource {
  const { place, size } = packedPlaces(built, LIME_HEADER);
  const headers = built.described.map(({ start, end }) => ({
    at: BigInt((place(start) ?? 0) - LIME_HEADER),
    bytes: limeHeader(start, end - 1),
  }));
  return new SparseSource([...headers, ...pageChunks(built, place)], size);
}

/** As AVML writes it: blocks that have no page are left out. */
function avmlOf(built: BuiltKernel, form: AvmlForm): SparseSource {
  const pages = [...built.memory.pages()];
  let at = 0;
  const chunks = built.described.flatMap((range) => {
    const blocks = Array.from({ length: Math.ceil((range.end - range.start) / AVML_BLOCK) }, (_, i) => ({
      start: range.start + i * AVML_BLOCK,
      end: Math.min(range.end, range.start + (i + 1) * AVML_BLOCK),
    }));
    return blocks.flatMap(({ start, end }): Chunk[] => {
      const inside = pages.filter(({ pfn }) => pfn * PAGE >= start && pfn * PAGE < end);
      if (inside.length === 0) return [];
      const bytes = new Uint8Array(end - start);
      for (const page of inside) bytes.set(page.bytes, page.pfn * PAGE - start);
      const block =
        form === 'lime'
          ? concat(limeHeader(start, end - 1), bytes)
          : avmlBlock(start, bytes.length, chunksOf(bytes));
      at += block.length;
      return [{ at: BigInt(at - block.length), bytes: block }];
    });
  });
  return new SparseSource(chunks, at);
}

function flattenedElf(file: SparseSource): ByteSource {
  const pieces = [{ start: 0, end: DATA }];
  for (let at = DATA; at < file.size; at += 1 << 20)
    pieces.push({ start: at, end: Math.min(file.size, at + (1 << 20)) });
  return flattened(file, pieces, 1 << 18);
}

function splitOf(built: BuiltKernel): Contained {
  const end = Math.max(...built.described.map((range) => range.end)) / PAGE;
  const parts = [
    { start: 0, end: 0x1000 },
    { start: 0x1000, end },
  ];
  const held = parts.map((split) => kdumpOf(built, ['zlib', 'none'], { split }));
  return { files: [...held, emptyPart(built, end)] };
}

/** A part without pages, which ends with the last byte of the bitmap, as makedumpfile writes it. */
function emptyPart(built: BuiltKernel, maxMapnr: number): SparseSource {
  const recipe = kdumpRecipe(built, ['none'], { split: { start: maxMapnr, end: maxMapnr } });
  const bits = Math.ceil(maxMapnr / 8);
  const end = descriptorsAt(recipe) - Math.ceil(bits / PAGE) * PAGE + bits;
  return new SparseSource(buildKdump(recipe), end);
}

/** Every container that a made-up kernel can be in. */
export const CONTAINERS: Readonly<Record<string, (built: BuiltKernel) => Contained>> = {
  elf: (built) => ({ files: [elfOf(built, whole)] }),
  excluded: (built) => ({ files: [elfOf(built, excluded)] }),
  kcore: (built) => ({ files: [elfOf(built, whole, taskstruct())], isProcfs: true }),
  'kdump-none': (built) => ({ files: [kdumpOf(built, ['none'])] }),
  'kdump-zlib': (built) => ({ files: [kdumpOf(built, ['zlib'])] }),
  'kdump-mixed': (built) => ({ files: [kdumpOf(built, ['lzo', 'snappy', 'zstd', 'none'])] }),
  'kdump-v3': (built) => ({
    files: [kdumpOf(built, ['none'], { version: 3, packed32: true, singleBitmap: true })],
  }),
  split: splitOf,
  'flat-elf': (built) => ({ files: [flattenedElf(elfOf(built, whole))] }),
  'flat-kdump': (built) => ({ files: [flattenedKdump(kdumpOf(built, ['zlib']))] }),
  vm2core: (built) => ({ files: [vm2coreOf(built)] }),
  lime: (built) => ({ files: [limeOf(built)] }),
  avml: (built) => ({ files: [avmlOf(built, 'avml')] }),
  'avml-lime': (built) => ({ files: [avmlOf(built, 'lime')] }),
  raw: (built) => ({
    files: [new SparseSource(pageChunks(built, (physical) => physical))],
    args: ['--format', 'raw'],
  }),
  // With more than 1 GiB, a hole is looked for.
  'raw-large': (built) => ({
    files: [
      new SparseSource(
        pageChunks(built, (physical) => physical),
        0x4800_0000,
      ),
    ],
    args: ['--format', 'raw'],
  }),
  'memory-file': (built) => ({
    files: [new SparseSource(pageChunks(built, (physical) => placeAround(FREE, physical)))],
    args: ['--format', 'raw', '--hole', `0x${FREE.start.toString(16)}-0x${FREE.end.toString(16)}`],
  }),
  vmware: (built) => {
    const { place, size } = packedPlaces(built);
    const cpus = [{ cr3: BigInt(built.tables.root) }];
    const state = vmwareState({ regions: regionsOf(built.described), cpus });
    return {
      files: [
        new SparseSource([{ at: 0n, bytes: state }], state.length),
        new SparseSource(pageChunks(built, place), size),
      ],
    };
  },
  vmss: (built) => {
    const { place, size } = packedPlaces(built);
    const memory = new Uint8Array(size);
    memory.set(flat(pageChunks(built, place)));
    const state = vmwareState({ regions: regionsOf(built.described), memory });
    return { files: [new SparseSource([{ at: 0n, bytes: state }], state.length)] };
  },
  qemu: (built) => {
    const cpus = [{ cr3: BigInt(built.tables.root) }, { cr3: BigInt(built.tables.root) | 0x1000n }];
    return { files: [new SparseSource(buildElf(qemuDump(built, cpus)))] };
  },
  virtualbox: (built) => ({
    files: [elfOf(built, whole, vbcore(), vbcpu({ cr3: BigInt(built.tables.root) }))],
  }),
};
