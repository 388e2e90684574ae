import type { Ruler } from './ruler.ts';
import type { Piece } from './wide-text.ts';

/** A part of a text: where it begins and ends, and how many columns it takes. */
export interface MeasuredPart {
  readonly start: number;
  readonly end: number;
  readonly width: number;
}

/** How wide the lines of a text may be, in columns. */
export interface LineWidths {
  readonly first: number;
  /** Of each line after the first. */
  readonly rest: number;
  /**
   * Whether a word that is wider than `rest` is cut. Otherwise it stays whole, so that an address can be
   * copied in one piece.
   */
  readonly cutWords: boolean;
}

/** Breaks a text at blanks into lines. Blanks before the first word are kept if they fit. */
export function breakLines(text: string, widths: LineWidths, ruler: Ruler): MeasuredPart[] {
  const whole = ruler.widthOf(text);
  if (whole <= widths.first) return [{ start: 0, end: text.length, width: whole }];
  const lines: MeasuredPart[] = [];
  let [start, end, used] = [0, 0, 0];
  for (const word of wordsOf(text, widths, ruler)) {
    const most = lines.length === 0 ? widths.first : widths.rest;
    const isTooLong = used + word.start - end + word.width > most;
    if (isTooLong && used > 0) lines.push({ start, end, width: used });
    if (isTooLong && (used > 0 || widths.cutWords)) [start, end, used] = [word.start, word.start, 0];
    used += word.start - end + word.width;
    end = word.end;
  }
  lines.push({ start, end, width: used });
  return lines;
}

/** Yields the words of a text. One that must be cut comes in pieces that fill a line each. */
function* wordsOf(text: string, { rest, cutWords }: LineWidths, ruler: Ruler): Generator<MeasuredPart> {
  for (const { 0: word, index } of text.matchAll(/[^ ]+/g)) {
    const width = ruler.widthOf(word);
    if (cutWords && width > rest) yield* piecesOf(ruler.pieces(word, rest), index);
    else yield { start: index, end: index + word.length, width };
  }
}

function* piecesOf(pieces: Iterable<Piece>, start: number): Generator<MeasuredPart> {
  let at = start;
  for (const { length, width } of pieces) {
    yield { start: at, end: at + length, width };
    at += length;
  }
}
