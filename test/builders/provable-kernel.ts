import type { CpuRegisters, MemoryImage } from '../../src/formats/image/image.ts';
import { ascii } from './encode.ts';
import { BuiltKernel, IN_IMAGE, type KernelPlan, pfns, START_KERNEL_MAP, segment } from './kernel.ts';
import { BuiltTables, KIB4, MIB2 } from './page-tables.ts';
import { CR4_4_LEVELS } from './qemu-dump.ts';

/** Places of init_uts_ns and of the second kernel's root table in the image; bytes from _stext. */
const UTS_AT = 0x8000;
const SECOND_ROOT = 0x9000;
/**
 * uts_namespace.name.release: a reference count and two 65-byte strings precede it
 * (include/uapi/linux/utsname.h).
 */
const RELEASE_AT = 4 + 2 * 65;

/** RAM for what lies in memory by chance. Its start is not a multiple of 1 MiB, the size of a read. */
export const ATTIC = pfns(0x3010, 0x500);

/** A kernel that can be verified: init_uts_ns has its release, and its image's struct page is in use. */
export function provableKernel(plan: KernelPlan = {}): BuiltKernel {
  const { kernelOffset = 0n } = plan;
  const uts = START_KERNEL_MAP + 0x100_0000n + kernelOffset + BigInt(UTS_AT);
  const keys = { 'SYMBOL(init_uts_ns)': uts.toString(16), ...plan.keys };
  const built = new BuiltKernel({ ...plan, keys, ram: [ATTIC, ...(plan.ram ?? [])] });
  built.memory.write(built.imageAt + UTS_AT + RELEASE_AT, ascii(`${releaseOf(textOf(built))}\0`));
  built.setPage(built.imageAt / KIB4, { refcount: 1 });
  return built;
}

export function textOf(built: BuiltKernel): string {
  const text = built.image.vmcoreinfo?.text;
  if (text === undefined) throw new Error('this kernel was built without VMCOREINFO');
  return text;
}

function releaseOf(text: string): string {
  return /^OSRELEASE=(.*)$/m.exec(text)?.[1] ?? '';
}

/** Puts a VMCOREINFO text into memory, with OSRELEASE first. */
export function plant(built: BuiltKernel, address: number, text: string): void {
  built.memory.write(address, ascii(inOrder(text)));
}

/** Moves OSRELEASE to the front, where the kernel writes it. */
export function inOrder(text: string): string {
  const line = /^OSRELEASE=.*\n/m.exec(text)?.[0] ?? '';
  return line + text.replace(line, '');
}

/** Returns the text with the lines of some keys replaced. */
export function changed(text: string, lines: Readonly<Record<string, string>>): string {
  return Object.entries(lines).reduce((before, [key, value]) => {
    const line = `${key}=${value}\n`;
    const start = before.indexOf(`${key}=`);
    if (start < 0) return before + line;
    return before.slice(0, start) + line + before.slice(before.indexOf('\n', start) + 1);
  }, text);
}

/** A dump of that memory without VMCOREINFO, and without LOADs that show where the kernel is. */
export function searchedImage(built: BuiltKernel, cr3s: readonly (number | bigint)[] = []): MemoryImage {
  const registers: CpuRegisters[] = cr3s.map((cr3, cpu) => ({
    cpu,
    cr3: BigInt(cr3),
    cr4: built.levels === 5 ? CR4_4_LEVELS | (1n << 12n) : CR4_4_LEVELS,
  }));
  const segments = built.described.map((range) => segment(null, range));
  return { ...built.image, vmcoreinfo: null, segments, registers };
}

/** A second kernel in the same memory: its own page tables map the same image to another address. */
export function secondKernel(
  built: BuiltKernel,
  { structPages = true } = {},
): { text: string; root: number } {
  const { memory, levels, imageAt } = built;
  const stext = built.stext + 0x800_0000n;
  const root = imageAt + SECOND_ROOT;
  const tables = new BuiltTables({ memory, root, levels, allocate: () => built.allocate(KIB4) });
  tables.map(stext, imageAt, MIB2);
  for (const { start, end } of [
    { start: 0, end: MIB2 },
    { start: imageAt, end: imageAt + MIB2 },
  ]) {
    tables.mapRange(built.direct(start), start, end - start);
  }
  for (const pfn of structPages ? [0, imageAt / KIB4] : []) {
    const at = built.structPageAt(pfn);
    tables.map(at - (at % BigInt(KIB4)), built.vmemmapBacking(at - (at % BigInt(KIB4))));
  }
  const hex = (offset: number) => (stext + BigInt(offset)).toString(16);
  const text = changed(textOf(built), {
    'SYMBOL(_stext)': hex(0),
    'SYMBOL(init_top_pgt)': hex(SECOND_ROOT),
    'SYMBOL(init_uts_ns)': hex(UTS_AT),
    'NUMBER(phys_base)': `${BigInt(imageAt) - (stext - START_KERNEL_MAP)}`,
  });
  return { text, root };
}

