import { latin1 } from '../../bytes/words.ts';
import { corruptBtf } from './header.ts';

/**
 * Longer than any name: the kernel's limit is KSYM_NAME_LEN, 512 (btf_name_valid_identifier of
 * kernel/bpf/btf.c).
 */
const NAME_LIMIT = 4096;
/**
 * Two NULs in a row: no name is empty except the one at offset 0, so they show data that was overwritten with
 * zeros.
 */
const TWO_ENDS = Buffer.alloc(2);

/** The names of a BTF. Offsets of a split BTF continue those of its base. */
export class BtfStrings {
  readonly #bytes: Uint8Array;
  readonly #first: number;
  readonly #base: BtfStrings | undefined;

  /** @throws InspectError corrupt if the bytes are not names */
  constructor(bytes: Uint8Array, base?: BtfStrings) {
    requireNames(bytes);
    this.#bytes = bytes;
    this.#base = base;
    this.#first = base?.end ?? 0;
  }

  /** The offset after the last one. */
  get end(): number {
    return this.#first + this.#bytes.length;
  }

  /**
   * Returns the name at an offset; the empty one means anonymous.
   * @throws InspectError corrupt outside the strings, or if the text is too long for a name: many offsets may
   * point into one long text
   */
  text(offset: number): string {
    if (this.#base && offset < this.#first) return this.#base.text(offset);
    const at = this.#at(offset);
    const name = this.#bytes.subarray(at, at + NAME_LIMIT + 1);
    const length = name.indexOf(0);
    if (length < 0) throw corruptBtf(`the name at ${offset} has more than ${NAME_LIMIT} characters`);
    return latin1(name.subarray(0, length));
  }

  /** Whether the name at an offset is `name`, without making a string of it. @throws InspectError corrupt */
  equals(offset: number, name: Uint8Array): boolean {
    if (this.#base && offset < this.#first) return this.#base.equals(offset, name);
    const at = this.#at(offset);
    const bytes = this.#bytes;
    for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
    return bytes[at + name.length] === 0;
  }

  /** Whether the name at an offset is empty. @throws InspectError corrupt */
  isEmpty(offset: number): boolean {
    if (this.#base && offset < this.#first) return this.#base.isEmpty(offset);
    return this.#bytes[this.#at(offset)] === 0;
  }

  /**
   * Whether a name begins at an offset: each is stored once, and none as the tail of another.
   * @throws InspectError corrupt
   */
  begins(offset: number): boolean {
    if (this.#base && offset < this.#first) return this.#base.begins(offset);
    const at = this.#at(offset);
    return at === 0 || this.#bytes[at - 1] === 0;
  }

  /** Returns a hash of the name at an offset. @throws InspectError corrupt */
  hash(offset: number): number {
    if (this.#base && offset < this.#first) return this.#base.hash(offset);
    return hashOf(this.#bytes, this.#at(offset));
  }

  /**
   * Returns the index of an offset in this BTF's own strings. Their last byte is a NUL, so every name ends.
   */
  #at(offset: number): number {
    const at = offset - this.#first;
    if (at >= 0 && at < this.#bytes.length) return at;
    throw corruptBtf(`a name is at offset ${offset}, but the strings end at ${this.end}`);
  }
}

/** Zeroed names are an error; otherwise the kernel would seem to lack the types. */
function requireNames(bytes: Uint8Array): void {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = all.indexOf(TWO_ENDS);
  if (at >= 0) throw corruptBtf(`the names from byte ${at} of the strings on are zeros`);
}

/**
 * How many bytes of a name are hashed. Real names differ within them, and many may point into one long text.
 */
const HASHED = 128;

/** Returns a hash of the name from `at` to a NUL or the end (FNV-1a). */
export function hashOf(bytes: Uint8Array, at: number): number {
  let hash = 0x811c_9dc5;
  const end = Math.min(bytes.length, at + HASHED);
  for (let i = at; i < end && bytes[i] !== 0; i++) {
    hash = Math.imul(hash ^ (bytes[i] as number), 0x0100_0193);
  }
  return hash >>> 0;
}
