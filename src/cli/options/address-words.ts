import { InspectError } from '../../errors.ts';
import type { WrittenAddress } from '../../kernel/symbols/written-address.ts';

const HEX = '0x[0-9a-f]{1,16}';
/**
 * An address, as in `0xffffffff81000000`, `symbol+0x10/0x40 [module]`, `<symbol+0x10>`, `symbol@CPU` and, as
 * crash has it, `symbol:CPU`. A module may be followed by its build id.
 */
const ADDRESS = new RegExp(
  String.raw`<?([\w.$]+)(?:[@:](\d{1,5}))?(?:\+(${HEX})(?:/(${HEX}))?)?>?` +
    String.raw`(?:\s*\[([a-z][\w-]*)(?:\s+[0-9a-f]+)?\])?>?(?![^\s()])`,
  'iy',
);
/** The symbol that `struct` prints after a number. */
const ITS_SYMBOL = /\s+<[^<>]*>(?!\S)/y;
/**
 * What an oops has besides addresses: times, callers, question marks, addresses in brackets before a symbol,
 * names of registers, and the values of those that hold none (EFLAGS, segment selectors).
 */
const BESIDES = new RegExp(
  [
    String.raw`\s+`,
    String.raw`\?(?=\s)`,
    String.raw`\[\s*(?:\d+\.\d+|[TC]\d+)\]`,
    String.raw`\[<\w+>\]`,
    String.raw`\([0-9a-f]{4}\)`,
    String.raw`00[0-9a-f]{2}:(?=\S)`,
    String.raw`(?:knl)?[A-Z][A-Z0-9_]*:(?:\s*(?:[0-9a-f]{4}|[0-9a-f]{8})(?!\S)|(?=\s|[0-9a-f]{16}))`,
  ].join('|'),
  'y',
);

/** A name of symbols with * for any characters and ? for one. */
const PATTERN = /[\w.$]*[*?][\w.$*?]*(?!\S)/y;

/** A pattern of names of symbols. */
export interface NamePattern {
  readonly pattern: string;
}

/**
 * The addresses in the words of an operand. The words of a line of an oops are taken together, so that a line
 * can be pasted with quotes or without.
 * @throws InspectError usage
 */
export function parseAddresses(words: readonly string[]): WrittenAddress[] {
  return valuesIn(words, 'an address', addressAt);
}

/** The one address in the words of an operand. @param what with its article, for errors @throws InspectError usage */
export function parseOneAddress(words: readonly string[], what = 'an address'): WrittenAddress {
  const [first, second] = valuesIn(words, what, addressAt);
  if (first !== undefined && second === undefined) return first;
  throw new InspectError('usage', `one address is needed, but "${shortened(words.join(' '))}" has more`);
}

/** Names and patterns of symbols, and addresses. @throws InspectError usage */
export function parseSymbolQueries(words: readonly string[]): (WrittenAddress | NamePattern)[] {
  return valuesIn(words, 'a name, an address or a pattern', queryAt);
}

/** A value at a place of the text, and the end of it; undefined if there is none. */
type ReadAt<T> = (text: string, at: number) => { readonly value: T; readonly end: number } | undefined;

function valuesIn<T>(words: readonly string[], what: string, read: ReadAt<T>): T[] {
  const text = words.join(' ');
  const found: T[] = [];
  for (let at = 0; at < text.length; ) {
    const end = endOf(BESIDES, text, at);
    const value = end === undefined ? read(text, at) : undefined;
    if (value) found.push(value.value);
    else if (end === undefined) throw noAddress(/^\S+/.exec(text.slice(at, at + 200))?.[0] ?? '', what);
    at = value?.end ?? end ?? text.length;
  }
  if (found.length === 0) throw noAddress(text, what);
  return found;
}

function queryAt(text: string, at: number): ReturnType<ReadAt<WrittenAddress | NamePattern>> {
  const end = endOf(PATTERN, text, at);
  return end === undefined ? addressAt(text, at) : { value: { pattern: text.slice(at, end) }, end };
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function addressAt(text: string, at: number): ReturnType<ReadAt<WrittenAddress>> {
  ADDRESS.lastIndex = at;
  const [written, word = '', cpu, offset = '0x0', size, module] = ADDRESS.exec(text) ?? [];
  const isSymbol = !/^\d/.test(word) && !/^[0-9a-f]{16}$/i.test(word);
  const number = numberOf(word);
  if (written === undefined || (number === null && !isSymbol)) return undefined;
  const named = module !== undefined || size !== undefined;
  const value = {
    text: written.replace(/\s+/g, ' '),
    number: isSymbol && named ? null : number,
    symbol: isSymbol ? word : null,
    // The kernel writes the names of modules with underscores.
    module: module === undefined ? null : module.replaceAll('-', '_'),
    cpu: cpu === undefined ? null : Number(cpu),
    offset: BigInt(offset),
    size: size === undefined ? null : BigInt(size),
  };
  const end = ADDRESS.lastIndex;
  return { value, end: isSymbol ? end : (endOf(ITS_SYMBOL, text, end) ?? end) };
}

/** Hex with 0x, of 16 digits, or with a letter in it. */
function numberOf(word: string): bigint | null {
  if (/^0x[0-9a-f]{1,16}$/i.test(word)) return BigInt(word);
  const isHex = /^[0-9a-f]{1,16}$/i.test(word) && (word.length === 16 || /[a-f]/i.test(word));
  return isHex ? BigInt(`0x${word}`) : null;
}

function noAddress(piece: string, what: string): InspectError {
  if (piece.includes('ptrval'))
    return new InspectError(
      'usage',
      `"${shortened(piece)}" stands for an address that the kernel did not print`,
      {
        hint: 'it had no random key yet to hash the address with (%p in Documentation/core-api/printk-formats.rst)',
      },
    );
  return new InspectError('usage', `"${shortened(piece)}" is not ${what}`, {
    hint: 'write an address in hex with 0x before it, or as a symbol: init_task, init_task+0x10, runqueues@0',
  });
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
