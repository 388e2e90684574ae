import { PT_NOTE, type SegmentRecipe } from './elf.ts';
import { ascii, concat, packed } from './encode.ts';

/** Sizes that replace the true ones in a note. */
export interface NoteLies {
  readonly namesz?: number;
  readonly descsz?: number;
}

const padded = (bytes: Uint8Array, to = 4) => concat(bytes, new Uint8Array(-bytes.length & (to - 1)));

/**
 * Elf64_Nhdr, the name with its NUL, and the contents, both padded to a multiple of four, as Linux writes
 * them.
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

/** The same in a PT_NOTE whose p_align is 8: the contents and the next note begin at multiples of 8. */
export function note8(name: string, type: number, contents: Uint8Array): Uint8Array {
  const named = ascii(`${name}\0`);
  const header = packed(12, [
    [0, 4, named.length],
    [4, 4, contents.length],
    [8, 4, type],
  ]);
  return padded(concat(padded(concat(header, named), 8), contents), 8);
}

/**
 * As VirtualBox writes it (DBGFCoreWrite.cpp): the name's length is without its NUL, but the name and its NUL
 * are padded to 8 bytes; the length of the contents includes their padding.
 */
export function virtualBoxNote(name: string, type: number, contents: Uint8Array): Uint8Array {
  const all = padded(contents, 8);
  const header = packed(12, [
    [0, 4, name.length],
    [4, 4, all.length],
    [8, 4, type],
  ]);
  return concat(header, padded(ascii(`${name}\0`), 8), all);
}

/** A note that has only contents. */
export function namelessNote(type: number, contents: Uint8Array): Uint8Array {
  const header = packed(12, [
    [4, 4, contents.length],
    [8, 4, type],
  ]);
  return concat(header, padded(contents));
}

export const vmcoreinfo = (text: string) => note('VMCOREINFO', 0, ascii(text));
/** The note of a CPU that crashed; 336 bytes on x86_64. */
export const prstatus = () => note('CORE', 1, packed(336, [[RIP, 8, 0xffff_ffff_8100_0000n]]));
/** elf_prstatus.pr_reg.ip */
const RIP = 240;
/** The note of a CPU about which nothing is known, as vm2core writes it. */
export const blankPrstatus = () => note('CORE', 1, new Uint8Array(336));
/** The note of the task that opened /proc/kcore; no other file has it. */
export const taskstruct = () => note('CORE', 4, new Uint8Array(64).fill(0x5a));

/** A PT_NOTE segment. */
export function noteSegment(notes: readonly Uint8Array[], rest: Partial<SegmentRecipe> = {}): SegmentRecipe {
  return { type: PT_NOTE, data: concat(...notes), ...rest };
}
