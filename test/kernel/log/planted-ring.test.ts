import { describe, expect, it } from 'vitest';
import { openLog } from '../../../src/kernel/log/open-log.ts';
import { readPanicReason } from '../../../src/kernel/system/panic-reason.ts';
import { ascii } from '../../builders/encode.ts';
import { BuiltRing, STATE } from '../../builders/log-ring.ts';

const COUNT = 64;
const SIZE = 1024;

/** A ring whose texts all reach to its end: each block begins inside the previous block's text. */
function planted(): BuiltRing {
  const ring = new BuiltRing({ countBits: 6, sizeBits: 10 });
  for (let i = 0; i < COUNT; i++) {
    const begin = BigInt(-SIZE + 8 * i);
    const id = ring.print({ dataLess: 3n, text_len: SIZE - 8 * i - 8 });
    ring.setDesc(id, STATE.finalized, BigInt.asUintN(64, begin), 0n);
    ring.writeData(8 * i, new Uint8Array(new BigUint64Array([id]).buffer));
  }
  return ring;
}

describe('a ring whose texts overlap', () => {
  it('yields no more text than it has room for', () => {
    const entries = [...openLog(planted().kernel().open()).entries()];
    const texts = entries.flatMap((entry) => (entry.kind === 'record' ? [entry.text.length] : []));
    expect(texts).toEqual([SIZE - 8]);
    expect(entries.slice(1)).toMatchObject([{ kind: 'lost', cause: 'damaged', count: COUNT - 1 }]);
  });

  it('yields the same the second time', () => {
    const log = openLog(planted().kernel().open());
    expect([...log.entries()]).toEqual([...log.entries()]);
  });
});

describe('the reason of a panic', () => {
  it('is found without keeping the log, from the start of its report', () => {
    const ring = new BuiltRing({ countBits: 7, sizeBits: 13 });
    const lines = [
      ...['BUG: something before', 'nothing', 'BUG: kernel NULL pointer dereference, address: 0'],
      ...['Oops: 0002 [#1] SMP', 'Kernel panic - not syncing: Fatal exception', 'Kernel Offset: disabled'],
    ];
    lines.forEach((text, i) => {
      ring.print({ text: ascii(text), ts_nsec: BigInt(i < 2 ? i : i + 10) * 1_000_000_000n });
    });
    expect(readPanicReason(ring.kernel().open())).toEqual({
      text: 'Kernel panic - not syncing: Fatal exception',
      cause: 'BUG: kernel NULL pointer dereference, address: 0',
      causeLost: null,
    });
  });
});

describe('the newest records of a ring', () => {
  it('are the ones at its end', () => {
    const ring = new BuiltRing({ countBits: 10, sizeBits: 15 });
    for (let i = 0; i < 700; i++) ring.print({ text: `${i}` });
    const log = openLog(ring.kernel().open());
    const all = [...log.entries()];
    expect([...log.entries(100)]).toEqual(all.slice(-100));
    expect(log.most).toBe(701);
  });
});
