const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Code points that a terminal obeys, that hide, or that reorder what is shown, by their Unicode numbers. */
export const UNSAFE: readonly (readonly [string, readonly number[]])[] = [
  ['C0 control characters', range(0x00, 0x1f)],
  ['DEL', [0x7f]],
  ['C1 control characters', range(0x80, 0x9f)],
  ['bidi marks and embeddings', [0x061c, 0x200e, 0x200f, ...range(0x202a, 0x202e), ...range(0x2066, 0x2069)]],
  ['line and paragraph separators', [0x2028, 0x2029]],
  ['characters without width', [0xad, 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff]],
  ['invisible letters', [0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xffa0]],
  ['variation selectors', [0x180b, 0x180f, ...range(0xfe00, 0xfe0f), 0xe0100, 0xe01ef]],
  ['tags', range(0xe0020, 0xe007f)],
  ['private-use characters', [0xe000, 0xf8ff, 0xf0000]],
  ['noncharacters', [0xfffe, 0xffff, 0xfdd0]],
  ['halves of surrogate pairs', [0xd800, 0xdbff, 0xdc00, 0xdfff]],
];
export const ALL_UNSAFE: ReadonlySet<number> = new Set(UNSAFE.flatMap(([, codes]) => codes));

/** The code points of a text that must not be printed; a newline is one unless `newlines` are allowed. */
export function unsafeIn(text: string, newlines = false): number[] {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  return codes.filter((code) => ALL_UNSAFE.has(code) && !(newlines && code === 0x0a));
}
