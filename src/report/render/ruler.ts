import type { Piece } from './wide-text.ts';

/** Each of these characters takes one column: ASCII, Latin letters with accents, dashes, quotation marks. */
const NARROW = /^[ -~\u00a1-\u02ff\u2010-\u2027]*$/;

/**
 * Measures text in columns of a terminal. The module for wide characters takes tens of milliseconds to load,
 * and few texts have any, so it is loaded when the first such text turns up.
 */
export class Ruler {
  #wide: typeof import('./wide-text.ts') | undefined;
  #misses = 0;

  /** Whether all text that it has measured is of narrow characters. */
  get isNarrow(): boolean {
    return this.#wide === undefined;
  }

  /**
   * Returns the columns that a text takes; its length if it has wide characters and their module is not
   * loaded.
   */
  widthOf(text: string): number {
    if (NARROW.test(text)) return text.length;
    if (this.#wide) return this.#wide.widthOf(text);
    this.#misses++;
    return text.length;
  }

  /** Cuts a text into pieces of at most `most` columns each, but at least one character. */
  pieces(text: string, most: number): Iterable<Piece> {
    return this.#wide && !NARROW.test(text) ? this.#wide.pieces(text, most) : narrowPieces(text, most);
  }

  /**
   * Returns what `layOut` makes. If that had to measure wide characters, loads their module and does it
   * again.
   */
  async measured<T>(layOut: () => T): Promise<T> {
    const made = layOut();
    if (this.#misses === 0) return made;
    this.#wide = await import('./wide-text.ts');
    this.#misses = 0;
    return layOut();
  }
}

function* narrowPieces(text: string, most: number): Generator<Piece> {
  for (let at = 0; at < text.length; at += most) {
    const length = Math.min(most, text.length - at);
    yield { length, width: length };
  }
}
