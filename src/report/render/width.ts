/** Columns that a text takes. */
export function widthOf(text: string): number {
  return text.length;
}

/** A part of a text, by its characters and its columns. */
interface Piece {
  readonly length: number;
  readonly width: number;
}

/** A text cut into pieces of at most `most` columns. */
export function* pieces(text: string, most: number): Generator<Piece> {
  for (let at = 0; at < text.length; at += most) {
    const length = Math.min(most, text.length - at);
    yield { length, width: length };
  }
}
