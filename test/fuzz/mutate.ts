import { u64At } from '../../src/bytes/words.ts';
import { ascii, packed } from '../builders/encode.ts';
import type { Base } from './bases.ts';
import { OverlaySource } from './overlay-source.ts';
import type { Place } from './places.ts';
import type { Random } from './random.ts';
import type { FileChange } from './recipe.ts';

/** Numbers at which programs tend to fail. */
const INTERESTING: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 7n, 8n, 15n, 16n, 24n, 64n, 127n, 128n, 255n, 256n, 512n, 4095n, 4096n, 4097n, 65535n],
  ...[1n << 20n, 1n << 21n, 1n << 30n, (1n << 31n) - 1n, 1n << 31n, (1n << 32n) - 1n, 1n << 32n, 1n << 46n],
  ...[1n << 47n, 1n << 51n, (1n << 52n) - 4096n, 1n << 52n, (1n << 53n) - 1n, 1n << 53n, 1n << 62n],
  ...[(1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 4096n, (1n << 64n) - 2n, (1n << 64n) - 1n],
  ...[0xffff_8880_0000_0000n, 0xffff_ea00_0000_0000n, 0xffff_ffff_8100_0000n, 0xffff_ffff_ffff_f000n],
];

/** Everything that is changed in a base's files. */
export class Mutation {
  readonly story: string[] = [];
  readonly #base: Base;
  readonly #random: Random;
  readonly #files: { edits: { at: number; bytes: Uint8Array }[]; size?: number }[];

  constructor(base: Base, random: Random, start: readonly FileChange[] = []) {
    this.#base = base;
    this.#random = random;
    this.#files = base.files.map((_, i) => ({ ...start[i], edits: [...(start[i]?.edits ?? [])] }));
  }

  get files(): readonly FileChange[] {
    return this.#files;
  }

  /** Makes one or several changes of any kind. */
  run(): void {
    const random = this.#random;
    const times = 1 + (random.once(2) ? 0 : random.below(6));
    for (let i = 0; i < times; i++) {
      const way = random.below(20);
      if (this.#base.isProcfs) this.#inPlace();
      else if (way === 0) this.#cut();
      else if (way <= 2) this.#anywhere();
      else this.#inPlace();
    }
  }

  #note(text: string): void {
    if (this.story.length < 12) this.story.push(text);
  }

