import { u32At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { ImageReader } from '../paging/image-reader.ts';
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

/** What is needed of a kernel. */
type Named = Pick<TypedKernel, 'kernel' | 'space' | 'findSymbol'>;

/** Fewer bytes of an id do not tell it from those of the vDSOs, which lie in the image, too. */
const TELLING = 4;

/**
 * Returns the build id that the linker wrote into the kernel image, in hex, or undefined if there is no such
 * note. Needs no types. Where no symbol says where the notes are (CONFIG_KALLSYMS_ALL), the image is searched
 * for the id whose first bytes VMCOREINFO tells.
 * @throws InspectError notMapped or notStored; missingInfo without symbols or a part of the id
 */
export function readBuildId(typed: Named): string | undefined {
  const { cutBuildId = '' } = typed.kernel.info;
  const notes = notesPlace(typed);
  if (!(notes instanceof InspectError))
    return notes && idIn(Buffer.from(typed.space.bytes(notes.start, notes.size)));
  if (cutBuildId.length < 2 * TELLING) throw notes;
  return searchedId(typed, cutBuildId);
}

/** Where the notes are; undefined if the kernel has none; why no symbol tells. */
function notesPlace(typed: Named): { start: bigint; size: number } | undefined | InspectError {
  try {
    const [start, end] = [typed.findSymbol('__start_notes'), typed.findSymbol('__stop_notes')];
    if (start === undefined || end === undefined || end <= start || end - start > NOTES_LIMIT)
      return undefined;
    return { start, size: Number(end - start) };
  } catch (error) {
    if (error instanceof InspectError && error.kind === 'missingInfo') return error;
    throw error;
  }
}

/** The first build id among notes that begins with `prefix`. */
function idIn(notes: Buffer, prefix = ''): string | undefined {
  // Notes may be aligned to 4 or 8 bytes, so search for the name.
  for (let at = notes.indexOf(GNU); at >= 0; at = notes.indexOf(GNU, at + 1)) {
    const header = at + GNU.length - HEADER;
    if (header < 0 || u32At(notes, header) !== GNU.length || u32At(notes, header + 8) !== NT_GNU_BUILD_ID)
      continue;
    const length = u32At(notes, header + 4);
    const id = notes.toString('hex', header + HEADER, header + HEADER + length);
    if (length > 0 && length <= LONGEST && id.length === 2 * length && id.startsWith(prefix)) return id;
  }
  return undefined;
}

function searchedId({ space, kernel }: Named, prefix: string): string | undefined {
  const image = new ImageReader(space);
  for (const { bytes } of image.pieces(kernel.info.symbol('_stext'), HEADER + LONGEST)) {
    const id = idIn(bytes, prefix);
    if (id !== undefined) return id;
  }
  return undefined;
}
