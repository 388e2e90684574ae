import type { Range } from '../bytes/ranges.ts';
import type { ReadStatistics } from '../bytes/source.ts';

/** Why bytes of physical memory cannot be had: these are different answers and stay apart. */
export type Absence =
  /** The dump does not know the address: no memory was there, or none that it describes. */
  | 'hole'
  /** The dump knows the memory but was written without its contents. */
  | 'notStored'
  /** The contents should be in the file, but it ends before them. */
  | 'truncated'
  /** The contents are there, but the system refuses to read them. */
  | 'unreadable';

/** The first byte that could not be had, and why. */
export interface Missing {
  readonly absence: Absence;
  /** Physical address, bytes. */
  readonly address: number;
  readonly detail?: string;
}

/** Physical memory as a dump holds it. All addresses are physical, in bytes. */
export interface PhysicalMemory {
  /** What the dump says it covers: ascending, disjoint. */
  readonly described: readonly Range[];
  /** What of it the file really holds: ascending, disjoint. */
  readonly stored: readonly Range[];
  /** What the file should hold but does not, for it ends too early. */
  readonly truncated: readonly Range[];
  /**
   * Fills `into` from `address` on; where segments overlap, the first in file order is read. When something is missing,
   * what stands in `into` means nothing.
   * @returns undefined when done, else what is missing.
   */
  read(address: number, into: Uint8Array): Missing | undefined;
  /** As `read`, but bytes that the dump does not hold become zero: for pages that are held in part. */
  readPadded(address: number, into: Uint8Array): Missing | undefined;
}

/** One line of the file's own map, as it says it itself. */
export interface Segment {
  readonly type: string;
  /** Virtual address, or null where the format has none. */
  readonly virtual: bigint | null;
  /** Physical address in bytes, or null where the file gives none (/proc/kcore's vmalloc area). */
  readonly physical: number | null;
  /** Bytes of memory that it stands for. */
  readonly memorySize: bigint;
  /** Bytes that the file holds of it. */
  readonly fileSize: bigint;
  /** Position in the file, bytes. */
  readonly offset: bigint;
  /** Bytes of fileSize past the end of the file. */
  readonly missing: bigint;
}

/** A note of the dump, its contents read only when asked for. */
export interface Note {
  readonly name: string;
  readonly type: number;
  /** Position of the contents in the file, bytes. */
  readonly offset: number | bigint;
  /** Bytes. */
  readonly size: number;
}

/** VMCOREINFO as found, and where. */
export interface VmcoreinfoText {
  readonly text: string;
  readonly source: string;
}

/** An opened dump of any format: nothing above src/formats asks which it is. */
export interface MemoryImage {
  /** For people: 'ELF64 vmcore', '/proc/kcore'. */
  readonly format: string;
  readonly path: string;
  /** Bytes of the file; null where the file has no true size. */
  readonly bytes: number | null;
  /** Whether the memory changes while it is read. */
  readonly live: boolean;
  readonly memory: PhysicalMemory;
  readonly segments: readonly Segment[];
  readonly notes: readonly Note[];
  readonly vmcoreinfo: VmcoreinfoText | null;
  /** What was odd on opening and does not stop the reading. */
  readonly warnings: readonly string[];
  /** Pages as makedumpfile counts them: every segment's, those that overlap twice. */
  readonly segmentPages: number;
  readonly statistics: Readonly<ReadStatistics>;
  close(): void;
}
