import { u64At } from '../../bytes/words.ts';
import { readClearSeq } from './clear-seq.ts';
import { type KernelLog, type LogEntry, lost, lostBy, mergeLost } from './log-record.ts';
import { leftInPage, PageReader } from './page-reader.ts';
import { ID_BITS, type LogSource, type RingHeader, readRingHeader } from './ring-header.ts';
import { type RingLayout, ringLayout } from './ring-layout.ts';
import { type RingNumbers, readNumbers } from './ring-numbers.ts';
import { type ReadRecord, recordReader } from './ring-record.ts';

/** Descriptors per chunk; in a live kernel they are checked again after each chunk. */
const CHUNK = 256;

/** enum desc_state: the top two bits of state_var */
const RESERVED = 0;
const FINALIZED = 2;
const REUSABLE = 3;

/** Limit of concurrent writers: one per CPU, and the ones that they interrupt. */
const MOST_WRITERS = 256n;

/** A descriptor, or an entry for records whose descriptors could not be read. */
type Found = { readonly id: bigint; readonly desc: Uint8Array } | LogEntry;

/**
 * The lockless ring buffer since 5.10 (kernel/printk/printk_ringbuffer.c, 896fbe20b4e2). A record consists of
 * a descriptor, a printk_info of the same index and a block of text; descriptor and block hold its id. It is
 * readable once its descriptor is finalized. A committed one is complete, too, but may still be extended: in
 * a live kernel it is skipped, as by the kernel's own readers. Reusable ones have lost their text to newer
 * records.
 */
export class LocklessRing implements KernelLog {
  readonly hasLevels: boolean;
  readonly #source: LogSource;
  readonly #layout: RingLayout;
  readonly #ring: RingHeader;
  readonly #numbers: RingNumbers;
  readonly #clearSeq: bigint | null;
  readonly #clearSeqIsWrong: boolean;
  #invalidDevices = 0;

  /** @throws InspectError missingInfo, notMapped, notStored or corrupt if the ring itself cannot be read */
  constructor(source: LogSource) {
    this.#source = source;
    this.#layout = ringLayout(source.info);
    this.#ring = readRingHeader(source, this.#layout);
    this.#numbers = readNumbers(new PageReader(source.space), this.#layout, this.#ring);
    const clearSeq = readClearSeq(source);
    this.#clearSeqIsWrong = clearSeq !== null && !source.image.live && clearSeq > this.#end();
    this.#clearSeq = this.#clearSeqIsWrong ? null : clearSeq;
    this.hasLevels = this.#layout.priorityAt !== null;
  }

  get doubts(): readonly string[] {
    const cleared = 'which records were cleared is unknown: clear_seq is past the last record';
    return [...this.#deviceDoubts(), ...(this.#clearSeqIsWrong ? [cleared] : [])];
  }

  #deviceDoubts(): string[] {
    const { device } = this.#layout;
    if (device !== null && 'contradiction' in device)
      return [`the devices of the records are unknown: VMCOREINFO: ${device.contradiction}`];
    const count = this.#invalidDevices;
    const what = `records with a device but no subsystem, or the reverse: ${count}`;
    return count === 0 ? [] : [what];
  }

