import type { Absence } from '../../absence.ts';
import type { Range } from '../../bytes/ranges.ts';
import type { ReadStatistics } from '../../bytes/source.ts';

/** The first byte that could not be had, and why. */
export interface MissingByte {
  readonly absence: Absence;
  /** Physical address, bytes. */
  readonly address: number;
  readonly detail?: string;
}

/** What a dump has of a page, as it can be told without reading that page. */
export const HOLDINGS = ['hole', 'notStored', 'truncated', 'stored', 'zero', 'otherPart', 'nonZero'] as const;
export type Holding = (typeof HOLDINGS)[number];

/**
 * The codes of `survey`: indexes of HOLDINGS. A page that is held in part is `stored`, but `truncated` where the file
 * ends in it; `zero` and `nonZero` ones are stored too, and known to be all zero or not to be.
 */
export const HoldingCode = {
  hole: 0,
  notStored: 1,
  truncated: 2,
  stored: 3,
  zero: 4,
  otherPart: 5,
  nonZero: 6,
} as const satisfies Record<Holding, number>;

/** How much of it there is, in bytes. */
export interface MemoryAmounts {
  /** What the dump says it covers. */
  readonly described: number;
  /** What of it the file really holds. */
  readonly stored: number;
  /** What the file should hold but does not, for it ends too early. */
  readonly truncated: number;
}

/** Physical memory as a dump holds it. All addresses are physical, in bytes. */
export interface PhysicalMemory {
  /** May take a look at every page's descriptor, so ask only for a report. */
  readonly amounts: MemoryAmounts;
  /** Whether memory that it should hold is known to be missing: the file ends too early, says so itself, or lacks a part. */
  readonly cutShort: boolean;
  /**
   * Whether pages lie encoded in the file, so that each must be decoded: what need not be read then saves more than a
   * further read costs. Where contents lie as they are it is the other way round.
   */
  readonly encoded: boolean;
  /** What of [start, end) the dump covers: ascending and disjoint, made as it is asked for, since a bitmap may have many. */
  described(start?: number, end?: number): Iterable<Range>;
  /** How many bytes `described` has, and in how many ranges, where that is told faster than by making them. */
  readonly describedBytes?: number;
  readonly pieces?: number;
  /** Writes what the dump has of `holdings.length` pages from `pfn` on, a code of `Held` a page. */
  survey(pfn: number, holdings: Uint8Array): void;
  /**
   * As `survey`, and looks for a cheap proof in the encoded contents, so that `stored` may give way to `zero` or
   * `nonZero`. The proof is of the page as it was written: that it can still be decoded is not tested. Absent where
   * contents lie as they are, and nothing tells them but reading.
   */
  surveyContents?(pfn: number, holdings: Uint8Array): void;
  /** What the file holds: ascending and disjoint. Absent where only a survey tells. */
  readonly stored?: Iterable<Range>;
  /**
   * Fills `into` from `address` on; where segments overlap, the first in file order is read. When something is missing,
   * what stands in `into` means nothing.
   * @returns undefined when done, else what is missing.
   */
  read(address: number, into: Uint8Array): MissingByte | undefined;
  /** As `read`, but bytes that the dump does not hold become zero: for pages that are held in part. */
  readPadded(address: number, into: Uint8Array): MissingByte | undefined;
}

/** What makedumpfile takes for the memory of a file, for counting as it does. */
export interface MakedumpfileView {
  /** "Original pages": for ELF every segment's, so those that overlap count twice. */
  readonly originalPages: number;
  /** The memory whose pages it looks at, bytes: ascending and disjoint. */
  looked(): Iterable<Range>;
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
  /** What speaks against it, where it had to be searched for. */
  readonly doubts?: readonly string[];
  /** The kernels that are in memory, where more than the dump's own word was asked. */
  readonly boots?: readonly Boot[];
}

/** A kernel in memory whose VMCOREINFO holds. */
export interface Boot {
  readonly release: string;
  /** Physical address of its _stext, bytes. */
  readonly physical: number;
  /** Whether the dump is read as this kernel's. */
  readonly taken: boolean;
  readonly why: string;
}

/** Control registers of a CPU at the time of the dump. */
export interface CpuRegisters {
  /** The CPU's place among those that the writer noted. */
  readonly cpu: number;
  readonly cr3: bigint;
  readonly cr4: bigint;
}

/** What has become of a running machine's memory since it was opened. */
export interface MapChange {
  /** Bytes that were there and are not. */
  readonly removed: number;
  /** Bytes that were not there and are. */
  readonly added: number;
  /** Whether the file has its contents elsewhere now, so what was read last may be other memory than was meant. */
  readonly moved: boolean;
}

/** An opened dump of any format: nothing above src/formats asks which it is. */
export interface MemoryImage {
  /** For people: 'ELF64 vmcore', 'kdump-compressed v6', '/proc/kcore'. */
  readonly format: string;
  readonly path: string;
  /** Bytes of the file; null where the file has no true size. */
  readonly bytes: number | null;
  /** makedumpfile's -d: what it left out, as a sum of bits. Absent in formats that do not note it. */
  readonly dumpLevel?: number;
  /** Whether the memory changes while it is read. */
  readonly live: boolean;
  readonly memory: PhysicalMemory;
  /** Whether memory may be missing behind its end without a trace, for the format has no mark of its end. */
  readonly openEnded?: boolean;
  /** Whether byte n is taken for physical address n only because nothing in the file says otherwise. */
  readonly flat?: boolean;
  /** In file order; read anew each time, for a file may have millions. */
  readonly segments: Iterable<Segment>;
  /** How many there are besides those that `segments` has; absent where it has all. */
  readonly unlistedSegments?: number;
  readonly notes: readonly Note[];
  readonly vmcoreinfo: VmcoreinfoText | null;
  /** What was odd on opening and does not stop the reading. */
  readonly warnings: readonly string[];
  readonly makedumpfile: MakedumpfileView;
  /** phys_base as the writer of the dump noted it; undefined where it noted none, or a 0 that may mean none (QEMU). */
  readonly physBase?: bigint | undefined;
  /** Of each CPU that has paging on, where the writer noted them (QEMU). */
  readonly registers: readonly CpuRegisters[];
  readonly statistics: Readonly<ReadStatistics>;
  /** Bytes of memory that an index of the file takes, once more for each thread that opens it; absent where that is next to nothing. */
  readonly indexBytes?: number;
  /** What memory has come and gone by now, null for none; absent where none can. */
  mapChange?(): MapChange | null;
  close(): void;
}
