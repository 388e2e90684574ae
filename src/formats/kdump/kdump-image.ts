import { type Range, repeatable } from '../../bytes/ranges.ts';
import type { ByteSource, ReadStatistics } from '../../bytes/source.ts';
import { inFile } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { requireKernel } from '../elf/elf-type.ts';
import { listed, type NoteList, notesIn } from '../elf/notes.ts';
import {
  type NamedPlace,
  readVmcoreinfoNotes,
  type VmcoreinfoNotes,
  vmcoreinfoAmong,
} from '../elf/vmcoreinfo-notes.ts';
import { notedCpus } from '../image/cpu-notes.ts';
import type { Open, OpenOptions } from '../image/format.ts';
import type { MemoryImage, Note, Segment, VmcoreinfoText } from '../image/image.ts';
import { qemuRegisters } from '../image/qemu-notes.ts';
import { type Codecs, loadCodecs } from './codecs.ts';
import { type FilePlace, type KdumpHeader, readKdumpHeader } from './header.ts';
import { headerWarnings } from './header-warnings.ts';
import { KdumpMemory } from './kdump-memory.ts';
import { KdumpPart } from './part.ts';
import { inOrder } from './split.ts';

/** Runs of pages listed as segments: real machines have a few dozen, a damaged file may claim millions. */
const SEGMENTS_LIMIT = 100_000;

/**
 * Loads the codecs and returns what opens kdump-compressed dumps: one file, or the parts of a split dump in
 * any order. That function throws InspectError unsupported or corrupt, and usage if the files do not belong
 * together.
 */
export async function loadOpenKdump(): Promise<Open> {
  const codecs = await loadCodecs();
  return (sources, options) => openKdump(sources, codecs, options);
}

function openKdump(
  sources: readonly ByteSource[],
  codecs: Codecs,
  { onReading, run = (work) => work() }: OpenOptions,
): MemoryImage {
  const facts = { codecs, parts: sources.length, onCounted: onReading };
  const headers = sources.map(headerOf);
  const partOf = (source: ByteSource, i: number) => new KdumpPart(source, headers[i] as KdumpHeader, facts);
  const parts = run(() => {
    const given = sources.map(partOf);
    for (const part of given) part.requireDescriptors();
    return inOrder(given);
  });
  return new KdumpImage(parts, codecs);
}

function headerOf(source: ByteSource): KdumpHeader {
  try {
    return readKdumpHeader(source);
  } catch (error) {
    throw inFile(source.path, error);
  }
}

