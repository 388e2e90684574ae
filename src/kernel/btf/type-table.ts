import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { type BtfSections, corruptBtf } from './header.ts';
import { btfKindOf, isEnum, KIND, KIND_LAYOUTS, kindFlagOf, kindName, vlenOf } from './kinds.ts';

/** Words of struct btf_type: name_off, info, and size or type. */
const TYPE_WORDS = 3;

/** The types of a BTF as words, with the index of each: an object per type would take too much memory. */
export interface TypeTable {
  readonly words: Uint32Array;
  /** Index of the first word of each type; entry 0 is the first type of this BTF. */
  readonly starts: Uint32Array;
  readonly count: number;
  /** Whether the writer marked signed enumerations, as pahole does since 6.0 (6089fb325cf7). */
  readonly signedness: boolean;
}

/**
 * Records where each type begins, in one pass.
 * @throws InspectError corrupt if a type does not end within the types; unsupported for a kind of unknown
 * length
 */
export function indexTypes(bytes: Uint8Array, sections: BtfSections): TypeTable {
  const words = alignedWords(bytes, sections.types, sections.typesLength);
  const starts = new Uint32Array(Math.floor(words.length / TYPE_WORDS));
  const { fixed, each } = lengthsOf(sections);
  const offsetOf = (at: number) => sections.types + 4 * at;
  let count = 0;
  let signedness = false;
  for (let at = 0; at < words.length; count++) {
    if (at + TYPE_WORDS > words.length) throw corruptBtf('the last type is cut off', offsetOf(at));
    const info = words[at + 1] as number;
    const kind = btfKindOf(info);
    if (fixed[kind] === UNKNOWN) throw unknownKind(kind, count, offsetOf(at));
    starts[count] = at;
    const end = at + TYPE_WORDS + (fixed[kind] as number) + (each[kind] as number) * vlenOf(info);
    if (end > words.length) {
      const elements = `${kindName(kind)} with ${vlenOf(info)} elements`;
      throw corruptBtf(`${elements} ends past the types`, offsetOf(at));
    }
    signedness ||= kind === KIND.ENUM64 || (isEnum(kind) && kindFlagOf(info));
    at = end;
  }
  return { words, starts: starts.subarray(0, count), count, signedness };
}

/** More words than any kind has. */
const UNKNOWN = 255;
const KINDS = 128;

/**
 * Returns the words that follow a type of each kind. Kinds newer than this program are skipped if the BTF
 * itself gives their lengths (the layout section, 7.1).
 */
function lengthsOf({ layouts }: BtfSections): { readonly fixed: Uint8Array; readonly each: Uint8Array } {
  const fixed = new Uint8Array(KINDS).fill(UNKNOWN);
  const each = new Uint8Array(KINDS);
  const known = [...KIND_LAYOUTS, ...layouts.slice(KIND_LAYOUTS.length)];
  known.slice(0, KINDS).forEach((layout, kind) => {
    if (!layout || layout.fixed % 1 !== 0 || layout.each % 1 !== 0) return;
    fixed[kind] = layout.fixed;
    each[kind] = layout.each;
  });
  return { fixed, each };
}

function alignedWords(bytes: Uint8Array, offset: number, length: number): Uint32Array {
  const at = bytes.byteOffset + offset;
  if (at % 4 === 0) return new Uint32Array(bytes.buffer, at, length / 4);
  return new Uint32Array(bytes.slice(offset, offset + length).buffer);
}

function unknownKind(kind: number, index: number, offset: number): InspectError {
  return new InspectError(
    'unsupported',
    `BTF: kind ${kind} of type ${index + 1} at byte offset ${hex(offset)} is unknown, so nothing after it can be read`,
    { offset, hint: 'this kernel is newer than this program' },
  );
}
