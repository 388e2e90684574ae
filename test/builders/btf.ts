import { KIND } from '../../src/kernel/btf/kinds.ts';
import { concat } from './encode.ts';

/** A member of a structure; `at` in bytes, or in bits for a bit field. */
export type MemberSpec =
  | readonly [name: string, type: number, at: number]
  | readonly [name: string, type: number, bitOffset: number, bits: number];

interface IntSpec {
  readonly signed?: boolean;
  readonly char?: boolean;
  readonly bool?: boolean;
  readonly bits?: number;
  readonly bitOffset?: number;
}

/** Wrong values for a header. */
export interface HeaderLies {
  readonly magic?: number;
  readonly version?: number;
  readonly headerLength?: number;
  readonly typeOffset?: number;
  readonly typeLength?: number;
  readonly stringOffset?: number;
  readonly stringLength?: number;
}

interface BlobPlan extends HeaderLies {
  /** Bytes of the header; from 32 on it describes the layout section. */
  readonly header?: number;
  /** Bytes that follow a type of each kind, from kind 0 on. */
  readonly layouts?: readonly (readonly [fixed: number, each: number])[];
}

/** Writes BTF as in include/uapi/linux/btf.h. Ids and strings continue those of a base. */
export class BuiltBtf {
  readonly #firstId: number;
  readonly #firstString: number;
  readonly #words: number[] = [];
  #strings: string;
  #count = 0;

  constructor(base?: BuiltBtf) {
    this.#firstId = base?.endId ?? 1;
    this.#firstString = base?.stringsEnd ?? 0;
    this.#strings = base ? '' : '\0';
  }

  get endId(): number {
    return this.#firstId + this.#count;
  }

  get stringsEnd(): number {
    return this.#firstString + this.#strings.length;
  }

  string(text: string): number {
    if (text === '') return 0;
    const at = this.#firstString + this.#strings.length;
    this.#strings += `${text}\0`;
    return at;
  }

  /** Adds a type of any kind; returns its id. `third` is the word that holds a size or a type. */
  add(
    kind: number,
    name: string,
    third: number,
    words: readonly number[] = [],
    vlen = 0,
    flag = false,
  ): number {
    const info = ((flag ? 1 << 31 : 0) | (kind << 24) | vlen) >>> 0;
    for (const word of [this.string(name), info, third, ...words]) this.#words.push(word);
    return this.#firstId + this.#count++;
  }

  int(name: string, size: number, spec: IntSpec = {}): number {
    const { signed = false, char = false, bool = false, bits = 8 * size, bitOffset = 0 } = spec;
    const encoding = (signed ? 1 : 0) | (char ? 2 : 0) | (bool ? 4 : 0);
    return this.add(KIND.INT, name, size, [(encoding << 24) | (bitOffset << 16) | bits]);
  }

  pointer(type: number): number {
    return this.add(KIND.PTR, '', type);
  }

  array(type: number, count: number): number {
    return this.add(KIND.ARRAY, '', 0, [type, 1, count]);
  }

  /** If `old`, the integer types describe bit fields, as before 4.20. */
  struct(
    name: string,
    size: number,
    members: readonly MemberSpec[],
    kind: number = KIND.STRUCT,
    old = false,
  ): number {
    const words = members.flatMap(([memberName, type, at, bits]) => {
      const offset = bits === undefined ? 8 * at : at;
      return [this.string(memberName), type, old ? offset : (((bits ?? 0) << 24) | offset) >>> 0];
    });
    return this.add(kind, name, size, words, members.length, !old);
  }

  union(name: string, size: number, members: readonly MemberSpec[]): number {
    return this.struct(name, size, members, KIND.UNION);
  }

  enum(name: string, values: readonly (readonly [string, number])[], signed = false, size = 4): number {
    const words = values.flatMap(([valueName, value]) => [this.string(valueName), value >>> 0]);
    return this.add(KIND.ENUM, name, size, words, values.length, signed);
  }

  enum64(name: string, values: readonly (readonly [string, bigint])[], signed = false): number {
    const words = values.flatMap(([valueName, value]) => [
      this.string(valueName),
      Number(BigInt.asUintN(32, value)),
      Number(BigInt.asUintN(32, value >> 32n)),
    ]);
    return this.add(KIND.ENUM64, name, 8, words, values.length, signed);
  }

  function(returns: number, parameters: readonly (readonly [string, number])[]): number {
    const words = parameters.flatMap(([name, type]) => [this.string(name), type]);
    return this.add(KIND.FUNC_PROTO, '', returns, words, parameters.length);
  }

  bytes(plan: BlobPlan = {}): Uint8Array {
    const types = littleEndian(this.#words);
    const layouts = Uint8Array.from((plan.layouts ?? []).flatMap(([fixed, each]) => [fixed, each, 0, 0]));
    const strings = Buffer.from(this.#strings, 'latin1');
    const header = new Uint8Array(plan.header ?? 24);
    const view = new DataView(header.buffer);
    view.setUint16(0, plan.magic ?? 0xeb9f, true);
    view.setUint8(2, plan.version ?? 1);
    const words = [
      plan.headerLength ?? header.length,
      plan.typeOffset ?? 0,
      plan.typeLength ?? types.length,
      plan.stringOffset ?? types.length + layouts.length,
      plan.stringLength ?? strings.length,
      ...(header.length >= 32 ? [types.length, layouts.length] : []),
    ];
    words.forEach((word, i) => {
      view.setUint32(4 + 4 * i, word, true);
    });
    return concat(header, types, layouts, strings);
  }
}

function littleEndian(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return bytes;
}