class KdumpImage implements MemoryImage {
  readonly format: string;
  readonly path: string;
  readonly bytes: number;
  readonly dumpLevel: number;
  readonly live = false;
  readonly memory: KdumpMemory;
  readonly segments = repeatable(() => this.#runs());
  readonly notes: readonly Note[];
  readonly vmcoreinfo: MemoryImage['vmcoreinfo'];
  readonly furtherVmcoreinfo: readonly VmcoreinfoText[];
  readonly makedumpfile: MemoryImage['makedumpfile'];
  readonly physBase: bigint | undefined;
  readonly registers: MemoryImage['registers'];
  readonly #parts: readonly [KdumpPart, ...KdumpPart[]];
  readonly #codecs: Codecs;
  readonly #noteWarnings: readonly string[];

  constructor(parts: readonly [KdumpPart, ...KdumpPart[]], codecs: Codecs) {
    const [{ source, header, existing }] = parts;
    this.#parts = parts;
    this.#codecs = codecs;
    this.format = `${header.signature === 'DISKDUMP' ? 'diskdump' : 'kdump-compressed'} v${header.version}`;
    this.path = source.path;
    this.bytes = parts.reduce((sum, part) => sum + part.source.size, 0);
    this.dumpLevel = header.dumpLevel;
    this.memory = new KdumpMemory(parts);
    this.physBase = header.physBase === 0n ? undefined : header.physBase;
    const { notes, warnings } = notesOf(source, header);
    requireKernel(source, notes);
    this.notes = notes;
    this.registers = qemuRegisters(source, this.notes);
    const noted = vmcoreinfoOf(source, header.vmcoreinfo, this.notes);
    this.vmcoreinfo = noted.vmcoreinfo;
    this.furtherVmcoreinfo = noted.furtherVmcoreinfo ?? [];
    this.#noteWarnings = [...warnings, ...noted.warnings];
    const { memory } = this;
    this.makedumpfile = {
      get originalPages() {
        return existing.rank(existing.pages);
      },
      looked: () => memory.described(),
    };
  }

  /** What could not be decoded so far comes first, because it may explain the rest. */
  get warnings(): readonly string[] {
    const refusals = [...this.#codecs.values()].flatMap(({ refusal }) => (refusal?.met ? [refusal.why] : []));
    return [
      ...refusals,
      ...headerWarnings(this.#parts[0].header),
      ...this.#noteWarnings,
      ...this.#missingParts(),
    ];
  }

  get notedCpus(): number {
    return notedCpus(this.#parts[0].source, this.notes);
  }

  #missingParts(): string[] {
    const [{ dumped }] = this.#parts;
    return this.memory.missingParts.map(({ start, end }) => {
      const pages = dumped.rank(end) - dumped.rank(start);
      return `a part of the split dump is missing: no given file has pfn ${start} to ${end - 1}, of which ${pages} pages were written`;
    });
  }

  get unlistedSegments(): number {
    return Math.max(0, this.memory.pieces - SEGMENTS_LIMIT);
  }

  /** The runs of memory that the machine has. The position of each is that of its first page's descriptor. */
  *#runs(): Generator<Segment> {
    let count = 0;
    for (const run of this.#parts[0].existing.runs()) {
      if (++count > SEGMENTS_LIMIT) return;
      yield this.#segment(run);
    }
  }

  #segment({ start, end }: Range): Segment {
    const { dumped, missing } = this.memory.pagesIn(start, end);
    const holder = this.#parts.find((part) => start < part.end && end > part.start);
    return {
      type: 'RAM',
      virtual: null,
      physical: start * PAGE_SIZE,
      memorySize: BigInt((end - start) * PAGE_SIZE),
      fileSize: BigInt(dumped * PAGE_SIZE),
      offset: BigInt(holder?.positionOf(Math.max(start, holder.start)) ?? 0),
      missing: BigInt(missing * PAGE_SIZE),
    };
  }

  get statistics(): ReadStatistics {
    const sum = { reads: 0, bytes: 0 };
    for (const { source } of this.#parts) {
      sum.reads += source.statistics.reads;
      sum.bytes += source.statistics.bytes;
    }
    return sum;
  }

  close(): void {
    for (const { source } of this.#parts) source.close();
  }
}

/**
 * The notes of the crashed system (header version 4), and ERASEINFO as a note like that of makedumpfile -E.
 */
function notesOf(
  source: ByteSource,
  header: { notes: FilePlace | null; eraseinfo: FilePlace | null },
): NoteList {
  const { offset = 0, size = 0 } = header.notes ?? {};
  const { notes, warnings } = listed(notesIn(source, BigInt(offset), BigInt(offset + size)));
  const erased = header.eraseinfo ? [{ name: 'ERASEINFO', type: 0, ...header.eraseinfo }] : [];
  return { notes: [...notes, ...erased], warnings };
}

/**
 * VMCOREINFO from where the sub header says it is (version 3), and from the notes: makedumpfile's sub header
 * points into one of these.
 */
function vmcoreinfoOf(source: ByteSource, place: FilePlace | null, notes: readonly Note[]): VmcoreinfoNotes {
  const named = vmcoreinfoAmong(notes).filter(([{ offset }]) => Number(offset) !== place?.offset);
  if (!place) return readVmcoreinfoNotes(source, named);
  const placed: NamedPlace = [
    { name: 'VMCOREINFO', type: 0, ...place },
    `offset_vmcoreinfo ${hex(place.offset)}`,
  ];
  return readVmcoreinfoNotes(source, [placed, ...named]);
}
