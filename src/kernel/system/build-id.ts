import { u32At } from '../../bytes/words.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** Header of an ELF note: length of its name, length of its contents, type, and here the name "GNU". */
const HEADER = 16;
const GNU = Buffer.from('GNU\0');
/** include/uapi/linux/elf.h */
const NT_GNU_BUILD_ID = 3;
/** A SHA-1 id has 20 bytes. */
const LONGEST = 64;
/** A kernel's notes have some 500 bytes. */
const NOTES_LIMIT = 1 << 16;

/**
 * Returns the build id that the linker wrote into the kernel image, in hex, or undefined if there is no such
 * note. Needs no types.
 * @throws InspectError notMapped or notStored
 */
export function readBuildId(typed: TypedKernel): string | undefined {
  const [start, end] = [typed.findSymbol('__start_notes'), typed.findSymbol('__stop_notes')];
  if (start === undefined || end === undefined || end <= start || end - start > NOTES_LIMIT) return undefined;
  const notes = Buffer.from(typed.space.bytes(start, Number(end - start)));
  // Notes may be aligned to 4 or 8 bytes, so search for the name.
  for (let at = notes.indexOf(GNU); at >= 0; at = notes.indexOf(GNU, at + 1)) {
    const header = at + GNU.length - HEADER;
    if (header < 0 || u32At(notes, header) !== GNU.length || u32At(notes, header + 8) !== NT_GNU_BUILD_ID)
      continue;
    const length = u32At(notes, header + 4);
    if (length > 0 && length <= LONGEST)
      return notes.toString('hex', header + HEADER, header + HEADER + length);
  }
  return undefined;
}
