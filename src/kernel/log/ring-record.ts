import { u64At } from '../../bytes/words.ts';
import { deviceOf } from './device-layout.ts';
import {
  decodeCaller,
  decodePriority,
  type LogRecord,
  type LostRecords,
  lost,
  lostBy,
} from './log-record.ts';
import type { PageReader } from './page-reader.ts';
import type { RingHeader } from './ring-header.ts';
import type { RingLayout } from './ring-layout.ts';
import type { RingNumbers } from './ring-numbers.ts';
import { BLOCK_ID_BYTES, locateBlock } from './text-block.ts';

/** Reads the record of a committed or finalized descriptor, or says why it is lost. */
export type ReadRecord = (reader: PageReader, id: bigint, desc: Uint8Array) => LogRecord | LostRecords;

/** What reading the records of a ring takes. */
interface RingFacts {
  readonly layout: RingLayout;
  readonly ring: RingHeader;
  readonly numbers: RingNumbers;
  /** The first record that was not cleared; null if unknown. */
  readonly clearSeq: bigint | null;
  /** Called for a record whose device is invalid. */
  readonly onInvalidDevice: () => void;
}

/**
 * Returns a reader for one walk through a ring.
 * @param budget bytes of all texts together, which never overlap: in a hostile ring all records may point to
 * the same text, so that 1 MiB of log would yield a GiB
 */
export function recordReader(facts: RingFacts, budget: number): ReadRecord {
  let left = budget;
  return (reader, id, desc) => {
    const { numbers } = facts;
    const place = { position: numbers.position(id), sequence: numbers.sequence(id), count: 1 };
    try {
      const found = readRecord(facts, reader, id, desc);
      if ('cause' in found) return lost(place, found.cause, found.reason);
      if (found.text.length > left)
        return lost(place, 'damaged', `the texts before it leave only ${left} bytes of the ring`);
      left -= found.text.length;
      return { kind: 'record', position: place.position, ...found };
    } catch (error) {
      return lostBy(error, place, 'the record');
    }
  };
}

type NoRecord = Pick<LostRecords, 'cause' | 'reason'>;
type Found = Omit<LogRecord, 'kind' | 'position'> | NoRecord;

/** @throws InspectError notMapped or notStored */
function readRecord(facts: RingFacts, reader: PageReader, id: bigint, desc: Uint8Array): Found {
  const { layout, ring, numbers, clearSeq } = facts;
  const count = BigInt(ring.count);
  const bytes = reader.bytes(ring.infos + (id % count) * BigInt(layout.info.size), layout.info.size);
  const info = layout.info.decode(bytes);
  const number = numbers.sequence(id);
  if (info.seq % count !== id % count || (number !== null && info.seq !== number)) {
    return damaged(`its printk_info belongs to record ${info.seq}`);
  }
  const text = readText(reader, { id, ...layout.desc.decode(desc), text_len: info.text_len }, ring);
  if (!(text instanceof Uint8Array)) return text;
  const device = deviceOf(bytes, layout.device);
  if (device === undefined) facts.onInvalidDevice();
  return {
    sequence: info.seq,
    time: info.ts_nsec,
    ...decodePriority(bytes, layout.priorityAt),
    caller: decodeCaller(info.caller_id),
    device: device ?? null,
    cleared: clearSeq === null ? null : info.seq < clearSeq,
    text,
  };
}

function damaged(reason: string): NoRecord {
  return { cause: 'damaged', reason };
}

/**
 * A block holds the text as it was written: with the level prefix, the newline and the NUL that are then
 * stripped (printk_sprint, kernel/printk/printk.c), rounded up to 8 bytes. If more is left, the length is
 * wrong.
 */
const SPARE = 32;

interface TextPlace {
  readonly id: bigint;
  readonly begin: bigint;
  readonly next: bigint;
  readonly text_len: number;
}

/** Returns a copy of the text, or why there is none. @throws InspectError notMapped or notStored */
function readText(reader: PageReader, place: TextPlace, ring: RingHeader): Uint8Array | NoRecord {
  const { id, begin, next, text_len } = place;
  const block = locateBlock(begin, next, ring.sizeBits);
  if (block.kind === 'empty') return new Uint8Array();
  if (block.kind === 'failed') return { cause: 'unwritten', reason: 'the kernel had no room for its text' };
  if (block.kind === 'impossible') return damaged(`its text cannot lie from ${begin} to ${next} in the ring`);
  // The kernel's readers reject such a record, too (copy_data).
  if (text_len > block.capacity || text_len + SPARE < block.capacity)
    return damaged(`its text_len is ${text_len}, but its block has ${block.capacity} bytes`);
  const bytes = reader.bytes(ring.data + BigInt(block.offset), BLOCK_ID_BYTES + text_len);
  const owner = u64At(bytes, 0);
  if (owner !== id) return damaged(`its text block has the id ${owner}, not ${id}`);
  return bytes.slice(BLOCK_ID_BYTES);
}
