import { BuiltKernel, IN_IMAGE, type KernelPlan, LINKED_AT, START_KERNEL_MAP } from './kernel.ts';
import type { KeyChanges } from './kernel-keys.ts';

/** A symbol as nm prints it. */
export interface BuiltSymbol {
  readonly type: string;
  readonly name: string;
  readonly address: bigint;
}

/** How to write the tables; by default as scripts/kallsyms.c does. */
export interface KallsymsPlan {
  readonly form?: 'absolute' | 'base-relative' | 'absolute-percpu' | 'place-relative';
  /** A length takes one byte before 6.1; since then two bytes of ULEB128 from 128 on (73bbb94466fd3). */
  readonly lengths?: 'uleb128' | 'byte';
  /** Wrong value of kallsyms_num_syms. */
  readonly count?: number;
  /** Tokens by byte, besides the characters, which stand for themselves. */
  readonly tokens?: Readonly<Record<number, string>>;
  /** Wrong entries of token_index, by byte. */
  readonly tokenIndex?: Readonly<Record<number, number>>;
  /** Whether there are markers between names and tokens, as in every kernel. */
  readonly markers?: boolean;
  /** 4 since 4.20 (80ffbaa5b1bd). */
  readonly markerBytes?: 4 | 8;
}

interface Written {
  readonly bytes: Uint8Array;
  readonly keys: KeyChanges;
}

/** Bytes that no symbol name has stand for longer pieces of names, including the type at the front. */
const TOKENS: Readonly<Record<number, string>> = {
  1: 'T_',
  2: 'offset_',
  3: 'Dpage_',
  4: 'base',
  128: 't__x64_sys_',
};
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;
const NAMES_PER_MARKER = 256;

function tokenList(extra: Readonly<Record<number, string>>): string[] {
  return Array.from({ length: 256 }, (_, i) => {
    const own = i >= FIRST_PRINTABLE && i <= LAST_PRINTABLE ? String.fromCharCode(i) : '';
    return extra[i] ?? own;
  });
}

/** Takes the longest token that fits, from the left. */
function compress(text: string, tokens: readonly string[]): number[] {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; ) {
    let best = -1;
    tokens.forEach((token, i) => {
      if (text.startsWith(token, at) && token.length > (tokens[best]?.length ?? 0)) best = i;
    });
    bytes.push(best);
    at += tokens[best]?.length ?? text.length;
  }
  return bytes;
}

function lengthBytes(length: number, form: KallsymsPlan['lengths']): number[] {
  return form === 'byte' || length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
}

/** A growing piece of rodata, with each part aligned to 8 bytes as by scripts/kallsyms.c. */
class Rodata {
  readonly bytes: number[] = [];
  readonly at: bigint;

  constructor(at: bigint) {
    this.at = at;
  }

