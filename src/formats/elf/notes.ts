import type { ByteSource } from '../../bytes/source.ts';
import { struct, u32 } from '../../bytes/struct.ts';
import { latin1, toNul } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Note } from '../image/image.ts';
import { type ProgramHeaders, PT_NOTE } from './program-headers.ts';

/** Elf64_Nhdr of include/uapi/linux/elf.h */
const nhdr = struct('note header', 12, { n_namesz: u32(0), n_descsz: u32(4), n_type: u32(8) });
/** Longer than the name of any note that a kernel, QEMU or makedumpfile writes; the rest is not read. */
const NAME_LIMIT = 64;
/** How far past a header of zeros another note is looked for: /proc/vmcore pads its notes to a page. */
const PADDING_LIMIT = 4096;
/** Even with several notes per CPU, 8,192 CPUs stay far below this. */
const NOTES_LIMIT = 100_000;
/** The kernel limits VMCOREINFO to one page; other writers may need more. */
const VMCOREINFO_LIMIT = 1 << 20;

/**
 * What the contents of a note and the next note are aligned to, counted from the start of the segment: 8
 * bytes where p_align says so, otherwise 4, as in libelf (gelf_getnote, elfutils 0.175). Linux, QEMU and
 * VirtualBox align to 4.
 */
type NoteAlignment = 4 | 8;
const alignmentOf = (p_align: number): NoteAlignment => (p_align === 8 ? 8 : 4);

/** Notes in file order, without their contents. */
export interface NoteList {
  readonly notes: readonly Note[];
  /** A sentence if there are more notes, which were not looked at. */
  readonly warnings: readonly string[];
}

/** The notes of every PT_NOTE segment. */
export function readNotes(source: ByteSource, headers: ProgramHeaders): NoteList {
  return listed(notesOf(source, headers));
}

/** The notes, up to the limit. */
export function listed(all: Iterable<Note | null>): NoteList {
  const notes: Note[] = [];
  let looks = 0;
  for (const note of all) {
    if (++looks > NOTES_LIMIT) return { notes, warnings: [MORE] };
    if (note !== null) notes.push(note);
  }
  return { notes, warnings: [] };
}

const MORE = `it has more than ${NOTES_LIMIT} notes, which no machine needs: the rest was not looked at`;

/** All notes, and null for each segment without any, because a file may have millions of those. */
function* notesOf(source: ByteSource, headers: ProgramHeaders): Generator<Note | null> {
  for (const { p_offset, p_filesz, p_align } of headers.ofType(PT_NOTE)) {
    let isEmpty = true;
    for (const note of notesIn(source, p_offset, p_offset + p_filesz, alignmentOf(p_align))) {
      isEmpty = false;
      yield note;
    }
    if (isEmpty) yield null;
  }
}

/**
 * The notes that follow each other from `start` to `end` in a file, without their contents. A note may have
 * no name. Notes that are all zero are padding and left out.
 */
export function* notesIn(
  source: ByteSource,
  start: bigint,
  end: bigint,
  alignment: NoteAlignment = 4,
): Generator<Note> {
  const aligned = (at: bigint) => {
    const past = (at - start) % BigInt(alignment);
    return past === 0n ? at : at + BigInt(alignment) - past;
  };
  const bytes = new Uint8Array(nhdr.size + NAME_LIMIT);
  for (let at = start; at + BigInt(nhdr.size) <= end; ) {
    const got = bytes.subarray(0, source.read(at, bytes));
    if (got.length < nhdr.size) return;
    const { n_namesz, n_descsz, n_type } = nhdr.decode(got);
    if (n_namesz === 0 && n_descsz === 0 && n_type === 0) {
      const zeros = emptyNotes(source, at, aligned(start + BigInt(nhdr.size)) - start);
      if (zeros === 0n) return;
      at += zeros;
      continue;
    }
    const offset = aligned(at + BigInt(nhdr.size + n_namesz));
    if (offset + BigInt(n_descsz) > end) return;
    const name = latin1(toNul(got.subarray(nhdr.size, nhdr.size + n_namesz)));
    yield { name, type: n_type, offset, size: n_descsz };
    at = aligned(offset + BigInt(n_descsz));
  }
}

/** How many bytes the notes take that are all zero; 0 if nothing follows them. @param size of one of them */
function emptyNotes(source: ByteSource, at: bigint, size: bigint): bigint {
  const bytes = new Uint8Array(PADDING_LIMIT);
  const zeros = bytes.subarray(0, source.read(at, bytes)).findIndex((byte) => byte !== 0);
  return zeros < 0 ? 0n : BigInt(zeros) - (BigInt(zeros) % size);
}

/**
 * The text of a note, one character per byte, without trailing zeros.
 * @throws InspectError corrupt, if it is longer than any VMCOREINFO or the file ends inside it
 */
export function noteText(source: ByteSource, note: Note): string {
  const where = `${source.path}: note ${note.name} at offset ${hex(note.offset)}`;
  const facts = { path: source.path, offset: note.offset };
  if (note.size > VMCOREINFO_LIMIT)
    throw new InspectError(
      'corrupt',
      `${where}: ${note.size} bytes are too many: the limit is ${VMCOREINFO_LIMIT}`,
      facts,
    );
  const bytes = new Uint8Array(note.size);
  const got = source.read(note.offset, bytes);
  if (got < note.size)
    throw new InspectError('corrupt', `${where}: needs ${note.size} bytes, but the file has ${got}`, facts);
  return latin1(bytes).replace(/\0+$/, '');
}
