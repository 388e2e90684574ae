import type { Piece } from './wide-text.ts';

/** Text in which each character takes one column: ASCII, Latin letters with accents, dashes and quotation marks. */
const NARROW = /^[ -~\u00a1-\u02ff\u2010-\u2027]*$/;

/** Measures texts in columns of a terminal. What measures wide characters takes tens of milliseconds to load, and few need it. */
export class Ruler {
  #wide: typeof import('./wide-text.ts') | undefined;
  #misses = 0;

  /** Columns that a text takes, or its length where it has characters that cannot be measured yet. */
  widthOf(text: string): number {
    if (NARROW.test(text)) return text.length;
    if (this.#wide) return this.#wide.widthOf(text);
    this.#misses++;
    return text.length;
  }

  /** A text cut into pieces that take at most `most` columns each, but at least one character. */
  pieces(text: string, most: number): Iterable<Piece> {
    return this.#wide && !NARROW.test(text) ? this.#wide.pieces(text, most) : narrowPieces(text, most);
  }

  /** What `layOut` makes, made again with what measures all characters if a text has such as cannot be measured yet. */
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
