import { InvalidArgumentError } from 'commander';
import type { Range } from '../../bytes/ranges.ts';
import type { WrittenAddress } from '../../kernel/symbols/written-address.ts';
import { PAGE_SIZE, PHYSICAL_LIMIT } from '../../machine.ts';
import { parseOneAddress } from './address-words.ts';

const ADDRESS = /^0x[0-9a-f]{1,16}$/i;

/**
 * An address of the command line: 0x hex, up to 64 bits. @throws InvalidArgumentError, which ends with status
 * 2
 */
export function parseAddress(text: string): bigint {
  if (ADDRESS.test(text)) return BigInt(text);
  throw new InvalidArgumentError('An address is needed, in hex with 0x before it.');
}

const HOLE = /^(0x[0-9a-f]{1,13})-(0x[0-9a-f]{1,13})$/i;

/**
 * Physical addresses, the end exclusive, both multiples of the page size. @throws InvalidArgumentError
 */
export function parseHole(text: string): Range {
  const [start = 0, end = 0] = HOLE.exec(text)?.slice(1).map(Number) ?? [];
  const isWhole = start % PAGE_SIZE === 0 && end % PAGE_SIZE === 0;
  if (isWhole && start < end && end < PHYSICAL_LIMIT) return { start, end };
  throw new InvalidArgumentError('Two addresses of pages are needed: 0xc0000000-0x100000000.');
}

/** What `page` is asked about: a pfn, or an address, which is physical if it is a number that small. */
export type PageOperand = { readonly pfn: number } | WrittenAddress;

/** A decimal pfn, or an address. @throws InspectError usage */
export function parsePage(words: readonly string[]): PageOperand {
  const [word = ''] = words;
  const isPfn =
    words.length === 1 && /^\d{1,13}$/.test(word) && BigInt(word) < BigInt(PHYSICAL_LIMIT) / 4096n;
  return isPfn ? { pfn: Number(word) } : parseOneAddress(words, 'a pfn (decimal) or an address');
}

/** A number of threads. @throws InvalidArgumentError */
export function parseJobs(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A number of threads is needed, 1 or more.');
}

const COUNT = /^[1-9]\d{0,8}$/;

/** A number of items, at least one. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  if (COUNT.test(text)) return Number(text);
  throw new InvalidArgumentError('A number of 1 or more is needed.');
}

/** How many of a list to show: a number of items, or infinity for `all`. @throws InvalidArgumentError */
export function parseCountOrAll(text: string): number {
  if (text === 'all') return Number.POSITIVE_INFINITY;
  if (COUNT.test(text)) return Number(text);
  throw new InvalidArgumentError('A number of 1 or more is needed, or all.');
}

/** A file name. @throws InvalidArgumentError */
export function parseFileName(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('A file name is needed: is a variable of the shell empty?');
}
