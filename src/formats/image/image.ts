import type { Absence } from '../../absence.ts';
import type { RangeList } from '../../bytes/range-list.ts';
import type { Range } from '../../bytes/ranges.ts';
import type { ReadStatistics } from '../../bytes/source.ts';

/** The first byte that could not be read, and why. */
export interface MissingByte {
  readonly absence: Absence;
  /** Physical address, bytes. */
  readonly address: number;
  readonly detail?: string;
}

/** What a dump holds of a page, as far as that is known without reading the page. */
export const HOLDINGS = ['hole', 'notStored', 'truncated', 'stored', 'zero', 'otherPart', 'nonZero'] as const;
export type Holding = (typeof HOLDINGS)[number];

/**
 * The codes that `survey` writes: indexes into HOLDINGS. A page that is held in part is `stored`, but
 * `truncated` if the file ends inside it. `zero` and `nonZero` pages are stored too, and known to be all
 * zero, or not.
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

/** How much memory there is, in bytes. */
export interface MemoryAmounts {
  /** What the dump says it covers. */
  readonly described: number;
  /** The part of it that the file really holds. */
  readonly stored: number;
  /** What the file should hold but does not, because it ends too early. */
  readonly truncated: number;
}

/** Physical memory as a dump holds it. All addresses are physical, in bytes. */
export interface PhysicalMemory {
  /** This may read every page's descriptor, so ask for it only in a report. */
  readonly amounts: MemoryAmounts;
  /**
   * Whether memory that the file should hold is known to be missing: it ends too early, says so itself, or
   * lacks a part.
   */
  readonly cutShort: boolean;
  /** Whether a read met an end of the file that was not there when it was opened. Absent if none did. */
  readonly shrunk?: boolean;
  /**
   * Whether pages are stored encoded, so that each must be decoded. Then a page that need not be read saves
   * more than a further read costs. Where pages are stored as they are, it is the other way round.
   */
  readonly encoded: boolean;
  /**
   * The parts of [start, end) that the dump covers, ascending and disjoint. They are made one at a time,
   * because a bitmap may have many.
   */
  described(start?: number, end?: number): Iterable<Range>;
  /** How many bytes `described` has, and in how many ranges, if that is known without making the ranges. */
  readonly describedBytes?: number;
  readonly pieces?: number;
  /** Writes what the dump holds of `holdings.length` pages from `pfn` on, one HoldingCode per page. */
  survey(pfn: number, holdings: Uint8Array): void;
  /**
   * Like `survey`, but also looks for a cheap proof in the encoded contents, so that it may write `zero` or
   * `nonZero` instead of `stored`. The proof is about the page as it was written; whether it can still be
   * decoded is not checked. Absent if pages are stored as they are, because then only reading them shows what
   * they contain.
   */
  surveyContents?(pfn: number, holdings: Uint8Array): void;
  /** What the file holds, ascending and disjoint. Absent if only a survey shows it. */
  readonly stored?: Iterable<Range>;
  /**
   * Fills `into` from `address` on. Where segments overlap, the first in file order is read. If something is
   * missing, the contents of `into` mean nothing.
   * @returns undefined when done, otherwise what is missing.
   */
  read(address: number, into: Uint8Array): MissingByte | undefined;
  /** Like `read`, but bytes that the dump does not hold become zero: for pages that are held in part. */
  readPadded(address: number, into: Uint8Array): MissingByte | undefined;
}

/** What makedumpfile regards as the memory of a file, for counting as it does. */
export interface MakedumpfileView {
  /** "Original pages": for ELF, the pages of every segment; where segments overlap, pages count twice. */
  readonly originalPages: number;
  /** The memory whose pages makedumpfile looks at, in bytes: ascending and disjoint. */
  looked(): Iterable<Range>;
}

/** The type of a segment that stands for addresses of devices, where there is no memory. */
export const MMIO = 'MMIO';

/** One line of the file's own memory map, as the file states it. */
export interface Segment {
  readonly type: string;
  /** Virtual address; null if the format has none. */
  readonly virtual: bigint | null;
  /** Physical address in bytes; null if the file gives none (/proc/kcore's vmalloc area). */
  readonly physical: number | null;
  /** Bytes of memory that the segment stands for. */
  readonly memorySize: bigint;
  /** Bytes of that memory that the file holds. */
  readonly fileSize: bigint;
  /** Position in the file, in bytes. */
  readonly offset: bigint;
  /** Bytes of fileSize that lie past the end of the file. */
  readonly missing: bigint;
}

/** A note of the dump. Its contents are read only when asked for. */
export interface Note {
  readonly name: string;
  readonly type: number;
  /** Position of the contents in the file, in bytes. */
  readonly offset: number | bigint;
  /** Bytes. */
  readonly size: number;
}

