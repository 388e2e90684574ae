import { escapeJson } from './escape.ts';

/** Characters handed over at once: more make nothing faster. */
const PIECE = 1 << 16;
const INDENT = '  ';

/**
 * A document as `jsonText` writes it, piece by piece, so that one of a million rows is never in memory as a whole. A list may be
 * anything that can be gone through, and is gone through once, when its turn comes; its items are made and written one by one.
 */
export function* jsonPieces(document: unknown): Generator<string> {
  let piece = '';
  for (const part of parts(document, '\n')) {
    piece += part;
    if (piece.length < PIECE) continue;
    yield escapeJson(piece);
    piece = '';
  }
  yield `${escapeJson(piece)}\n`;
}

/** @param newline and the indentation that a line of this value has */
function* parts(value: unknown, newline: string): Generator<string> {
  if (typeof value !== 'object' || value === null) yield JSON.stringify(value) ?? 'null';
  else if (isRow(value)) yield JSON.stringify(value, undefined, INDENT).replaceAll('\n', newline);
  else if (isList(value)) yield* enclosed('[', items(value), ']', newline);
  else yield* enclosed('{', members(value), '}', newline);
}

/** Whether it has members, and none of them has any. */
function isRow(value: object): boolean {
  if (isList(value)) return false;
  for (const name in value) {
    const member: unknown = value[name as keyof typeof value];
    if (typeof member === 'object' && member !== null) return false;
  }
  return true;
}

function isList(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

/** What stands before a value, and the value. */
type Entry = readonly [name: string, value: unknown];

function* items(list: Iterable<unknown>): Generator<Entry> {
  for (const item of list) yield ['', item];
}

function* members(object: object): Generator<Entry> {
  // A member after a list may be known only when the list was gone through, so each is asked when its turn comes.
  for (const name of Object.keys(object)) {
    const value: unknown = object[name as keyof typeof object];
    if (value !== undefined) yield [`${JSON.stringify(name)}: `, value];
  }
}

function* enclosed(
  open: string,
  entries: Iterable<Entry>,
  close: string,
  newline: string,
): Generator<string> {
  const inner = newline + INDENT;
  let before = open;
  for (const [name, value] of entries) {
    yield `${before}${inner}${name}`;
    yield* parts(value, inner);
    before = ',';
  }
  yield before === open ? `${open}${close}` : `${newline}${close}`;
}
