import { readFileSync } from 'node:fs';
import { packed } from '../builders/encode.ts';
import { dumpOf } from '../support/fixture.ts';
import { SparseFile } from './sparse-file.ts';

/** The dump from which others are made. */
export const BASE = 'linux-6.12-numa';

const PHDR = 56;
const EHDR = 64;
const SHDR = 64;
const PAGE = 4096;
const PT_LOAD = 1;
/** e_phnum if the true count is in section header 0. */
const PN_XNUM = 0xffff;
/** Where the program headers start: after everything that the fixture has in its file. */
const TABLE = 2 ** 30;
/** Where the contents of the added segments start. */
export const CONTENTS = 2 ** 31;

interface Header {
  readonly type: number;
  readonly offset: number;
  readonly vaddr?: bigint;
  readonly paddr: number;
  readonly filesz: number;
  readonly memsz: number;
}

/** A real dump with additional program headers after its own, or before them. */
export function withHeaders(
  path: string,
  count: number,
  make: (index: number) => Header,
  first = false,
): readonly string[] {
  const base = readDump();
  const file = new SparseFile(path, CONTENTS + count * PAGE);
  file.put(0, base.bytes);
  const total = base.headers + count;
  const header = base.bytes.slice(0, EHDR);
  const view = new DataView(header.buffer);
  view.setBigUint64(32, BigInt(TABLE + SHDR), true);
  view.setBigUint64(40, BigInt(TABLE), true);
  view.setUint16(56, PN_XNUM, true);
  file.put(0, header);
  file.put(TABLE, packed(SHDR, [[44, 4, total]]));
  const phoff = Number(base.view.getBigUint64(32, true));
  const own = base.bytes.subarray(phoff, phoff + base.headers * PHDR);
  file.put(TABLE + SHDR + (first ? count * PHDR : 0), own);
  file.table(TABLE + SHDR + (first ? 0 : base.headers * PHDR), count, PHDR, (entry, index) =>
    writeHeader(entry, make(index)),
  );
  file.close();
  return [];
}

function writeHeader(entry: DataView, { type, offset, vaddr, paddr, filesz, memsz }: Header): void {
  entry.setUint32(0, type, true);
  entry.setBigUint64(8, BigInt(offset), true);
  entry.setBigUint64(16, vaddr ?? 0n, true);
  entry.setBigUint64(24, BigInt(paddr), true);
  entry.setBigUint64(32, BigInt(filesz), true);
  entry.setBigUint64(40, BigInt(memsz), true);
}

function readDump() {
  const bytes = new Uint8Array(readFileSync(dumpOf(BASE)));
  const view = new DataView(bytes.buffer);
  return { bytes, view, headers: view.getUint16(56, true) };
}

const TIB = 2 ** 40;
export const load = (offset: number, paddr: number, filesz = PAGE, memsz = filesz): Header => ({
  type: PT_LOAD,
  offset,
  paddr,
  filesz,
  memsz,
});

/** Every other page of memory far above the machine's is a segment of its own. */
export const apart = (count: number) => (path: string) =>
  withHeaders(path, count, (i) => load(CONTENTS + i * PAGE, TIB + 2 * i * PAGE));

/** The same backwards, so that nothing is in order. */
export const backwards = (count: number) => (path: string) =>
  withHeaders(path, count, (i) => load(CONTENTS + i * PAGE, TIB + 2 * (count - i) * PAGE));

/** Each segment covers all that follow it. */
export const nested = (count: number) => (path: string) =>
  withHeaders(path, count, (i) => load(CONTENTS, TIB + i * PAGE, 0, 2 * (count - i) * PAGE));

/** One page after the other. */
export const touching = (count: number) => (path: string) =>
  withHeaders(path, count, (i) => load(CONTENTS + i * PAGE, TIB + i * PAGE));

/** Addresses that have nothing in common. */
export const scattered = (count: number) => (path: string) =>
  withHeaders(path, count, (i) => ({
    ...load(CONTENTS + i * PAGE, TIB + 2 * i * PAGE),
    vaddr: 0xffff_8880_0000_0000n + BigInt(i) * 0x10_0000n,
  }));

/** Headers of type 0, before those of the dump. */
export const empty = (count: number) => (path: string) =>
  withHeaders(path, count, () => ({ ...load(0, 0, 0), type: 0 }), true);

/** Notes without bytes, before those of the dump. */
export const notes = (count: number) => (path: string) =>
  withHeaders(path, count, () => ({ ...load(0, 0, 0), type: 4 }), true);
