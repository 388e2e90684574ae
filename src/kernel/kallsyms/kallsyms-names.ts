import { latin1 } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { NameHashes } from './kallsyms-hashes.ts';
import { type LengthForm, type NameSpans, spansOf } from './kallsyms-spans.ts';

const TOKENS = 256;
/** KSYM_NAME_LEN is 512 since 6.1 and was 128 before (include/linux/kallsyms.h): no kernel has a longer name. */
const NAME_LIMIT = 4096;

/** The 256 tokens that compressed names are made of (scripts/kallsyms.c), each as bytes. */
export interface Tokens {
  readonly all: readonly Uint8Array[];
  /**
   * Why some cannot be as that program writes them: one after the other, and each character that names have as the token of
   * its own code. Names that have such a token are wrong. Null where all are right.
   */
  readonly damage: string | null;
}

/** @throws InspectError corrupt, when a token has no end */
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

/** A code that is a character of some name stands for that character, and the others for two and more. */
function wrongCharacter(tokens: readonly Uint8Array[]): string | null {
  for (const [i, token] of tokens.entries()) {
    const alone = token.length === 1 && token[0] !== i;
    const wrong = alone ? token[0] : token.find((code) => tokens[code]?.length !== 1);
    if (wrong !== undefined) return `token ${i} has character ${wrong}, which is not the token of that code`;
  }
  return null;
}

/** The types of nm that a kernel's symbols have; the first character of each expanded name. */
const TYPE = /^[A-Za-z?]$/;

/** The kernel's symbol names, expanded on demand. */
export class KallsymsNames {
  readonly count: number;
  readonly #names: Uint8Array;
  readonly #tokens: readonly Uint8Array[];
  readonly #spans: NameSpans;
  #index: NameHashes | undefined;

  /** @throws InspectError corrupt, when no form of the lengths gives `count` names that begin with a type. */
  constructor(names: Uint8Array, count: number, tokens: readonly Uint8Array[]) {
    this.count = count;
    this.#names = names;
    this.#tokens = tokens;
    const forms: LengthForm[] = ['uleb128', 'byte'];
    const spans = forms.map((form) => spansOf(names, count, form)).find((s) => s && this.#allTyped(s));
    if (!spans) throw corruptTable(`${count} names do not fit into ${names.length} bytes`);
    this.#spans = spans;
  }

  /**
   * Why there are more names than `count`; null where there are not. The table of markers follows the last name, aligned, and the
   * first marker is 0 (scripts/kallsyms.c).
   */
  get rest(): string | null {
    const end = this.#spans.ends[this.count - 1] ?? 0;
    const follows = this.#names.subarray(end, Math.ceil(end / 4) * 4 + 4);
    return follows.every((byte) => byte === 0)
      ? null
      : `names go on after ${this.count}, which kallsyms_num_syms is`;
  }

  /** Whether each name begins with a type, as it does only when the lengths were read right. */
  #allTyped(spans: NameSpans): boolean {
    const typed = this.#tokens.map((token) => TYPE.test(String.fromCharCode(token[0] ?? 0)));
    return spans.starts.every((start) => typed[this.#names[start] as number]);
  }

  /**
   * Type and name of symbol i, such as "Tcommit_creds" for commit_creds in text.
   * @throws InspectError corrupt, for a name that is longer than any: tokens may lie, and then expand to a GiB
   */
  expanded(i: number): string {
    let text = '';
    for (let at = this.#spans.starts[i] as number; at < (this.#spans.ends[i] as number); at++) {
      const token = this.#tokens[this.#names[at] as number] as Uint8Array;
      if (text.length + token.length > NAME_LIMIT)
        throw corruptTable(`the name of symbol ${i} has more than ${NAME_LIMIT} characters`);
      text += latin1(token);
    }
    return text;
  }

  /** The indexes of the symbols of that name, ascending, without expanding the others. */
  indexesOf(name: string): number[] {
    const wanted = Buffer.from(name, 'latin1');
    this.#index ??= new NameHashes(this.#names, this.#tokens, this.#spans);
    return [...this.#index.find(wanted)].filter((i) => this.#matches(i, wanted));
  }

  /** Compares token by token, the type at the front left out, and stops at the first difference. */
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

/** A symbol table that cannot be one. */
export function corruptTable(what: string): InspectError {
  return new InspectError('corrupt', `kallsyms: ${what}`);
}
