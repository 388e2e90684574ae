import type { ByteSource } from '../../bytes/source.ts';
import { reasonOf } from '../../errors.ts';
import type { Note } from '../image/image.ts';
import type { ElfHeader } from './header.ts';
import { noteText } from './notes.ts';

/*
 * What makedumpfile -E notes in its output about that output.
 */

/** DUMP_ELF_INCOMPLETE of e_flags: the disk was full too early (makedumpfile 1.5.9; crash's netdump.h) */
const INCOMPLETE = 1;

/** makedumpfile writes one. */
const ERASED_LIMIT = 4;

/** Whether the writer marked a file as incomplete. */
export function isMarkedIncomplete(header: ElfHeader): boolean {
  return (header.e_flags & INCOMPLETE) !== 0;
}

/** Warnings about what the writer says it left out or changed. */
export function markWarnings(source: ByteSource, incomplete: boolean, notes: readonly Note[]): string[] {
  const marked =
    'its writer marked the dump as incomplete (e_flags bit 0), which makedumpfile does when the disk is full';
  const erased = notes.filter((note) => note.name === 'ERASEINFO');
  const more = `it has ${erased.length} ERASEINFO notes; only ${ERASED_LIMIT} were read`;
  return [
    ...(incomplete ? [marked] : []),
    ...erased.slice(0, ERASED_LIMIT).map((note) => erasedWarning(source, note)),
    ...(erased.length > ERASED_LIMIT ? [more] : []),
  ];
}

/** Each line of the note is an object that `makedumpfile --config` or --eppic erased: "erase jiffies 8". */
function erasedWarning(source: ByteSource, note: Note): string {
  let what: string;
  try {
    const lines = noteText(source, note)
      .split('\n')
      .filter((line) => line !== '').length;
    what = `${lines} ${lines === 1 ? 'object' : 'objects'} according to its ERASEINFO note`;
  } catch (error) {
    what = `its ERASEINFO note cannot be read: ${reasonOf(error)}`;
  }
  return `makedumpfile erased data from this dump (${what}): other bytes stand in its place, and they decide whether such a page counts as ZERO`;
}
