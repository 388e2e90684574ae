import { latin1 } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { NameHashes } from './kallsyms-hashes.ts';
import { type LengthForm, type NameSpans, nameSpansOf } from './kallsyms-spans.ts';

const TOKENS = 256;
/** Longer than any kernel's names: KSYM_NAME_LEN is 512 since 6.1, 128 before (include/linux/kallsyms.h). */
const NAME_LIMIT = 4096;

/** The 256 tokens that compressed names consist of (scripts/kallsyms.c), as bytes. */
export interface Tokens {
  readonly all: readonly Uint8Array[];
  /**
   * Why the table differs from what that script writes: tokens one after the other, and each character that
   * occurs in names as the token with its own code. Names with a damaged token are wrong. Null if nothing is
   * damaged.
   */
  readonly damage: string | null;
}

/** @throws InspectError corrupt if a token has no end */
export function decodeTokens(table: Uint8Array, index: Uint8Array): Tokens {
  let next = 0;
  let moved: string | null = null;
  const all = Array.from({ length: TOKENS }, (_, i) => {
    const start = (index[2 * i] as number) | ((index[2 * i + 1] as number) << 8);
    const end = table.indexOf(0, start);
    if (end < 0) throw corruptTable(`token ${i} at ${start} has no end`);
    if (start !== next) moved ??= `token ${i} is at ${start}, and the one before it ends at ${next}`;
    next = end + 1;
    return table.subarray(start, end);
  });
  return { all, damage: moved ?? wrongCharacter(all) };
}

/**
 * Returns what is wrong: a code that occurs as a character stands for itself; others stand for two or more.
 */
function wrongCharacter(tokens: readonly Uint8Array[]): string | null {
  for (const [i, token] of tokens.entries()) {
    const alone = token.length === 1 && token[0] !== i;
    const wrong = alone ? token[0] : token.find((code) => tokens[code]?.length !== 1);
    if (wrong !== undefined) return `token ${i} has character ${wrong}, which is not the token of that code`;
  }
  return null;
}

/** Symbol types as nm prints them; the first character of each expanded name. */
const TYPE = /^[A-Za-z?]$/;

/** The kernel's symbol names, expanded on demand. */
export class KallsymsNames {
  readonly count: number;
  readonly #names: Uint8Array;
  readonly #tokens: readonly Uint8Array[];
  readonly #spans: NameSpans;
  #texts: readonly string[] | undefined;
  #index: NameHashes | undefined;

  /** @throws InspectError corrupt if no form of the lengths gives `count` names that begin with a type */
  constructor(names: Uint8Array, count: number, tokens: readonly Uint8Array[]) {
    this.count = count;
    this.#names = names;
    this.#tokens = tokens;
    const forms: LengthForm[] = ['uleb128', 'byte'];
    const spans = forms.map((form) => nameSpansOf(names, count, form)).find((s) => s && this.#allTyped(s));
    if (!spans) throw corruptTable(`${count} names do not fit into ${names.length} bytes`);
    this.#spans = spans;
  }

  /**
   * Why there must be more names than `count`; null if there are not. The marker table follows the last name,
   * aligned, and the first marker is 0 (scripts/kallsyms.c).
   */
  get rest(): string | null {
    const end = this.#spans.ends[this.count - 1] ?? 0;
    const follows = this.#names.subarray(end, Math.ceil(end / 4) * 4 + 4);
    return follows.every((byte) => byte === 0)
      ? null
      : `names go on after ${this.count}, the value of kallsyms_num_syms`;
  }

  /** Whether each name begins with a type, as it does only if the lengths were read correctly. */
  #allTyped(spans: NameSpans): boolean {
    const typed = this.#tokens.map((token) => TYPE.test(String.fromCharCode(token[0] ?? 0)));
    return spans.starts.every((start) => typed[this.#names[start] as number]);
  }

  /**
   * Returns type and name of symbol i: "Tcommit_creds" is commit_creds in text.
   * @throws InspectError corrupt if the name is too long: damaged tokens may expand to a GiB
   */
  expanded(i: number): string {
    this.#texts ??= this.#tokens.map(latin1);
    const end = this.#spans.ends[i] as number;
    let text = '';
    for (let at = this.#spans.starts[i] as number; at < end; at++) {
      const token = this.#texts[this.#names[at] as number] as string;
      if (text.length + token.length > NAME_LIMIT)
        throw corruptTable(`the name of symbol ${i} has more than ${NAME_LIMIT} characters`);
      text += token;
    }
    return text;
  }

  /** Returns the indexes of the symbols of that name, ascending, without expanding the others. */
  indexesOf(name: string): number[] {
    const wanted = Buffer.from(name, 'latin1');
    this.#index ??= new NameHashes(this.#names, this.#tokens, this.#spans);
    return [...this.#index.find(wanted)].filter((i) => this.#matches(i, wanted));
  }

  /** Compares token by token, without the type at the front, up to the first difference. */
  #matches(i: number, wanted: Uint8Array): boolean {
    const end = this.#spans.ends[i] as number;
    let matched = -1;
    for (let at = this.#spans.starts[i] as number; at < end; at++) {
      const token = this.#tokens[this.#names[at] as number] as Uint8Array;
      for (let j = 0; j < token.length; j++, matched++) {
        if (matched >= 0 && token[j] !== wanted[matched]) return false;
      }
    }
    return matched === wanted.length;
  }
}

/** The error for a symbol table that contradicts itself. */
export function corruptTable(what: string): InspectError {
  return new InspectError('corrupt', `kallsyms: ${what}`);
}
