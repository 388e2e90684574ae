/** Why bytes of physical memory cannot be read. These are different answers and stay apart. */
export type Absence =
  /** The dump does not know the address: there was no memory, or none that the dump describes. */
  | 'hole'
  /** The dump knows the memory but was written without its contents. */
  | 'notStored'
  /** The contents should be in the file, but the file ends before them. */
  | 'truncated'
  /** The contents are in a part of a split dump that was not given. */
  | 'otherPart'
  /** The contents are in the file, but do not decode to a page. */
  | 'corrupt'
  /** The contents are there, but the system refuses to read them. */
  | 'unreadable';

/** The same in words, everywhere: memory is … */
export const ABSENCES: Readonly<Record<Absence, string>> = {
  hole: 'not in the dump',
  notStored: 'not stored in the dump',
  truncated: 'past the end of the truncated file',
  otherPart: 'in a part of the split dump that was not given',
  corrupt: 'damaged in the dump',
  unreadable: 'unreadable',
};
