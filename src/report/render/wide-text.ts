import stringWidth from 'string-width';

/** A part of a text, by its length in characters and its width in columns. */
export interface Piece {
  readonly length: number;
  readonly width: number;
}

/** Divides text into what a reader takes for one character: a letter with its marks, a flag. */
const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Ideographs, kana, Hangul and fullwidth forms, which take two columns each whatever is next to them. */
const WIDE = /[\u3001-\u3029\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]/g;
const PLAIN = new RegExp(`^(?:[ -~]|${WIDE.source})*$`);

/**
 * Returns the columns that a text takes: two for a Chinese, Japanese or Korean character and for an emoji,
 * none for a combining mark.
 */
export function widthOf(text: string): number {
  // Most text has only such characters, and string-width takes twenty microseconds for a word.
  return PLAIN.test(text) ? text.length + (text.match(WIDE)?.length ?? 0) : stringWidth(text);
}

/** Cuts a text between characters into pieces of at most `most` columns each, but at least one character. */
export function* pieces(text: string, most: number): Generator<Piece> {
  let [length, width] = [0, 0];
  for (const { segment } of characters.segment(text)) {
    const own = widthOf(segment);
    if (length > 0 && width + own > most) {
      yield { length, width };
      [length, width] = [0, 0];
    }
    length += segment.length;
    width += own;
  }
  if (length > 0) yield { length, width };
}
