import { u32At, u64At } from '../../bytes/words.ts';
import { InspectError, within } from '../../errors.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { ImageReader } from '../paging/image-reader.ts';
import { required, type Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { corruptTable } from './kallsyms-names.ts';
import type { KallsymsTables } from './kallsyms-tables.ts';

/*
 * Kernels before 6.0 do not say where their symbol table is, but it has a known shape (scripts/kallsyms.c,
 * 4.6 to 6.0): in rodata, one after the other, each aligned to 8 bytes,
 *
 *   offsets, relative_base (or addresses), num_syms, names, markers, token_table, token_index
 *
 * The tokens of the ten digits are the digits themselves, in a row. The token index then confirms where the
 * token table begins, the markers (the position of every 256th name) where the names end, and num_syms where
 * they begin.
 */

const MIB = 1 << 20;
/** Larger than the image up to the end of rodata in any distribution's kernel. */
const SEARCHED = 128 * MIB;
/** Addresses, names and markers together take some 5 MB for 200,000 symbols. */
const TABLES_LIMIT = 32 * MIB;
const DIGITS = Buffer.from([...'0123456789'].map((digit) => `${digit}\0`).join(''), 'latin1');
const FIRST_DIGIT = 0x30;
const NAMES_PER_MARKER = 256;
const LONGEST_NAME = 130;

/** Rows of digits to look at: a kernel has one or two. */
const RUNS_LIMIT = 1000;

const align8 = (n: number) => (n + 7) & ~7;

/**
 * Finds the symbol table of a kernel by its shape.
 * @throws InspectError missingInfo if the image has nothing of that shape; corrupt if the tables contradict
 * each other; io or notStored if the table may be in memory that cannot be read
 */
export function tablesByShape(space: AddressSpace, info: Vmcoreinfo): KallsymsTables {
  const stext = required(info.symbol('_stext'), 'SYMBOL(_stext)', 'the symbol table cannot be searched for');
  const image = new ImageReader(space);
  try {
    return searched(image, stext);
  } catch (error) {
    throw image.lost ? within('the symbol table cannot be searched for', image.lost) : error;
  }
}

function searched(image: ImageReader, stext: bigint): KallsymsTables {
  let runs = 0;
  for (const digits of digitRuns(image, stext)) {
    if (++runs > RUNS_LIMIT)
      throw corruptTable(`the digits of a token table occur in more than ${RUNS_LIMIT} places`);
    const tokens = tokenTables(image, digits);
    if (tokens) return tablesBefore(image, tokens);
  }
  throw new InspectError(
    'missingInfo',
    'VMCOREINFO has no SYMBOL(kallsyms_names), and the image has no symbol table of the shape before 6.0',
    {
      key: 'SYMBOL(kallsyms_names)',
    },
  );
}

/** Yields the virtual addresses where the tokens of the ten digits are in a row. */
function* digitRuns(image: ImageReader, stext: bigint): Generator<bigint> {
  const piece = Buffer.alloc(MIB + DIGITS.length);
  for (let at = 0; at < SEARCHED; at += MIB) {
    image.readMapped(stext + BigInt(at), piece);
    for (let found = piece.indexOf(DIGITS); found >= 0; found = piece.indexOf(DIGITS, found + 1))
      yield stext + BigInt(at + found);
  }
}

interface TokenTables {
  readonly table: bigint;
  readonly index: bigint;
}

/** Returns the token table around the digits if the index that follows confirms it. */
function tokenTables(image: ImageReader, digits: bigint): TokenTables | undefined {
  const bytes = Buffer.alloc(1 << 16);
  image.readMapped(digits, bytes);
  let end = 0;
  for (let token = FIRST_DIGIT; token < 256; token++) end = bytes.indexOf(0, end) + 1;
  const alignment = Number(digits % 8n);
  const indexAt = align8(end + alignment) - alignment;
  if (indexAt + 512 > bytes.length) return undefined;
  const index = new DataView(bytes.buffer, bytes.byteOffset + indexAt, 512);
  const offset = (token: number) => index.getUint16(2 * token, true);
  const digitsFollow = [...Array(10).keys()].every(
    (i) => offset(FIRST_DIGIT + i) === offset(FIRST_DIGIT) + 2 * i,
  );
  if (offset(0) !== 0 || !digitsFollow) return undefined;
  return { table: digits - BigInt(offset(FIRST_DIGIT)), index: digits + BigInt(indexAt) };
}

/** Finds the tables before the token table, last one first: markers, names, count, addresses. */
function tablesBefore(image: ImageReader, tokens: TokenTables): KallsymsTables {
  const bytes = before(image, tokens.table);
  const start = tokens.table - BigInt(bytes.length);
  const markers = markersAtEnd(bytes, 4) ?? markersAtEnd(bytes, 8);
  if (!markers) throw corruptTable('there are no markers before the token table');
  const names = namesBefore(bytes, markers);
  if (names === undefined) throw corruptTable('there are no names that fit the markers');
  const count = u32At(bytes, names - 8);
  const address = (at: number) => start + BigInt(at);
  return {
    count,
    names: address(names),
    tokenTable: tokens.table,
    tokenIndex: tokens.index,
    addresses: {
      absolute: address(names - 8 - 8 * count),
      offsets: address(names - 16 - align8(4 * count)),
      relativeBase: address(names - 16),
    },
    source: 'scan',
  };
}

/** Reads what is mapped before an address, at most TABLES_LIMIT. */
function before(image: ImageReader, address: bigint): Uint8Array {
  const STEP = 1 << 16;
  const bytes = new Uint8Array(TABLES_LIMIT);
  let begin = TABLES_LIMIT;
  while (
    begin > 0 &&
    image.tryRead(address - BigInt(TABLES_LIMIT - begin + STEP), bytes.subarray(begin - STEP, begin))
  )
    begin -= STEP;
  return bytes.subarray(begin);
}

interface Markers {
  /** Where they begin. */
  readonly at: number;
  readonly count: number;
  /** Position of the name that the last marker points to. */
  readonly last: number;
}

/** Finds ascending numbers that begin with 0, of 4 bytes each (since 4.20, 80ffbaa5b1bd) or 8. */
function markersAtEnd(bytes: Uint8Array, width: 4 | 8): Markers | undefined {
  const value = (at: number) => (width === 4 ? u32At(bytes, at) : Number(u64At(bytes, at)));
  for (const padding of [0, 4]) {
    const end = bytes.length - padding;
    if (end < width) continue;
    const last = value(end - width);
    let at = end - width;
    while (at >= width && value(at - width) < value(at)) at -= width;
    const count = (end - at) / width;
    if (count > 16 && value(at) === 0) return { at, count, last };
  }
  return undefined;
}

/**
 * Returns where the names begin: after a count that fits the markers, so that they end where the markers
 * begin.
 */
function namesBefore(bytes: Uint8Array, { at, count, last }: Markers): number | undefined {
  const most = count * NAMES_PER_MARKER;
  const nearest = Math.floor((at - last) / 8) * 8;
  for (let names = nearest; names >= Math.max(8, nearest - NAMES_PER_MARKER * LONGEST_NAME); names -= 8) {
    const symbols = u32At(bytes, names - 8);
    if (symbols <= most - NAMES_PER_MARKER || symbols > most) continue;
    if (align8(endOfNames(bytes, names + last, symbols - (most - NAMES_PER_MARKER))) === at) return names;
  }
  return undefined;
}

/** Returns the end of `count` names with one length byte each, the form before 6.1. */
function endOfNames(bytes: Uint8Array, start: number, count: number): number {
  let at = start;
  for (let i = 0; i < count && at < bytes.length; i++) at += 1 + (bytes[at] as number);
  return at;
}
