import type { ByteSource } from '../../bytes/source.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { MemoryImage, Note, VmcoreinfoText } from '../image/image.ts';
import { noteText } from './notes.ts';

/** A dump has one; a file may claim any number. */
const LIMIT = 16;

/** What the VMCOREINFO notes of a dump hold. */
export interface VmcoreinfoNotes extends Pick<MemoryImage, 'vmcoreinfo' | 'furtherVmcoreinfo'> {
  /** Why others could not be read. */
  readonly warnings: readonly string[];
}

/** A VMCOREINFO note and how its place is called. */
export type NamedPlace = readonly [note: Note, where: string];

/** The VMCOREINFO notes among all notes. */
export function vmcoreinfoAmong(notes: readonly Note[]): NamedPlace[] {
  return notes
    .filter(({ name }) => name === 'VMCOREINFO')
    .map((note) => [note, `note at offset ${hex(note.offset)}`]);
}

/**
 * Reads VMCOREINFO notes as they are.
 * @throws InspectError corrupt, if there are notes and none can be read
 */
export function readVmcoreinfoNotes(source: ByteSource, notes: readonly NamedPlace[]): VmcoreinfoNotes {
  const texts: VmcoreinfoText[] = [];
  const errors: InspectError[] = [];
  for (const [note, where] of notes.slice(0, LIMIT)) {
    try {
      texts.push({ text: noteText(source, note), source: where });
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      errors.push(error);
    }
  }
  const [vmcoreinfo = null, ...further] = texts;
  if (vmcoreinfo === null && errors[0]) throw errors[0];
  const warnings = errors.map(({ message }) => message);
  return { vmcoreinfo, warnings, ...(further.length > 0 ? { furtherVmcoreinfo: further } : {}) };
}
