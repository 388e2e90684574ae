import type { ReadsStructPages } from '../../src/pages/walk/walk.ts';
import type { Shape } from './kernel-shapes.ts';
import { type PageSpec, pageWords } from './struct-page.ts';

/** Struct pages of a shape that are made when they are read, as if they were in a plain file. */
export class WrittenStructPages implements ReadsStructPages {
  words: Int32Array = new Int32Array();
  readonly encoded = false;
  readonly #shape: Shape;
  readonly #pages: ReadonlyMap<number, PageSpec>;
  readonly #change: (words: Int32Array) => void;

  /** @param change changes the words of each run */
  constructor(
    shape: Shape,
    pages: Iterable<[number, PageSpec]>,
    change: (words: Int32Array) => void = () => {},
  ) {
    this.#shape = shape;
    this.#pages = new Map(pages);
    this.#change = change;
  }

  isOffline(): boolean {
    return false;
  }

  readRun(pfn: number, count: number): ReturnType<ReadsStructPages['readRun']> {
    this.words = pageWords(this.#shape, pfn, count, this.#pages);
    this.#change(this.words);
    return { absent: false, unreadable: [] };
  }
}
