import type { ByteSource } from '../../bytes/source.ts';
import { reasonOf } from '../../errors.ts';
import type { Note } from '../image/image.ts';
import type { ElfHeader } from './header.ts';
import { noteText } from './notes.ts';

/*
 * What makedumpfile -E says in its output of that output.
 */

/** DUMP_ELF_INCOMPLETE of e_flags: the disk was full before all was written (makedumpfile 1.5.9; crash's netdump.h) */
const INCOMPLETE = 1;

/** makedumpfile writes one. */
const ERASED_LIMIT = 4;

/** Whether the writer marked a file as incomplete. */
export function isMarkedIncomplete(header: ElfHeader): boolean {
  return (header.e_flags & INCOMPLETE) !== 0;
}

/** Sentences for what the writer says that it lacks or changed. */
export function markWarnings(source: ByteSource, incomplete: boolean, notes: readonly Note[]): string[] {
  const marked =
    'its writer marked the dump as incomplete (e_flags bit 0): makedumpfile does so when the disk is full';
  const erased = notes.filter((note) => note.name === 'ERASEINFO');
  const more = `it has ${erased.length} ERASEINFO notes, of which only ${ERASED_LIMIT} were read`;
  return [
    ...(incomplete ? [marked] : []),
    ...erased.slice(0, ERASED_LIMIT).map((note) => erasedWarning(source, note)),
    ...(erased.length > ERASED_LIMIT ? [more] : []),
  ];
}

/** A line of the note is an object that `makedumpfile --config` or --eppic erased: "erase jiffies 8". */
function erasedWarning(source: ByteSource, note: Note): string {
  let what: string;
  try {
    const lines = noteText(source, note)
      .split('\n')
      .filter((line) => line !== '').length;
    what = `${lines} ${lines === 1 ? 'object' : 'objects'} by its ERASEINFO note`;
  } catch (error) {
    what = `its ERASEINFO note cannot be read: ${reasonOf(error)}`;
  }
  return `makedumpfile erased data from this dump (${what}): other bytes stand in its place, and a page of it may count as ZERO or not as they are`;
}
