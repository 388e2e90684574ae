import { u64At } from '../../../src/bytes/words.ts';
import type { Edit } from '../overlay-source.ts';
import type { Random } from '../random.ts';
import type { Dump } from './dump.ts';
import type { Target } from './target.ts';

/** What was done to a target. */
export interface Change {
  readonly mode: string;
  readonly edits: readonly Edit[];
}

type Make = (
  target: Target,
  old: Uint8Array,
  random: Random,
  dump: Dump,
) => Uint8Array | readonly Edit[] | undefined;

const word = (value: bigint) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return bytes;
};

/** The number in place plus `by`, whatever its width. */
function added(old: Uint8Array, by: bigint): Uint8Array {
  const wide = new Uint8Array(8);
  wide.set(old.subarray(0, 8));
  const bytes = word(u64At(wide, 0) + by).subarray(0, Math.min(8, old.length));
  const changed = old.slice();
  changed.set(bytes);
  return changed;
}

const nearBytes: Make = (_, old, random) => {
  const changed = old.slice();
  const from = random.below(old.length);
  const count = Math.min(old.length - from, 2 + random.below(15));
  changed.set(random.bytes(count), from);
  return changed;
};

/** Changes that may be made to anything. */
const COMMON: Readonly<Record<string, Make>> = {
  'one bit': (_, old, random) => {
    const changed = old.slice();
    const at = random.below(old.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    return changed;
  },
  'one byte': (_, old, random) => {
    const changed = old.slice();
    changed[random.below(old.length)] = random.below(256);
    return changed;
  },
  'many bytes': nearBytes,
  zeroed: (_, old) => new Uint8Array(old.length),
  cut: ({ at, room, length, head }, old) => {
    if (head !== undefined && length === 8) return word(head);
    return [{ at, bytes: new Uint8Array(Math.max(room, old.length)) }];
  },
  swapped: ({ at, neighbour }, old, _, dump) =>
    neighbour === undefined
      ? undefined
      : [
          { at, bytes: dump.fileBytes(neighbour, old.length) },
          { at: neighbour, bytes: old },
        ],
  "another one's": ({ other }) => other?.(),
};

const NUMBERS: Readonly<Record<string, Make>> = {
  'a little more': (_, old, random) => added(old, 1n + BigInt(random.below(3))),
  'a little less': (_, old, random) => added(old, -1n - BigInt(random.below(3))),
  'much more': (_, old, random) => added(old, BigInt(65 + random.below(100_000))),
};

const POINTERS: Readonly<Record<string, Make>> = {
  "another one's": ({ other }) => other?.(),
  '8 bytes on': (_, old) => added(old, 8n),
  'to itself': ({ address }) => (address === undefined ? undefined : word(address)),
  null: (_, old) => new Uint8Array(old.length),
  'not canonical': (_, old, random) => {
    const changed = old.slice();
    changed.set(random.bytes(2), 4);
    return changed;
  },
};

const TEXTS: Readonly<Record<string, Make>> = {
  'another digit': (_, old, random) => {
    const digits = [...old.keys()].filter((i) => /[0-9a-f]/.test(String.fromCharCode(old[i] ?? 0)));
    const changed = old.slice();
    if (digits.length === 0) return undefined;
    changed[random.pick(digits)] = 0x30 + random.below(10);
    return changed;
  },
  'another letter': (_, old, random) => {
    const changed = old.slice();
    changed[random.below(old.length)] = 0x41 + random.below(26);
    return changed;
  },
  'all letters different': (_, old) => new Uint8Array(old.length).fill(0x58),
};

const OWN: Readonly<Record<Target['kind'], Readonly<Record<string, Make>>>> = {
  number: NUMBERS,
  pointer: POINTERS,
  text: TEXTS,
  bytes: {},
};

const ATTEMPTS = 20;

/** Changes a target in one of the ways that suit it; undefined if none of those tried makes a difference. */
export function makeChange(target: Target, random: Random, dump: Dump): Change | undefined {
  const ways = Object.entries({ ...COMMON, ...OWN[target.kind] });
  // Ways particular to a kind of field are picked as often as all others together.
  const own = Object.entries(OWN[target.kind]);
  const old = dump.fileBytes(target.at, target.length);
  for (let i = 0; i < ATTEMPTS; i++) {
    const [mode, make] = random.pick(own.length > 0 && random.once(2) ? own : ways);
    const made = make(target, old, random, dump);
    if (made === undefined) continue;
    const edits: readonly Edit[] = made instanceof Uint8Array ? [{ at: target.at, bytes: made }] : made;
    if (edits.some(({ at, bytes }) => Buffer.compare(dump.fileBytes(at, bytes.length), bytes) !== 0))
      return { mode, edits };
  }
  return undefined;
}
