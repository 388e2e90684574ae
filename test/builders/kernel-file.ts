import { closeSync, openSync, writeSync } from 'node:fs';
import { buildElf, type SegmentRecipe } from './elf.ts';
import type { BuiltKernel } from './kernel.ts';
import { noteSegment, vmcoreinfo } from './notes.ts';
import { KIB4 } from './page-tables.ts';

/** Where physical address 0 would lie in the file. */
export const DATA = 0x10_0000;

/** Writes a made-up kernel's memory as a sparse ELF vmcore, for code that must open it by its path. */
export function writeKernel(built: BuiltKernel, path: string): void {
  const text = built.image.vmcoreinfo?.text ?? '';
  const loads = built.segments.map(
    ({ virtual, physical, fileSize }): SegmentRecipe => ({
      vaddr: virtual ?? 0n,
      paddr: physical ?? 0,
      filesz: fileSize,
      offset: DATA + (physical ?? 0),
    }),
  );
  const file = openSync(path, 'w');
  const put = (bytes: Uint8Array, at: number | bigint) => writeSync(file, bytes, 0, bytes.length, Number(at));
  for (const { at, bytes } of buildElf({ segments: [noteSegment([vmcoreinfo(text)]), ...loads] }))
    put(bytes, at);
  for (const { pfn, bytes } of built.memory.pages()) put(bytes, DATA + pfn * KIB4);
  const end = Math.max(...built.described.map((range) => range.end));
  put(Uint8Array.of(built.memory.byteAt(end - 1)), DATA + end - 1);
  closeSync(file);
}
