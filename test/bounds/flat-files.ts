import { readFileSync } from 'node:fs';
import { END_RECORD, flatHeader, recordHeader } from '../builders/flattened.ts';
import { dumpOf } from '../support/fixture.ts';
import { SparseFile } from './sparse-file.ts';

/** Bytes of records that are collected before they are written. */
const PIECE = 2 ** 22;

/** Where a record belongs, and how many bytes it has. */
type Place = readonly [target: number, size: number];

/** A real dump, flattened in the given records. */
function flatten(path: string, places: (size: number) => Iterable<Place>): readonly string[] {
  const dump = readFileSync(dumpOf('linux-6.12-numa'));
  const file = new SparseFile(path, 0);
  let at = 0;
  let parts: Uint8Array[] = [flatHeader()];
  let length = 4096;
  const flush = () => {
    file.put(at, Buffer.concat(parts));
    at += length;
    parts = [];
    length = 0;
  };
  for (const [target, size] of places(dump.length)) {
    parts.push(recordHeader(target, size), dump.subarray(target, target + size));
    length += 16 + size;
    if (length > PIECE) flush();
  }
  parts.push(END_RECORD);
  length += END_RECORD.length;
  flush();
  file.close();
  return [];
}

/** This many records, none of which continues the one before it. */
export const scatteredRecords = (count: number) => (path: string) =>
  flatten(path, function* (size) {
    const step = Math.ceil(size / count);
    for (const parity of [1, 0])
      for (let at = parity * step; at < size; at += 2 * step) yield [at, Math.min(step, size - at)];
  });

/** Records from the end on. Each starts with the whole range of the one before it. */
export const overlappingRecords = (count: number) => (path: string) =>
  flatten(path, function* (size) {
    const step = Math.ceil(size / count);
    for (let n = Math.ceil(size / step) - 1; n >= 0; n--)
      yield [n * step, Math.min(2 * step, size - n * step)];
  });

/** This many records of one byte each, in order, and the rest in records as makedumpfile writes them. */
export const tinyRecords = (count: number) => (path: string) =>
  flatten(path, function* (size) {
    for (let at = 0; at < count; at++) yield [at, 1];
    for (let at = count; at < size; at += 65_536) yield [at, Math.min(65_536, size - at)];
  });
