import { closeSync, copyFileSync, openSync, readFileSync, writeSync } from 'node:fs';

/**
 * What must never be sent to a terminal, as bytes: CSI, OSC, a bell, C1, DEL, a newline, and in UTF-8 a bidi
 * override, a zero-width space, and half a surrogate pair.
 */
const BYTES = Buffer.from('\x1b[2J\x9b\x07\x7f\n\r\xe2\x80\xae\xe2\x80\x8b\xed\xa0\x80\x1b]0;', 'latin1');

/** A string of a dump that is made hostile in all places where it occurs. */
export interface Planted {
  readonly what: string;
  /** As it stands in the dump, with what must surround it. */
  readonly text: string;
  /** How many characters at its start and end stay as they are. */
  readonly keep?: readonly [before: number, after: number];
  /** Whether a newline in it would end it. */
  readonly line?: true;
}

/** A text of the same length that is hostile except for its ends. */
export function hostile({ text, keep: [before, after] = [2, 1], line }: Planted): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const source = line ? BYTES.filter((byte) => byte !== 0x0a && byte !== 0x0d) : BYTES;
  for (let i = before; i < bytes.length - after; i++) bytes[i] = source[(i - before) % source.length] ?? 0;
  return bytes;
}

/** Writes a copy of a dump with hostile strings; returns how often each was found. */
export function plant(dump: string, path: string, planted: readonly Planted[]): Map<string, number> {
  copyFileSync(dump, path);
  const bytes = readFileSync(dump);
  const file = openSync(path, 'r+');
  const found = new Map<string, number>();
  for (const one of planted) {
    const needle = Buffer.from(one.text, 'latin1');
    const instead = hostile(one);
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) {
      writeSync(file, instead, 0, instead.length, at);
      found.set(one.what, (found.get(one.what) ?? 0) + 1);
    }
  }
  closeSync(file);
  return found;
}
