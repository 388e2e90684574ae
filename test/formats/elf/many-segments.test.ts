import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../../src/bytes/source.ts';
import { elfBytes } from '../../builders/elf.ts';
import { failureOf } from '../../builders/failure.ts';
import { openSource } from '../../builders/open-source.ts';

const PHDR = 56;
const TABLE = 4096;
const PAGE = 4096;

/**
 * An ELF file whose program headers are made as they are read. Each is for one page and starts two pages
 * after the last.
 */
class ManySegments implements ByteSource {
  readonly path = 'many';
  readonly size: number;
  readonly isProcfs = false;
  readonly statistics = { reads: 0, bytes: 0 };
  largestRead = 0;
  readonly #head: Uint8Array;
  readonly #count: number;
  readonly #stored: number;

  /** @param stored bytes of each segment that are in the file */
  constructor(count: number, stored: number) {
    this.#count = count;
    this.#stored = stored;
    this.size = 2 ** 40;
    this.#head = elfBytes({ segments: [], extendedCount: count, header: { phoff: TABLE } });
  }

  read(position: number | bigint, into: Uint8Array): number {
    this.statistics.reads++;
    this.largestRead = Math.max(this.largestRead, into.length);
    const at = Number(position);
    into.fill(0);
    if (at < this.#head.length) into.set(this.#head.subarray(at, at + into.length));
    const view = new DataView(into.buffer, into.byteOffset, into.length);
    for (let i = at - TABLE; i >= 0 && i - at + TABLE + PHDR <= into.length; i += PHDR)
      if (i / PHDR < this.#count) this.#write(view, i - at + TABLE, i / PHDR);
    return into.length;
  }

  #write(view: DataView, at: number, index: number): void {
    view.setUint32(at, 1, true);
    view.setBigUint64(at + 8, BigInt(2 ** 39 + index * PAGE), true);
    view.setBigUint64(at + 24, BigInt(2 * index * PAGE), true);
    view.setBigUint64(at + 32, BigInt(this.#stored), true);
    view.setBigUint64(at + 40, BigInt(PAGE), true);
  }

  close(): void {}
}

describe('a file with very many segments', () => {
  it('is read in pieces, and its memory is found', () => {
    const source = new ManySegments(500_000, PAGE);
    const { memory, makedumpfile, indexBytes } = openSource(source);
    // The limit on threads depends on this: 20 MB that stay, and as much again while the arrays grow.
    expect(indexBytes).toBeGreaterThan(500_000 * 40);
    expect(makedumpfile.originalPages).toBe(500_000);
    expect(memory.amounts).toEqual({ described: 500_000 * PAGE, stored: 500_000 * PAGE, truncated: 0 });
    expect(memory.read(2 * 499_999 * PAGE, new Uint8Array(PAGE))).toBeUndefined();
    expect(memory.read(2 * 499_999 * PAGE - 1, new Uint8Array(1))?.absence).toBe('hole');
    expect(source.largestRead).toBeLessThan(2 ** 18);
  });

  it.each([PAGE, 0])('is refused if it has more than any dump, each with %d bytes', (stored) => {
    const source = new ManySegments(2 ** 20 + 2, stored);
    expect(failureOf(() => openSource(source))).toMatchObject({ kind: 'corrupt', facts: { path: 'many' } });
  });
});
