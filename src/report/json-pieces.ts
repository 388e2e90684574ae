import { escapeJson } from './escape.ts';

/** Characters per piece. More make nothing faster. */
const PIECE = 1 << 16;
const INDENT = '  ';

/**
 * Writes a document as `jsonText` does, but piece by piece, so that a million rows are never in memory at
 * once. A list may be any iterable. It is gone through once, in its place, and its items are written one by
 * one.
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

/** @param newline with the indentation of the lines of this value */
function* parts(value: unknown, newline: string): Generator<string> {
  if (typeof value !== 'object' || value === null) yield JSON.stringify(value) ?? 'null';
  else if (isRow(value)) yield JSON.stringify(value, undefined, INDENT).replaceAll('\n', newline);
  else if (isList(value)) yield* enclosed('[', items(value), ']', newline);
  else yield* enclosed('{', members(value), '}', newline);
}

/** Whether it is an object whose members have no members. */
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

/** What is before a value, and the value. */
type Entry = readonly [name: string, value: unknown];

function* items(list: Iterable<unknown>): Generator<Entry> {
  for (const item of list) yield ['', item];
}

function* members(object: object): Generator<Entry> {
  // The value of a member after a list may depend on the list, so each is read in its place.
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