/** RAM reserved for a capture kernel (crashkernel=). */
export const CRASH_MEMORY = pfns(0x6000, 1024);
/** Place of the capture kernel's section table; bytes from the start of its memory. */
const SECTIONS_AT = MIB2;

/**
 * A capture kernel in memory that the crashed kernel keeps for it, which has to have CRASH_MEMORY: neither
 * has the other's memory to give out. Its image, its tables and its section table are its own, and it has no
 * struct pages but those of its image and of the begin of memory.
 */
export function captureKernel(built: BuiltKernel, release: string): { text: string; root: number } {
  const { memory, levels } = built;
  const at = CRASH_MEMORY.start;
  const stext = built.stext + 0x800_0000n;
  const root = at + SECOND_ROOT;
  const tables = new BuiltTables({ memory, root, levels, allocate: () => built.allocate(KIB4) });
  tables.map(stext, at, MIB2);
  tables.mapRange(built.direct(0), 0, MIB2);
  tables.mapRange(built.direct(at), at, CRASH_MEMORY.end - at);
  memory.write(at + UTS_AT + RELEASE_AT, ascii(`${release}\0`));
  const sections = Number(
    BigInt(`0x${/SYMBOL\(mem_section\)=(.*)/.exec(textOf(built))?.[1]}`) - built.pageOffset,
  );
  for (let i = 0; i < 2048 * 8; i += 8) {
    const entry = memory.peekU64(sections + i);
    if (entry !== 0n) memory.writeU64(at + SECTIONS_AT + i, entry);
  }
  for (const kept of [at, root, at + SECTIONS_AT]) keepPage(built, kept / KIB4);
  for (const pfn of [0, at / KIB4]) {
    tables.map(built.structPageAt(pfn), keptPages(built, pfn));
  }
  const hex = (offset: number) => (stext + BigInt(offset)).toString(16);
  const text = changed(textOf(built), {
    OSRELEASE: release,
    'SYMBOL(_stext)': hex(0),
    'SYMBOL(init_top_pgt)': hex(SECOND_ROOT),
    'SYMBOL(init_uts_ns)': hex(UTS_AT),
    'SYMBOL(mem_section)': built.direct(at + SECTIONS_AT).toString(16),
    'NUMBER(phys_base)': `${BigInt(at) - (stext - START_KERNEL_MAP)}`,
  });
  return { text, root };
}

/** Makes a struct page as it stays for memory that the allocator never gets (__init_single_page). */
export function keepPage(built: BuiltKernel, pfn: number): void {
  built.setPage(pfn, { refcount: 1 });
  const lru = built.structPageAt(pfn) + 8n;
  const at = built.vmemmapBacking(lru) + Number(lru % BigInt(KIB4));
  built.memory.writeU64(at, lru);
  built.memory.writeU64(at + 8, lru);
}

/** Makes a page of such struct pages, beginning with a pfn's; returns its physical address. */
function keptPages(built: BuiltKernel, first: number): number {
  const backing = built.allocate(KIB4);
  for (let i = 0; i < KIB4; i += 64) {
    const lru = built.structPageAt(first) + BigInt(i + 8);
    built.memory.writeU64(backing + i + 8, lru);
    built.memory.writeU64(backing + i + 16, lru);
    // _mapcount -1, _refcount 1
    built.memory.writeU64(backing + i + 48, 0x1_ffff_ffffn);
  }
  return backing;
}

/** An image that KASLR moved. */
export const KASLR: KernelPlan = { kernelOffset: 0x1a00_0000n, physBase: -0x1900_0000n };

/** Returns the physical address of a page that the kernel does not use, where texts are planted. */
export const atticPage = (page: number) => ATTIC.start + page * KIB4;

/** Returns the physical address of the kernel's top page table. */
export const rootOf = (built: BuiltKernel) => built.imageAt + IN_IMAGE.root;
