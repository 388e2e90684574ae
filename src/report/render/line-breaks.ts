import type { Ruler } from './ruler.ts';
import type { Piece } from './wide-text.ts';

/** A part of a text: where it begins and ends, and the columns that it takes. */
export interface Part {
  readonly start: number;
  readonly end: number;
  readonly width: number;
}

/** Columns that the lines of a text may take. */
export interface Room {
  readonly first: number;
  /** Of each line after the first. */
  readonly rest: number;
  /** Whether a word that is wider than `rest` is cut; else it stays whole, so that an address can be copied in one piece. */
  readonly cutWords: boolean;
}

/** The lines of a text that is broken at blanks. Blanks before the first word are kept if there is room for them. */
export function breakLines(text: string, room: Room, ruler: Ruler): Part[] {
  const whole = ruler.widthOf(text);
  if (whole <= room.first) return [{ start: 0, end: text.length, width: whole }];
  const lines: Part[] = [];
  let [start, end, used] = [0, 0, 0];
  for (const word of wordsOf(text, room, ruler)) {
    const most = lines.length === 0 ? room.first : room.rest;
    const isTooLong = used + word.start - end + word.width > most;
    if (isTooLong && used > 0) lines.push({ start, end, width: used });
    if (isTooLong && (used > 0 || room.cutWords)) [start, end, used] = [word.start, word.start, 0];
    used += word.start - end + word.width;
    end = word.end;
  }
  lines.push({ start, end, width: used });
  return lines;
}

/** Words, and of words that are cut as much as a line has room for. */
function* wordsOf(text: string, { rest, cutWords }: Room, ruler: Ruler): Generator<Part> {
  for (const { 0: word, index } of text.matchAll(/[^ ]+/g)) {
    const width = ruler.widthOf(word);
    if (cutWords && width > rest) yield* piecesOf(ruler.pieces(word, rest), index);
    else yield { start: index, end: index + word.length, width };
  }
}

function* piecesOf(pieces: Iterable<Piece>, start: number): Generator<Part> {
  let at = start;
  for (const { length, width } of pieces) {
    yield { start: at, end: at + length, width };
    at += length;
  }
}
