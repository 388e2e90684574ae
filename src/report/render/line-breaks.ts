import { pieces, widthOf } from './width.ts';

/** Where a line of a text begins and ends. */
export type Line = readonly [start: number, end: number];

/** Columns that the lines of a text may take. */
export interface Room {
  readonly first: number;
  /** Of each line after the first. */
  readonly rest: number;
  /** Whether a word that is wider than `rest` is cut; else it stays whole, so that an address can be copied in one piece. */
  readonly cutWords: boolean;
}

/** A word, or as much of one as a line has room for. */
interface Word {
  readonly start: number;
  readonly end: number;
  readonly width: number;
}

/** Breaks a text at blanks, so that no line is wider than its room. Blanks before the first word are kept. */
export function breakLines(text: string, room: Room): Line[] {
  if (widthOf(text) <= room.first) return [[0, text.length]];
  const lines: Line[] = [];
  let [start, end, used] = [0, 0, 0];
  for (const word of wordsOf(text, room)) {
    const most = lines.length === 0 ? room.first : room.rest;
    if (used > 0 && used + word.start - end + word.width > most) {
      lines.push([start, end]);
      start = word.start;
      end = word.start;
      used = 0;
    }
    used += word.start - end + word.width;
    end = word.end;
  }
  lines.push([start, end]);
  return lines;
}

function* wordsOf(text: string, { rest, cutWords }: Room): Generator<Word> {
  for (const { 0: word, index } of text.matchAll(/[^ ]+/g)) {
    const width = widthOf(word);
    if (cutWords && width > rest) yield* piecesOf(word, index, rest);
    else yield { start: index, end: index + word.length, width };
  }
}

function* piecesOf(word: string, start: number, most: number): Generator<Word> {
  let at = start;
  for (const { length, width } of pieces(word, most)) {
    yield { start: at, end: at + length, width };
    at += length;
  }
}