  /** Returns the number that the next record will get; if unknown, a number beyond all records. */
  #end(): bigint {
    const { tail, ids } = this.#ring;
    const last = this.#numbers.sequence(BigInt.asUintN(ID_BITS, tail + BigInt(ids - 1)));
    return last === null ? 1n << 64n : last + 1n;
  }

  get most(): number {
    return this.#ring.ids;
  }

  entries(newest = this.#ring.ids): Generator<LogEntry> {
    return mergeLost(this.#from(Math.max(0, this.#ring.ids - newest)));
  }

  *#from(first: number): Generator<LogEntry> {
    const { tail, ids } = this.#ring;
    if (first === 0) yield* this.#outside(tail, -1n);
    yield* this.#chunks(first);
    yield* this.#outside(tail + BigInt(ids - 1), 1n);
  }

  /**
   * Yields what lies outside tail_id and head_id, where no written record should be: the head is advanced
   * before a descriptor gets its id, the tail only after a descriptor became reusable (desc_reserve,
   * desc_push_tail). A record there shows that head_id or tail_id is wrong.
   */
  *#outside(edge: bigint, step: bigint): Generator<LogEntry> {
    if (this.#source.image.live) return;
    const reader = new PageReader(this.#source.space);
    const at = (n: number) => BigInt.asUintN(ID_BITS, edge + step * BigInt(n));
    let count = 0;
    while (count + this.#ring.ids < this.#ring.count && this.#isWritten(reader, at(count + 1))) count++;
    if (count === 0) return;
    const reason = `the ring's ${step < 0n ? 'tail_id' : 'head_id'} excludes them`;
    yield lost({ ...this.#place(step < 0n ? at(count) : at(1)), count }, 'damaged', reason);
  }

  #isWritten(reader: PageReader, id: bigint): boolean {
    const found = this.#find(reader, id, 1);
    if (!('desc' in found)) return false;
    const state_var = u64At(found.desc, this.#layout.stateAt);
    const state = Number(state_var >> BigInt(ID_BITS));
    return BigInt.asUintN(ID_BITS, state_var) === id && state !== RESERVED && state !== REUSABLE;
  }

  *#chunks(from: number): Generator<LogEntry> {
    const { tail, ids } = this.#ring;
    const read = this.#recordReader();
    for (let done = from; done < ids; done += CHUNK) {
      yield* this.#chunk(read, tail + BigInt(done), Math.min(CHUNK, ids - done));
    }
  }

  /**
   * In a running kernel, texts are overwritten while they are read, so together they may exceed the ring's
   * size.
   */
  #recordReader(): ReadRecord {
    const facts = {
      layout: this.#layout,
      ring: this.#ring,
      numbers: this.#numbers,
      clearSeq: this.#clearSeq,
      onInvalidDevice: () => {
        this.#invalidDevices++;
      },
    };
    const budget = this.#source.image.live ? Number.POSITIVE_INFINITY : 2 ** this.#ring.sizeBits;
    return recordReader(facts, budget);
  }

  #chunk(read: ReadRecord, first: bigint, count: number): LogEntry[] {
    const reader = new PageReader(this.#source.space);
    const found: Found[] = [];
    for (let i = 0; i < count; ) {
      const one = this.#find(reader, BigInt.asUintN(ID_BITS, first + BigInt(i)), count - i);
      found.push(one);
      i += 'kind' in one && one.kind === 'lost' ? (one.count ?? 1) : 1;
    }
    const entries = found.map((one) => ('kind' in one ? one : this.#entry(read, reader, one.id, one.desc)));
    const kept = this.#source.image.live ? this.#unmoved(found, entries) : entries;
    return kept.filter((entry) => entry !== undefined);
  }

  /** In a live kernel, drops records that were overwritten or extended before all of them was read. */
  #unmoved(found: readonly Found[], entries: readonly (LogEntry | undefined)[]): (LogEntry | undefined)[] {
    const again = new PageReader(this.#source.space);
    return entries.map((entry, i) => {
      const before = found[i];
      if (entry === undefined || before === undefined || 'kind' in before) return entry;
      const now = this.#find(again, before.id, 1);
      return 'desc' in now && Buffer.compare(now.desc, before.desc) === 0 ? entry : undefined;
    });
  }

  /**
   * Returns the descriptor of an id. If it cannot be read, neither can up to `most` following ones in its
   * page.
   */
  #find(reader: PageReader, id: bigint, most: number): Found {
    const { size } = this.#layout.desc;
    const index = Number(id % BigInt(this.#ring.count));
    const at = this.#ring.descs + BigInt(index * size);
    try {
      return { id, desc: reader.bytes(at, size) };
    } catch (error) {
      const inPage = Math.ceil(leftInPage(at) / size);
      const count = Math.min(most, this.#ring.count - index, inPage);
      return lostBy(error, { ...this.#place(id), count }, 'the descriptor');
    }
  }

  /** Returns a descriptor's record, or undefined if a newer one has replaced it or it is not yet readable. */
  #entry(read: ReadRecord, reader: PageReader, id: bigint, desc: Uint8Array): LogEntry | undefined {
    const { live } = this.#source.image;
    const state_var = u64At(desc, this.#layout.stateAt);
    const state = Number(state_var >> BigInt(ID_BITS));
    const owner = BigInt.asUintN(ID_BITS, state_var);
    if (live && (owner !== id || state !== FINALIZED)) return undefined;
    if (owner !== id) return this.#misplaced(id, state_var, owner);
    if (state === REUSABLE) return undefined;
    if (state === RESERVED) return this.#unwritten(id, 'its writer had not finished it');
    return read(reader, id, desc);
  }

  /**
   * The head is advanced before its descriptor gets the new id (desc_reserve): until then the id is from the
   * previous lap or unset. Only descriptors near the head can be in that state; further back one was damaged.
   */
  #misplaced(id: bigint, state_var: bigint, owner: bigint): LogEntry {
    const { tail, ids, count } = this.#ring;
    const lapBefore = state_var === 0n || owner === BigInt.asUintN(ID_BITS, id - BigInt(count));
    const fromHead = BigInt(ids - 1) - BigInt.asUintN(ID_BITS, id - tail);
    if (lapBefore && fromHead < MOST_WRITERS) return this.#unwritten(id, 'its writer had only just begun');
    const reason = `its descriptor has the id ${owner}, not ${id}`;
    return lost(this.#place(id), 'damaged', reason);
  }

  #unwritten(id: bigint, reason: string): LogEntry {
    return lost(this.#place(id), 'unwritten', reason);
  }

  #place(id: bigint) {
    return { position: this.#numbers.position(id), sequence: this.#numbers.sequence(id), count: 1 };
  }
}
