import type { KernelSymbol } from '../../src/kernel/kallsyms/kallsyms.ts';
import { tablesByShape } from '../../src/kernel/kallsyms/kallsyms-scan.ts';
import { nameSpansOf } from '../../src/kernel/kallsyms/kallsyms-spans.ts';
import { tablesByKeys } from '../../src/kernel/kallsyms/kallsyms-tables.ts';
import type { Edit } from '../fuzz/overlay-source.ts';
import type { ChangedDump } from './changed-dump.ts';

/** A character that no name of the kernel's symbols ends with. */
const OTHER = 'Z'.charCodeAt(0);

/** Gives symbols other names of the same length, by their last token: works for tables of all kernels. */
export function renamedSymbols(dump: ChangedDump, ...names: readonly string[]): Edit[] {
  const { symbols, space, kernel } = dump.typed;
  const tables = tablesByKeys(space, kernel.info) ?? tablesByShape(space, kernel.info);
  const bytes = space.bytes(tables.names, Number(tables.tokenTable - tables.names));
  const form = symbols.source === 'scan' ? 'byte' : 'uleb128';
  const ends = nameSpansOf(bytes, tables.count, form)?.ends ?? [];
  const edits: Edit[] = [];
  for (let i = 0; i < tables.count; i++)
    if (names.includes(symbols.symbol(i).name))
      edits.push(dump.bytes(tables.names + BigInt((ends[i] ?? 0) - 1), Uint8Array.of(OTHER)));
  return edits;
}

/** As if the kernel had been built without BTF: without its symbols, and without the number that it begins with. */
export function withoutTypes(dump: ChangedDump): Edit[] {
  const magic = dump.bytes(dump.typed.symbol('__start_BTF'), Uint8Array.of(0, 0));
  return [...renamedSymbols(dump, '__start_BTF', '__stop_BTF'), magic];
}

/** Returns another name of a symbol, or the same; null if the table shall not have it. */
export type NameOf = (symbol: KernelSymbol) => string | null;

/**
 * Writes a smaller symbol table over that of a kernel whose VMCOREINFO says where it is: as if other symbols
 * had been kept when the kernel was linked.
 */
export function changedSymbols(dump: ChangedDump, nameOf: NameOf): Edit[] {
  const { symbols, space, kernel } = dump.typed;
  const tables = tablesByKeys(space, kernel.info);
  const { offsets } = tables?.addresses ?? {};
  if (!tables || offsets === undefined) throw new Error('nothing says where the symbol table is');
  const old = space.bytes(tables.names, Number(tables.tokenTable - tables.names));
  const spans = nameSpansOf(old, tables.count, 'uleb128');
  const entries = new DataView(space.bytes(offsets, 4 * tables.count).buffer);
  const written: Uint8Array[] = [];
  const kept = new DataView(new ArrayBuffer(4 * tables.count));
  let count = 0;
  for (let i = 0; i < tables.count; i++) {
    const symbol = symbols.symbol(i);
    const name = nameOf(symbol);
    if (name === null) continue;
    const compressed =
      name === symbol.name
        ? old.subarray(spans?.starts[i], spans?.ends[i])
        : Buffer.from(symbol.type + name, 'latin1');
    written.push(lengthOf(compressed.length), compressed);
    const place = Number(symbol.address - offsets) - 4 * count;
    kept.setInt32(
      4 * count++,
      symbols.form === 'place-relative' ? place : entries.getInt32(4 * i, true),
      true,
    );
  }
  const names = Buffer.concat(written);
  if (names.length > old.length) throw new Error('the names need more room than there is');
  return [
    dump.bytes(tables.names, Buffer.concat([names], old.length)),
    dump.bytes(offsets, new Uint8Array(kept.buffer, 0, 4 * count)),
    dump.bytes(kernel.info.symbol('kallsyms_num_syms') ?? 0n, new Uint8Array(Uint32Array.of(count).buffer)),
  ];
}

const lengthOf = (length: number): Uint8Array =>
  length < 0x80 ? Uint8Array.of(length) : Uint8Array.of((length & 0x7f) | 0x80, length >> 7);

/** As without CONFIG_KALLSYMS_ALL: only what lies in text (symbol_valid of scripts/kallsyms.c). */
export function functionsOnly({ typed }: ChangedDump): NameOf {
  const texts = [
    ['_stext', '_etext'],
    ['_sinittext', '_einittext'],
  ].map((names) => names.map((name) => typed.symbol(name)));
  const isText = (at: bigint) => texts.some(([start = 0n, end = 0n]) => at >= start && at <= end);
  return ({ name, address }) => (isText(address) ? name : null);
}
