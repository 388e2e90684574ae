import { latin1 } from '../../bytes/words.ts';
import { corruptBtf } from './header.ts';

/** No name is longer: the kernel's own limit is KSYM_NAME_LEN, 512 (btf_name_valid_identifier of kernel/bpf/btf.c). */
const NAME_LIMIT = 4096;
/** No name is empty but the one at offset 0: each is there once. So what was overwritten with zeros shows. */
const TWO_ENDS = Buffer.alloc(2);

/** The names of a blob. Those of a split blob continue the numbering of its base's. */
export class BtfStrings {
  readonly #bytes: Uint8Array;
  readonly #first: number;
  readonly #base: BtfStrings | undefined;

  /** @throws InspectError corrupt, when what stands there is not names */
  constructor(bytes: Uint8Array, base?: BtfStrings) {
    requireNames(bytes);
    this.#bytes = bytes;
    this.#base = base;
    this.#first = base?.end ?? 0;
  }

  /** One behind the last offset. */
  get end(): number {
    return this.#first + this.#bytes.length;
  }

  /**
   * The name at an offset; the empty one means anonymous.
   * @throws InspectError corrupt, outside of the strings; for what is longer than a name: many may begin in one such text
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

  /** Whether nothing stands at an offset. @throws InspectError corrupt */
  isEmpty(offset: number): boolean {
    if (this.#base && offset < this.#first) return this.#base.isEmpty(offset);
    return this.#bytes[this.#at(offset)] === 0;
  }

  /** Whether a name begins at an offset: each is there once, and none is the end of another. @throws InspectError corrupt */
  begins(offset: number): boolean {
    if (this.#base && offset < this.#first) return this.#base.begins(offset);
    const at = this.#at(offset);
    return at === 0 || this.#bytes[at - 1] === 0;
  }

  /** A number that equal names share. @throws InspectError corrupt */
  hash(offset: number): number {
    if (this.#base && offset < this.#first) return this.#base.hash(offset);
    return hashOf(this.#bytes, this.#at(offset));
  }

  /** Where in this blob's own strings an offset points. The last byte is a NUL, so each name has an end. */
  #at(offset: number): number {
    const at = offset - this.#first;
    if (at >= 0 && at < this.#bytes.length) return at;
    throw corruptBtf(`a name is at ${offset}, behind the strings, which end at ${this.end}`);
  }
}

/** What is lost of the names would make types look as if this kernel had none such. */
function requireNames(bytes: Uint8Array): void {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = all.indexOf(TWO_ENDS);
  if (at >= 0) throw corruptBtf(`the names from byte ${at} of the strings on are zeros`);
}

/** Bytes of a name that its hash is made of. Names differ before, and many may begin in one long text. */
const HASHED = 128;

/** A hash of the name that begins at `at` and goes to a NUL or the end (FNV-1a). */
export function hashOf(bytes: Uint8Array, at: number): number {
  let hash = 0x811c_9dc5;
  const end = Math.min(bytes.length, at + HASHED);
  for (let i = at; i < end && bytes[i] !== 0; i++) {
    hash = Math.imul(hash ^ (bytes[i] as number), 0x0100_0193);
  }
  return hash >>> 0;
}