/** VMCOREINFO as it was found, and where. */
export interface VmcoreinfoText {
  readonly text: string;
  readonly source: string;
  /** Reasons to doubt it, if it had to be searched for. */
  readonly doubts?: readonly string[];
  /** The kernels found in memory, if memory was searched for them. */
  readonly boots?: readonly Boot[];
  /** Every text that was looked at, this one among them, and why it is the one; absent if none was tested. */
  readonly candidates?: readonly TextCandidate[];
}

/** A text that may be the VMCOREINFO of the dump, and the verdict on it. */
export interface TextCandidate {
  /** Where it was found. */
  readonly source: string;
  /** `agrees`: of the same kernel. `differs`: of another kernel. `unavailable`: not a VMCOREINFO at all. */
  readonly verdict: 'believed' | 'agrees' | 'differs' | 'refuted' | 'unavailable';
  readonly reason: string;
}

/** A kernel in memory whose VMCOREINFO is valid. */
export interface Boot {
  readonly release: string;
  /** Physical address of its _stext, in bytes. */
  readonly physical: number;
  /** Whether the dump is read as a dump of this kernel. */
  readonly taken: boolean;
  readonly why: string;
}

/** Control registers of a CPU at the time of the dump. */
export interface CpuRegisters {
  /** The CPU's number among those that the writer noted. */
  readonly cpu: number;
  readonly cr3: bigint;
  readonly cr4: bigint;
}

/** How a running machine's memory has changed since it was opened. */
export interface MapChange {
  /** Bytes that were there and are gone. */
  readonly removed: number;
  /** Bytes that have been added. */
  readonly added: number;
  /** Whether the file's contents have moved, so that recent reads may have returned other memory. */
  readonly moved: boolean;
}

/**
 * What memory means that no range of a file covers. A format that lists the machine's memory leaves out none,
 * or says where; of others only the kernel's own view of its memory shows what the file lacks.
 */
export type AbsentMemory =
  /** Nothing in the file tells: it was not RAM, was not saved, or was lost. */
  | { readonly means: 'unknown' }
  /**
   * The writer leaves out blocks that are all zero, so RAM that no range covers is zero.
   * `mayBe` is where such blocks can lie, in physical addresses, holes between RAM among it; `held` is the
   * memory that the file itself has.
   */
  | { readonly means: 'zero'; readonly mayBe: RangeList; readonly held: PhysicalMemory };

/** An opened dump of any format. Nothing above src/formats asks which format it is. */
export interface MemoryImage {
  /** For people: 'ELF64 vmcore', 'kdump-compressed v6', '/proc/kcore'. */
  readonly format: string;
  readonly path: string;
  /** Bytes of the file; null if the file has no true size. */
  readonly bytes: number | null;
  /** makedumpfile's -d: what it left out, as a sum of bits. Absent in formats that do not note it. */
  readonly dumpLevel?: number;
  /** Whether the memory changes while it is read. */
  readonly live: boolean;
  readonly memory: PhysicalMemory;
  /** Whether memory may be missing after the end without a trace, because the format has no end mark. */
  readonly openEnded?: boolean;
  /** What memory means that no range covers; absent where the format lists all memory of the machine. */
  readonly absent?: AbsentMemory;
  /** Whether the file has zeros for the holes between RAM, so that it does not tell them from RAM. */
  readonly flat?: boolean;
  /**
   * The same file with the RAM above a hole right after the RAM below it. Absent where the file or the user
   * says where memory belongs. Only one of the images is to be closed.
   */
  placedAround?(hole: Range): MemoryImage;
  /** In file order. Read again each time, because a file may have millions. */
  readonly segments: Iterable<Segment>;
  /** How many segments `segments` does not list; absent if it lists all. */
  readonly unlistedSegments?: number;
  readonly notes: readonly Note[];
  /** The text of the VMCOREINFO note, as it is: it may be of another boot, or a placeholder. */
  readonly vmcoreinfo: VmcoreinfoText | null;
  /** The texts of further notes of that name, in file order; absent if there are none. */
  readonly furtherVmcoreinfo?: readonly VmcoreinfoText[];
  /** What was odd on opening but does not stop the reading. */
  readonly warnings: readonly string[];
  readonly makedumpfile: MakedumpfileView;
  /**
   * phys_base as the dump's writer noted it; undefined if it noted none, or a 0 that may mean none (QEMU).
   */
  readonly physBase?: bigint | undefined;
  /** One entry per CPU that has paging on, if the writer noted them (QEMU). */
  readonly registers: readonly CpuRegisters[];
  /** How many CPUs have a note with their registers (NT_PRSTATUS); absent if the format has no notes. */
  readonly notedCpus?: number;
  readonly statistics: Readonly<ReadStatistics>;
  /** Bytes of memory that an index of the file takes in each thread that opens it; absent if few. */
  readonly indexBytes?: number;
  /** Which memory has come and gone since; null if none has. Absent if none can. */
  mapChange?(): MapChange | null;
  close(): void;
}
