import type { ByteSource } from '../../src/bytes/source.ts';
import { limeHeader } from '../builders/containers.ts';
import { buildElf, elfSource, NO_PADDR, type SegmentRecipe } from '../builders/elf.ts';
import type { Chunk } from '../builders/encode.ts';
import { flattened, flattenedKdump } from '../builders/flattened.ts';
import { type CodecName, type KdumpRecipe, kdumpSource, PAGE, type PageRecipe } from '../builders/kdump.ts';
import type { BuiltKernel } from '../builders/kernel.ts';
import { MemorySource } from '../builders/memory-source.ts';
import { noteSegment, prstatus, taskstruct, vmcoreinfo } from '../builders/notes.ts';
import { qemuDump } from '../builders/qemu-dump.ts';

/** How a made-up kernel's memory is written: its files, and what the command line must say of them. */
export interface Contained {
  readonly files: readonly ByteSource[];
  readonly args?: readonly string[];
  readonly isProcfs?: boolean;
}

const DATA = 0x1_0000;

/** The memory's pages, each at its place in a file where physical address 0 lies at `DATA`. */
function pageChunks(built: BuiltKernel): Chunk[] {
  return [...built.memory.pages()].map(({ pfn, bytes }) => ({ at: BigInt(DATA + pfn * PAGE), bytes }));
}

function notesOf(built: BuiltKernel, ...more: Uint8Array[]): SegmentRecipe {
  const text = built.image.vmcoreinfo?.text;
  return noteSegment([prstatus(), ...more, ...(text === undefined ? [] : [vmcoreinfo(text)])], {
    offset: PAGE,
  });
}

function loadsOf(built: BuiltKernel): SegmentRecipe[] {
  return built.segments.map(({ virtual, physical, fileSize }) => ({
    vaddr: virtual ?? 0n,
    paddr: physical ?? NO_PADDR,
    filesz: fileSize,
    offset: DATA + (physical ?? 0),
  }));
}

function elfOf(built: BuiltKernel, ...more: Uint8Array[]): MemorySource {
  const head = buildElf({ segments: [notesOf(built, ...more), ...loadsOf(built)] });
  const end = Math.max(...built.described.map((range) => range.end));
  const last: Chunk = { at: BigInt(DATA + end - 1), bytes: Uint8Array.of(built.memory.byteAt(end - 1)) };
  return new MemorySource([...head, ...pageChunks(built), last]);
}

/** As makedumpfile -E writes it: of each segment only a part is in the file. */
function excludedOf(built: BuiltKernel): MemorySource {
  const cut = loadsOf(built).map((load, i) => ({
    ...load,
    memsz: load.filesz ?? 0,
    filesz: i % 2 ? (load.filesz ?? 0) : 0x2000,
  }));
  const head = buildElf({ segments: [notesOf(built), ...cut] });
  return new MemorySource([...head, ...pageChunks(built)]);
}

function kdumpRecipe(
  built: BuiltKernel,
  codecs: readonly CodecName[],
  rest: Partial<KdumpRecipe> = {},
): KdumpRecipe {
  const pages = new Map<number, PageRecipe>();
  for (const { start, end } of built.described) {
    for (let at = start; at < end; at += PAGE) {
      const page = new Uint8Array(PAGE);
      built.memory.read(at, page);
      const pfn = at / PAGE;
      if (page.some((byte) => byte !== 0))
        pages.set(pfn, { page, codec: codecs[pfn % codecs.length] ?? 'none' });
      else pages.set(pfn, pfn % 7 === 0 ? 'excluded' : 'zero');
    }
  }
  const text = built.image.vmcoreinfo?.text;
  return { pages, notes: prstatus(), ...(text === undefined ? {} : { vmcoreinfo: text }), ...rest };
}

function limeOf(built: BuiltKernel): MemorySource {
  let at = 0n;
  const chunks = built.described.flatMap(({ start, end }) => {
    const header = { at, bytes: limeHeader(start, end - 1) };
    const first = at + 32n;
    at = first + BigInt(end - start);
    const inside = pageChunks(built).filter((c) => c.at - BigInt(DATA) >= start && c.at - BigInt(DATA) < end);
    return [header, ...inside.map((c) => ({ ...c, at: c.at - BigInt(DATA + start) + first }))];
  });
  return new MemorySource([...chunks, { at: at - 1n, bytes: new Uint8Array(1) }]);
}

function rawOf(built: BuiltKernel): MemorySource {
  return new MemorySource(pageChunks(built).map((c) => ({ ...c, at: c.at - BigInt(DATA) })));
}

function flattenedElf(file: MemorySource): ByteSource {
  const pieces = [{ start: 0, end: PAGE * 4 }];
  for (let at = PAGE * 4; at < file.size; at += 1 << 20)
    pieces.push({ start: at, end: Math.min(file.size, at + (1 << 20)) });
  return flattened(file, pieces, 1 << 18);
}

function splitOf(built: BuiltKernel): Contained {
  const recipe = kdumpRecipe(built, ['zlib', 'none']);
  const parts = [
    { start: 0, end: 0x1000 },
    { start: 0x1000, end: 0x10_0000 },
  ];
  return { files: parts.map((split) => kdumpSource({ ...recipe, split })) };
}

/** Every container that a made-up kernel can be in. */
export const CONTAINERS: Readonly<Record<string, (built: BuiltKernel) => Contained>> = {
  elf: (built) => ({ files: [elfOf(built)] }),
  excluded: (built) => ({ files: [excludedOf(built)] }),
  kcore: (built) => ({ files: [elfOf(built, taskstruct())], isProcfs: true }),
  'kdump-none': (built) => ({ files: [kdumpSource(kdumpRecipe(built, ['none']))] }),
  'kdump-zlib': (built) => ({ files: [kdumpSource(kdumpRecipe(built, ['zlib']))] }),
  'kdump-mixed': (built) => ({ files: [kdumpSource(kdumpRecipe(built, ['lzo', 'snappy', 'zstd', 'none']))] }),
  'kdump-v3': (built) => ({
    files: [kdumpSource(kdumpRecipe(built, ['none'], { version: 3, packed32: true, singleBitmap: true }))],
  }),
  split: splitOf,
  'flat-elf': (built) => ({ files: [flattenedElf(elfOf(built))] }),
  'flat-kdump': (built) => ({ files: [flattenedKdump(kdumpSource(kdumpRecipe(built, ['zlib'])))] }),
  lime: (built) => ({ files: [limeOf(built)] }),
  raw: (built) => ({ files: [rawOf(built)], args: ['--format', 'raw'] }),
  qemu: (built) => ({
    files: [
      elfSource(
        qemuDump(built, [{ cr3: BigInt(built.tables.root) }, { cr3: BigInt(built.tables.root) | 0x1000n }]),
      ),
    ],
  }),
};
