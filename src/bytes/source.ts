import type { Range } from './ranges.ts';

/** How often the file was read, and how many bytes in all. */
export interface ReadStatistics {
  reads: number;
  bytes: number;
}

/** Bytes that can be read at any position: of a file, or built by a test. */
export interface ByteSource {
  /** The path as the user gave it. */
  readonly path: string;
  /** Bytes. Only a hint for files that the kernel generates: /proc/kcore claims 2^47 and more. */
  readonly size: number;
  /** Whether procfs serves the file, so that the kernel generates it as it is read. */
  readonly isProcfs: boolean;
  /** Whether the file itself shows that its end is missing, as a flattened file does. Others cannot. */
  readonly cutShort?: boolean;
  /** The bytes below `size` that are known to be missing, ascending and disjoint. */
  readonly lost?: readonly Range[];
  /** What has been read so far, for --debug. */
  readonly statistics: ReadStatistics;
  /**
   * Fills `into` with the bytes from `position` on and returns how many there were. It returns fewer than
   * asked only where the file ends or a lost part begins.
   * @throws InspectError io, if the system refuses the read
   */
  read(position: number | bigint, into: Uint8Array): number;
  close(): void;
}
