/** How the length of a compressed name is written. */
export type LengthForm =
  /** One byte below 128, otherwise two bytes of ULEB128: since 6.1 (73bbb94466fd3). */
  | 'uleb128'
  /** One byte, whatever its value: before 6.1. */
  | 'byte';

/** Where each compressed name begins and ends: byte offsets into the table of names. */
export interface NameSpans {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Returns the spans of `count` names, or undefined if they do not fit into `names` in this form. */
export function nameSpansOf(names: Uint8Array, count: number, form: LengthForm): NameSpans | undefined {
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    let length = names[at++] as number;
    if (form === 'uleb128' && length & 0x80) length = (length & 0x7f) | ((names[at++] as number) << 7);
    starts[i] = at;
    at += length;
    ends[i] = at;
    if (length === 0 || at > names.length) return undefined;
  }
  return { starts, ends };
}
