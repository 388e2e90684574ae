import type { ByteSource, ReadStatistics } from '../../src/bytes/source.ts';
import type { Chunk } from './encode.ts';

/** A file with some bytes changed. */
export class PatchedSource implements ByteSource {
  readonly #source: ByteSource;
  readonly #patches: readonly Chunk[];

  constructor(source: ByteSource, patches: readonly Chunk[]) {
    this.#source = source;
    this.#patches = patches;
  }

  get path(): string {
    return this.#source.path;
  }

  get size(): number {
    return this.#source.size;
  }

  get isProcfs(): boolean {
    return this.#source.isProcfs;
  }

  get statistics(): ReadStatistics {
    return this.#source.statistics;
  }

  read(position: number | bigint, into: Uint8Array): number {
    const got = this.#source.read(position, into);
    for (const { at, bytes } of this.#patches) {
      const start = Number(at - BigInt(position));
      const from = Math.max(0, -start);
      const length = Math.min(bytes.length, got - start) - from;
      if (length > 0) into.set(bytes.subarray(from, from + length), start + from);
    }
    return got;
  }

  close(): void {
    this.#source.close();
  }
}
