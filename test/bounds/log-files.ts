import { packed } from '../builders/encode.ts';
import { DATA, writeKernel } from '../builders/kernel-file.ts';
import { BuiltRing } from '../builders/log-ring.ts';
import { SparseFile } from './sparse-file.ts';

/** Physical addresses of the arrays of a ring that is too large for a made-up image. */
const DESCS = 2 ** 28;
const INFOS = 2 ** 29;
const TEXT = 2 ** 30;
const RAM = { start: DESCS, end: TEXT + 2 ** 29 };
const PAGE_OFFSET = 0xffff_8880_0000_0000n;
const RING = 0x10_0000;
const FINALIZED = 2n << 62n;

interface Records {
  readonly countBits: number;
  readonly sizeBits: number;
  /** Bytes from one record's text block to the next. */
  readonly step: number;
  readonly textLength: number;
}

/** A kernel whose ring has as many records as it can, with texts as given. */
const ringOf =
  ({ countBits, sizeBits, step, textLength }: Records) =>
  (path: string): readonly string[] => {
    const count = 2 ** countBits;
    const prb = PAGE_OFFSET + BigInt(RAM.end - RING);
    const built = new BuiltRing({ prb, kernel: { ram: [RAM] } }).kernel();
    writeKernel(built, path);
    const first = BigInt(2 ** 32 - count);
    const at = (physical: number) => PAGE_OFFSET + BigInt(physical);
    const header = packed(88, [
      [0, 4, countBits],
      [8, 8, at(DESCS)],
      [16, 8, at(INFOS)],
      [24, 8, first + BigInt(count - 1)],
      [32, 8, first],
      [48, 4, sizeBits],
      [56, 8, at(TEXT)],
    ]);
    const file = new SparseFile(path);
    file.put(DATA + RAM.end - RING, header);
    file.table(DATA + DESCS, count, 24, (entry, i) => {
      entry.setBigUint64(0, FINALIZED | (first + BigInt(i)), true);
      entry.setBigUint64(8, BigInt(i * step), true);
      entry.setBigUint64(16, BigInt(i * step + 8 + textLength), true);
    });
    file.table(DATA + INFOS, count, 88, (entry, i) => {
      entry.setBigUint64(0, BigInt(i), true);
      entry.setBigUint64(8, BigInt(i) * 1_000_000n, true);
      entry.setUint16(16, textLength, true);
      entry.setUint8(19, 6 << 5);
      entry.setUint32(20, i % 1000, true);
    });
    file.table(DATA + TEXT, 2 ** sizeBits / step, step, (entry, i) => {
      for (let n = 8; n < step; n++) entry.setUint8(n, 0x20 + ((i + n) % 0x5f));
      entry.setBigUint64(0, first + BigInt(i), true);
    });
    file.close();
    return [];
  };

/** What log_buf_len=16M makes, full of short lines. */
export const largeLog = ringOf({ countBits: 19, sizeBits: 24, step: 32, textLength: 24 });

/** What no kernel writes: all texts lie in 1 MiB, and most of each text also belongs to others. */
export const plantedLog = ringOf({ countBits: 17, sizeBits: 20, step: 8, textLength: 65_000 });
