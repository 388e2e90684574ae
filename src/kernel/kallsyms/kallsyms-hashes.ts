import { HashChains } from '../../bytes/hash-chains.ts';
import type { NameSpans } from './kallsyms-spans.ts';

/** Any odd number with set bits in several bytes. */
const FACTOR = 0x0100_0193;

/**
 * Finds symbols by a hash of their names. The hash is a polynomial, so the hash of a name follows from those
 * of its tokens, and no name is expanded.
 */
export class NameHashes {
  readonly #chains: HashChains;

  constructor(names: Uint8Array, tokens: readonly Uint8Array[], spans: NameSpans) {
    this.#chains = new HashChains(spans.starts.length);
    this.#fill(names, tokens, spans);
  }

  #fill(names: Uint8Array, tokens: readonly Uint8Array[], { starts, ends }: NameSpans): void {
    const hashes = Int32Array.from(tokens, (token) => hashOf(token));
    const powers = Int32Array.from(tokens, (token) => power(token.length));
    // The first character is the symbol's type.
    const firsts = Int32Array.from(tokens, (token) => hashOf(token.subarray(1)));
    for (let i = starts.length - 1; i >= 0; i--) {
      const start = starts[i] as number;
      const end = ends[i] as number;
      let hash = firsts[names[start] as number] as number;
      for (let at = start + 1; at < end; at++) {
        const token = names[at] as number;
        hash = (Math.imul(hash, powers[token] as number) + (hashes[token] as number)) | 0;
      }
      this.#chains.add(mixed(hash), i);
    }
  }

  /** Returns the indexes of the symbols that may have that name, ascending. */
  find(name: Uint8Array): Iterable<number> {
    return this.#chains.find(mixed(hashOf(name)));
  }
}

function hashOf(text: Uint8Array): number {
  return text.reduce((hash, byte) => (Math.imul(hash, FACTOR) + byte) | 0, 0);
}

function power(exponent: number): number {
  let all = 1;
  for (let i = 0; i < exponent; i++) all = Math.imul(all, FACTOR);
  return all;
}

/** Mixes high bits into the low ones, which depend on the low bits of the text alone. */
function mixed(hash: number): number {
  return hash ^ (hash >>> 15);
}
