/** A kind of file that is not a dump of this program: how it is recognised, and what to do about it. */
export interface ForeignKind {
  /** Its magic numbers, as latin1; one of them is enough. */
  readonly magic: readonly string[];
  /** Where they are, in bytes; 0 if absent. */
  readonly at?: number;
  /** With an article, for "this is ...". */
  readonly what: string;
  readonly hint: string;
}

/** Bytes of the start of a file that hold every signature: the last one is that of btrfs. */
export const SIGNED = 0x1_0048;
