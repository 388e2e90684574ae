import { describe, expect, test } from 'vitest';
import type { Kernel } from '../../../src/kernel/open/kernel.ts';
import { withSmallReads } from '../../../src/kernel/open/small-reads.ts';
import { pattern } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltKernel } from '../../builders/kernel.ts';

const HOLE = { start: 0x400_0000, end: 0x400_0800 };

/** A kernel with a pattern in its image that counts how often its memory is read. */
function built(live = false) {
  const made = new BuiltKernel({ ram: [HOLE] });
  made.memory.write(made.imageAt + 0x10_0000, pattern(0x4000, 7));
  const opened = made.open();
  let reads = 0;
  const read = opened.space.memory.read.bind(opened.space.memory);
  opened.space.memory.read = (address, into) => {
    reads++;
    return read(address, into);
  };
  const kernel: Kernel = withSmallReads({ ...opened, image: { ...opened.image, live } });
  return { kernel, at: made.inImage(0x10_0000), made, count: () => reads };
}

describe('small reads', () => {
  test('return the bytes of the memory, even across pages', () => {
    const { kernel, at } = built();
    for (const [offset, length] of [
      [0, 8],
      [4090, 6],
      [4090, 20],
      [8, 512],
      [100, 5000],
    ] as const) {
      expect(kernel.space.bytes(at + BigInt(offset), length)).toEqual(
        pattern(0x4000, 7).slice(offset, offset + length),
      );
    }
  });

  test('read a page once, whatever is asked of it', () => {
    const { kernel, at, count } = built();
    kernel.space.u64(at);
    const before = count();
    for (let offset = 0n; offset < 4096n; offset += 8n) kernel.space.u64(at + offset);
    expect(count()).toBe(before);
  });

  test('read the memory of a running kernel each time', () => {
    const { kernel, at, count } = built(true);
    kernel.space.u64(at);
    const before = count();
    kernel.space.u64(at);
    expect(count()).toBeGreaterThan(before);
  });

  test('return what is there of an incomplete page, and fail where it ends', () => {
    const { kernel, made } = built();
    made.memory.write(HOLE.start + 0x7f8, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect(kernel.space.u64(made.direct(HOLE.start + 0x7f8))).toBe(0x0807_0605_0403_0201n);
    const failure = failureOf(() => kernel.space.u64(made.direct(HOLE.start + 0x800)));
    expect(failure).toMatchObject({ kind: 'notStored', facts: { address: made.direct(HOLE.start + 0x800) } });
  });
});