  #sizeOf(file: number): number {
    return this.#files[file]?.size ?? this.#base.files[file]?.size ?? 0;
  }

  read(file: number, at: number, length: number): Uint8Array {
    const source = this.#base.files[file];
    const change = this.#files[file];
    if (!source || !change) throw new Error(`there is no file ${file}`);
    const bytes = new Uint8Array(length);
    const size = this.#sizeOf(file);
    new OverlaySource(source, change.edits, { path: '', size, isProcfs: false }).read(at, bytes);
    return bytes;
  }

  #write(file: number, at: number, bytes: Uint8Array): void {
    this.#files[file]?.edits.push({ at, bytes });
  }

  #cut(): void {
    const random = this.#random;
    const file = random.below(this.#files.length);
    const size = this.#sizeOf(file);
    const to = random.once(3) ? random.below(Math.min(size, 20_000)) : random.below(size);
    const change = this.#files[file];
    if (change) change.size = random.once(10) ? size + random.below(size + 100_000) : to;
    this.#note(`file ${file} ends at ${change?.size}`);
  }

  #anywhere(): void {
    const file = this.#random.below(this.#files.length);
    const size = this.#sizeOf(file);
    const at = this.#random.once(2) ? this.#random.below(Math.min(size, 16_384)) : this.#random.below(size);
    this.#blind({ kind: 'bytes', what: 'anywhere', file, at, length: Math.min(size - at, 4096) });
  }

  #inPlace(): void {
    const { places } = this.#base;
    if (places.length === 0) {
      this.#anywhere();
      return;
    }
    // All kinds have the same weight, however many places there are of each.
    const kind = this.#random.pick([...new Set(places.map((place) => place.kind))]);
    const place = this.#random.pick(places.filter((one) => one.kind === kind));
    if (this.#random.once(8)) {
      this.#blind(place);
      return;
    }
    if (place.kind === 'text') {
      this.#text(place);
      return;
    }
    if (place.kind === 'pageTable') {
      this.#entry(place);
      return;
    }
    if (place.kind === 'structPages') {
      this.#structPage(place);
      return;
    }
    this.#word(place);
  }

  /** Changes bytes regardless of what is there. */
  #blind(place: Place): void {
    const random = this.#random;
    const { file, what } = place;
    if (place.length === 0) return;
    const at = place.at + random.below(place.length);
    const left = place.at + place.length - at;
    const way = random.below(6);
    this.#note(`${what}: way ${way} at ${file}:${at}`);
    if (way === 0) {
      const [byte = 0] = this.read(file, at, 1);
      this.#write(file, at, Uint8Array.of(byte ^ (1 << random.below(8))));
    }
    if (way === 1) {
      this.#write(file, at, random.bytes(1 + random.below(Math.min(left, 16))));
      return;
    }
    if (way === 2) {
      this.#write(file, at, random.bytes(1 + random.below(left)));
      return;
    }
    if (way === 3)
      this.#write(file, at, new Uint8Array(1 + random.below(left)).fill(random.once(2) ? 0 : 0xff));
    if (way === 4) {
      const from = random.below(this.#sizeOf(file));
      this.#write(file, at, this.read(file, from, 1 + random.below(left)));
    }
    const other = this.read(file, at, left);
    const [here, there] = [random.below(left), random.below(left)];
    const length = 1 + random.below(Math.min(left - here, left - there));
    this.#write(file, at + here, other.slice(there, there + length));
    this.#write(file, at + there, other.slice(here, here + length));
  }

  /**
   * A number among those of a structure: one at which programs tend to fail, a neighbour, one from elsewhere,
   * or a pointer.
   */
  #word(place: Place): void {
    const random = this.#random;
    const bytes = random.pick([8, 8, 8, 4, 4, 2, 1] as const);
    if (place.length < bytes) {
      this.#blind(place);
      return;
    }
    const at = place.at + Math.floor(random.below(place.length - bytes + 1) / bytes) * bytes;
    const before = u64At(this.read(place.file, at, 8), 0);
    let value = this.#number(BigInt.asUintN(8 * bytes, before), place);
    // Flattened records have the other byte order.
    if (random.once(6))
      value =
        BigInt(`0x${Buffer.from(packed(8, [[0, 8, BigInt.asUintN(64, value)]])).toString('hex')}`) >>
        BigInt(64 - 8 * bytes);
    value = BigInt.asUintN(8 * bytes, value);
    this.#note(`${place.what} +${at - place.at}: ${bytes} bytes = 0x${value.toString(16)}`);
    this.#write(place.file, at, packed(8, [[0, 8, value]]).subarray(0, bytes));
  }

  #number(before: bigint, place: Place): bigint {
    const random = this.#random;
    const way = random.below(8);
    if (way === 0) return before + BigInt(1 + random.below(8));
    if (way === 1) return before - BigInt(1 + random.below(8));
    if (way === 2) return before ^ (1n << BigInt(random.below(64)));
    if (way === 3) return before << BigInt(random.below(32));
    if (way === 4) return random.u64() >> BigInt(random.below(64));
    if (way === 5) return this.#pointer(place);
    return random.pick(INTERESTING) + BigInt(random.below(3) - 1);
  }

  /** A pointer back to the structure itself, or into another one. */
  #pointer(place: Place): bigint {
    const random = this.#random;
    const known = this.#base.places.filter((one) => one.virtual !== undefined);
    const target =
      random.once(3) && place.virtual !== undefined
        ? place
        : known.length > 0
          ? random.pick(known)
          : undefined;
    if (target?.virtual === undefined) return random.pick(INTERESTING);
    return target.virtual + BigInt(random.once(2) ? 0 : random.below(target.length) & ~7);
  }

  /**
   * An entry of a page table: empty, without a flag, with another size, or pointing to any table or anywhere.
   */
  #entry(place: Place): void {
    const random = this.#random;
    const used = Array.from({ length: 512 }, (_, i) => i).filter((i) => place.length >= 8 * i + 8);
    const entries = this.read(place.file, place.at, place.length);
    const present = used.filter((i) => u64At(entries, 8 * i) !== 0n);
    const index = random.once(8) || present.length === 0 ? random.pick(used) : random.pick(present);
    const before = u64At(entries, 8 * index);
    const tables = this.#base.places.filter((one) => one.kind === 'pageTable' && one.physical !== undefined);
    const anyTable = BigInt(tables.length > 0 ? (random.pick(tables).physical ?? 0) : 0);
    const values = [
      0n,
      before ^ 1n,
      before ^ 0x80n,
      before ^ (1n << BigInt(random.below(64))),
      BigInt(place.physical ?? 0) | 0x63n,
      anyTable | 0x63n,
      anyTable | 0xe3n,
      (BigInt(random.below(2 ** 40)) << 12n) | 0x63n,
      0x000f_ffff_ffff_f0e3n,
      random.u64(),
    ];
    const value = random.pick(values);
    const count = random.once(6) ? 1 + random.below(512 - index) : 1;
    this.#note(`page table entry ${index} (${count}): 0x${value.toString(16)}`);
    const all = new Uint8Array(count * 8);
    for (let i = 0; i < count; i++) all.set(packed(8, [[0, 8, value]]), 8 * i);
    this.#write(place.file, place.at + 8 * index, all.subarray(0, Math.max(0, place.length - 8 * index)));
  }

  /** A word of one struct page, or of all of them there. */
  #structPage(place: Place): void {
    const random = this.#random;
    const word = random.pick([0, 0, 4, 8, 8, 16, 20, 24, 28, 40, 48, 48, 52]);
    const of = random.below(Math.floor(place.length / 64));
    const [first, last] = random.once(4) ? [0, Math.floor(place.length / 64) - 1] : [of, of];
    const value = random.pick([
      random.next(),
      1 << random.below(32),
      ...[0, 1, -1, 3, 10, 11, 63, 64, 255, 0xf0000000, 0xffffff7f, 0xf4000000, 0xf5000000, 0xbfffffff],
    ]);
    this.#note(`struct pages ${first} to ${last} +${word}: 0x${(value >>> 0).toString(16)}`);
    for (let i = first; i <= last; i++)
      this.#write(place.file, place.at + 64 * i + word, packed(4, [[0, 4, value >>> 0]]));
  }

  /** VMCOREINFO: lines with other values or keys, missing, doubled or cut off. The text keeps its length. */
  #text(place: Place): void {
    const random = this.#random;
    const lines = Buffer.from(this.read(place.file, place.at, place.length))
      .toString('latin1')
      .split('\n');
    const times = 1 + random.below(3);
    for (let i = 0; i < times; i++) this.#line(lines);
    const text = lines.join('\n').slice(0, place.length).padEnd(place.length, '\n');
    const bytes = ascii(text);
    if (random.once(10)) bytes.fill(random.pick([0, 0x41, 0x0a]), random.below(bytes.length));
    this.#write(place.file, place.at, bytes);
  }

  #line(lines: string[]): void {
    const random = this.#random;
    const at = random.below(lines.length);
    const [key = '', value = ''] = (lines[at] ?? '').split('=');
    const other = random.pick(lines).split('=')[1] ?? '';
    const hex = key.startsWith('SYMBOL') || key === 'KERNELOFFSET';
    const number = this.#number(hexNumber(value), { kind: 'text', what: '', file: 0, at: 0, length: 0 });
    const signed = random.once(2) ? BigInt.asIntN(64, number) : number;
    const changed = [
      `${key}=${hex ? BigInt.asUintN(64, number).toString(16) : signed}`,
      `${key}=${hex ? BigInt.asUintN(64, number).toString(16) : signed}`,
      `${key}=${random.below(200)}`,
      `${key}=${other}`,
      `${key}=`,
      `${key}=${'9'.repeat(random.below(40))}`,
      `${key}=\x1b[2J\u009b31m${value}`,
      key,
      '',
      `${key}=${value}\n${key}=${other}`,
    ];
    lines[at] = random.pick(changed);
    this.#note(`VMCOREINFO: ${JSON.stringify(lines[at])}`);
  }
}

function hexNumber(text: string): bigint {
  return /^[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text}`) : 0n;
}
