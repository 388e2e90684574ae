import { PT_NOTE, type SegmentRecipe } from './elf.ts';
import { ascii, concat, packed } from './encode.ts';

/** Sizes that replace the true ones in a note. */
export interface NoteLies {
  readonly namesz?: number;
  readonly descsz?: number;
}

const padded = (bytes: Uint8Array) => concat(bytes, new Uint8Array(-bytes.length & 3));

/**
 * Elf64_Nhdr, the name with its NUL, and the contents, both padded to a multiple of four (gABI, chapter 5).
 */
export function note(name: string, type: number, contents: Uint8Array, lies: NoteLies = {}): Uint8Array {
  const named = ascii(`${name}\0`);
  const header = packed(12, [
    [0, 4, lies.namesz ?? named.length],
    [4, 4, lies.descsz ?? contents.length],
    [8, 4, type],
  ]);
  return concat(header, padded(named), padded(contents));
}

export const vmcoreinfo = (text: string) => note('VMCOREINFO', 0, ascii(text));
/** The note of a CPU that crashed; 336 bytes on x86_64. */
export const prstatus = () => note('CORE', 1, new Uint8Array(336));
/** The note of the task that opened /proc/kcore; no other file has it. */
export const taskstruct = () => note('CORE', 4, new Uint8Array(64).fill(0x5a));

/** A PT_NOTE segment. */
export function noteSegment(notes: readonly Uint8Array[], rest: Partial<SegmentRecipe> = {}): SegmentRecipe {
  return { type: PT_NOTE, data: concat(...notes), ...rest };
}
