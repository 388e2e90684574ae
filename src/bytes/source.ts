import type { Range } from './ranges.ts';

/** How often and how much was read. */
export interface ReadStatistics {
  reads: number;
  bytes: number;
}

/** Something that bytes can be read from at any position: a file, or a built one in a test. */
export interface ByteSource {
  /** As the user named it. */
  readonly path: string;
  /** Bytes. A hint only for files that a kernel makes up: /proc/kcore claims 2^47 and more. */
  readonly size: number;
  /** Whether the file is served by procfs, so a kernel makes it up as it is read. */
  readonly isProcfs: boolean;
  /** Whether the file itself shows that its end is missing (a flattened one does). Of other files nobody can tell. */
  readonly cutShort?: boolean;
  /** What is missing below `size`, where that shows: ascending and disjoint. */
  readonly lost?: readonly Range[];
  /** What was read so far, for --debug. */
  readonly statistics: ReadStatistics;
  /**
   * Fills `into` with the bytes from `position` on and returns how many there were: fewer than asked only where the
   * file ends, or what it lost begins.
   * @throws InspectError io, when the system refuses the read.
   */
  read(position: number | bigint, into: Uint8Array): number;
  close(): void;
}