  /** Adds little-endian numbers of `width` bytes; returns the virtual address of the first. */
  add(width: 1 | 2 | 4 | 8, values: readonly (number | bigint)[], align = 8): bigint {
    while (this.bytes.length % align !== 0) this.bytes.push(0);
    const address = this.at + BigInt(this.bytes.length);
    for (const value of values) {
      for (let i = 0; i < width; i++) this.bytes.push(Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
    }
    return address;
  }
}

function addAddresses(
  rodata: Rodata,
  symbols: readonly BuiltSymbol[],
  form: KallsymsPlan['form'],
): KeyChanges {
  const hex = (address: bigint) => address.toString(16);
  if (form === 'absolute') {
    const at = rodata.add(
      8,
      symbols.map((s) => s.address),
    );
    return { 'SYMBOL(kallsyms_addresses)': hex(at) };
  }
  const base = symbols.find((s) => s.address >= START_KERNEL_MAP)?.address ?? 0n;
  const entries = symbols.map(({ address }, i) => {
    if (form === 'place-relative') return address - (rodata.at + BigInt(4 * i));
    if (form === 'absolute-percpu') return address < START_KERNEL_MAP ? address : base - 1n - address;
    return address - base;
  });
  const keys = { 'SYMBOL(kallsyms_offsets)': hex(rodata.add(4, entries)) };
  if (form === 'place-relative') return keys;
  return { ...keys, 'SYMBOL(kallsyms_relative_base)': hex(rodata.add(8, [base])) };
}

/** Makes the kallsyms tables for a place in the image, and the keys that lead to them. */
export function kallsymsTables(
  at: bigint,
  symbols: readonly BuiltSymbol[],
  plan: KallsymsPlan = {},
): Written {
  const rodata = new Rodata(at);
  const hex = (address: bigint) => address.toString(16);
  const tokens = tokenList(plan.tokens ?? TOKENS);
  const addresses = addAddresses(rodata, symbols, plan.form ?? 'base-relative');
  const count = rodata.add(4, [plan.count ?? symbols.length]);
  const markers: number[] = [];
  let length = 0;
  const names = symbols.flatMap(({ type, name }, i) => {
    if (i % NAMES_PER_MARKER === 0) markers.push(length);
    const bytes = compress(type + name, tokens);
    const whole = [...lengthBytes(bytes.length, plan.lengths), ...bytes];
    length += whole.length;
    return whole;
  });
  const namesAt = rodata.add(1, names);
  if (plan.markers ?? true) rodata.add(plan.markerBytes ?? 4, markers);
  const offsets: number[] = [];
  const table: number[] = [];
  for (const token of tokens) {
    offsets.push(table.length);
    table.push(...Buffer.from(`${token}\0`, 'latin1'));
  }
  const tableAt = rodata.add(1, table, (plan.markers ?? true) ? 8 : 1);
  const index = offsets.map((offset, i) => plan.tokenIndex?.[i] ?? offset);
  const indexAt = rodata.add(2, index);
  return {
    bytes: Uint8Array.from(rodata.bytes),
    keys: {
      ...addresses,
      'SYMBOL(kallsyms_names)': hex(namesAt),
      'SYMBOL(kallsyms_num_syms)': hex(count),
      'SYMBOL(kallsyms_token_table)': hex(tableAt),
      'SYMBOL(kallsyms_token_index)': hex(indexAt),
    },
  };
}

/** Place of the tables in the image; bytes from _stext. */
const TABLES_IN_IMAGE = 0x4_0000;

/** Variables with the kernel's bases, in the image from IN_IMAGE.variables on. */
export const VARIABLES = { page_offset_base: 0, vmalloc_base: 8, vmemmap_base: 16 };

/** The symbols of the image, by ascending address. */
export function imageSymbols(stext: bigint, percpu = false): BuiltSymbol[] {
  const inImage = (offset: number) => stext + BigInt(offset);
  return [
    ...(percpu ? [{ type: 'A', name: 'fixed_percpu_data', address: 0n }] : []),
    ...(percpu ? [{ type: 'd', name: 'cpu_number', address: 0x4008n }] : []),
    { type: 'T', name: '_stext', address: stext },
    { type: 't', name: '__x64_sys_read', address: inImage(0x100) },
    { type: 't', name: 'helper', address: inImage(0x200) },
    { type: 'T', name: 'commit_creds', address: inImage(0x240) },
    { type: 't', name: 'helper', address: inImage(0x300) },
    { type: 'D', name: 'init_top_pgt', address: inImage(IN_IMAGE.root) },
    ...Object.entries(VARIABLES).map(([name, at]) => ({
      type: 'D',
      name,
      address: inImage(IN_IMAGE.variables + at),
    })),
    { type: 'B', name: '_end', address: inImage(0x20_0000) },
  ];
}

/** Returns _stext of a planned image. */
export function stextOf(plan: KernelPlan): bigint {
  return START_KERNEL_MAP + BigInt(LINKED_AT) + (plan.kernelOffset ?? 0n);
}

interface SymbolsPlan extends KallsymsPlan {
  readonly symbols?: readonly BuiltSymbol[];
  /** Where in the image; bytes from _stext. */
  readonly at?: number;
  /** Whether VMCOREINFO names the tables, as it does since 6.0. */
  readonly named?: boolean;
}

/** A kernel with a symbol table, and with its bases in variables. */
export function kernelWithSymbols(plan: KernelPlan = {}, symbolsPlan: SymbolsPlan = {}): BuiltKernel {
  const stext = stextOf(plan);
  const at = symbolsPlan.at ?? TABLES_IN_IMAGE;
  const symbols = symbolsPlan.symbols ?? imageSymbols(stext, symbolsPlan.form === 'absolute-percpu');
  const { bytes, keys } = kallsymsTables(stext + BigInt(at), symbols, symbolsPlan);
  const named = (symbolsPlan.named ?? true) ? keys : {};
  const kernel = new BuiltKernel({ ...plan, keys: { ...named, ...plan.keys } });
  kernel.memory.write(kernel.imageAt + at, bytes);
  const variables = kernel.imageAt + IN_IMAGE.variables;
  kernel.memory.writeU64(variables + VARIABLES.page_offset_base, kernel.pageOffset);
  kernel.memory.writeU64(variables + VARIABLES.vmalloc_base, VMALLOC_BASE);
  kernel.memory.writeU64(variables + VARIABLES.vmemmap_base, kernel.vmemmap);
  return kernel;
}

export const VMALLOC_BASE = 0xffff_a000_4000_0000n;
