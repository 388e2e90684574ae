import { escapeText } from './escape.ts';

/** Characters that no shell takes for anything else. */
const PLAIN = /^[\w%+,./:@^-]+$/;

/** Words as a command line for bash, zsh or ksh, to be copied from a terminal. */
export function shellWords(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  if (PLAIN.test(word)) return word;
  // What a terminal must not get is written as bytes.
  if (escapeText(word) !== word) return `$'${Array.from(new TextEncoder().encode(word), byteText).join('')}'`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function byteText(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[\w%+,./:@ -]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
}
