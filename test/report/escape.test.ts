import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeLines, escapeText, jsonLine, jsonText } from '../../src/report/escape.ts';

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Code points that a terminal obeys, that hide, or that reorder what is shown; by their numbers in Unicode. */
const UNSAFE: readonly (readonly [string, readonly number[]])[] = [
  ['C0 control characters', range(0x00, 0x1f)],
  ['DEL', [0x7f]],
  ['C1 control characters', range(0x80, 0x9f)],
  ['bidi marks and embeddings', [0x061c, 0x200e, 0x200f, ...range(0x202a, 0x202e), ...range(0x2066, 0x2069)]],
  ['line and paragraph separators', [0x2028, 0x2029]],
  ['characters that take no room', [0xad, 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff]],
  ['tags', range(0xe0020, 0xe007f)],
  ['private characters', [0xe000, 0xf8ff, 0xf0000]],
  ['no characters', [0xfffe, 0xffff, 0xfdd0]],
  ['halves of surrogate pairs', [0xd800, 0xdbff, 0xdc00, 0xdfff]],
];
const ALL_UNSAFE = new Set(UNSAFE.flatMap(([, codes]) => codes));

/** The code points of a text that must not be printed; a newline counts unless `newlines` are allowed. */
function unsafeIn(text: string, newlines = false): number[] {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  return codes.filter((code) => ALL_UNSAFE.has(code) && !(newlines && code === 0x0a));
}

/** Any text of UTF-16 units, halves of pairs and control characters often among them. */
const anyText = fc.string({
  unit: fc
    .oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.constantFrom(...ALL_UNSAFE),
      fc.integer({ min: 0x20, max: 0x7e }),
    )
    .map((code) => String.fromCodePoint(code)),
});

describe('text from a dump', () => {
  it.each(UNSAFE)('has none of these left: %s', (_, codes) => {
    for (const code of codes) {
      const escaped = escapeText(`a${String.fromCodePoint(code)}b`);
      const digits = code.toString(16);
      const expected = code <= 0xff ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`;
      expect(escaped).toBe(`a${expected}b`);
    }
  });

  it('cannot set a title, colour, move the cursor or split a line', () => {
    expect(escapeText('\x1b]0;owned\x07')).toBe('\\x1b]0;owned\\x07');
    expect(escapeText('\x1b[2J\x9b31m')).toBe('\\x1b[2J\\x9b31m');
    expect(escapeText('a\r\nb\u2028c')).toBe('a\\x0d\\x0ab\\u{2028}c');
  });

  it('keeps what people read: letters of any script, accents, signs and pictures', () => {
    const text = 'Linux 6.1-ünïcode ядро 内核 ‹€› 🐧 ~!@#$%^&*()\\';
    expect(escapeText(text)).toBe(text);
  });

  it('is safe whatever it was', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(unsafeIn(escapeText(text))).toEqual([]);
      }),
    );
  });
});

describe('text of several lines', () => {
  it('keeps its newlines and nothing else', () => {
    expect(escapeLines('a\x1b\nb\r\n\tc\n')).toBe('a\\x1b\nb\\x0d\n\\x09c\n');
  });

  it('is safe but for its newlines, as many as before', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const escaped = escapeLines(text);
        expect(unsafeIn(escaped, true)).toEqual([]);
        expect(escaped.split('\n').length).toBe(text.split('\n').length);
      }),
    );
  });
});

describe('a JSON document', () => {
  const documents = fc.dictionary(
    anyText,
    fc.oneof(anyText, fc.integer(), fc.boolean(), fc.constant(null), fc.array(anyText, { maxLength: 3 })),
  );

  it('has the same value when it is parsed', () => {
    fc.assert(
      fc.property(documents, (document) => {
        for (const json of [jsonText, jsonLine]) {
          expect(JSON.stringify(JSON.parse(json(document)))).toBe(JSON.stringify(document));
        }
      }),
    );
  });

  it('has no character that a terminal obeys, and ends in one newline', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const text = jsonText(document);
        expect(unsafeIn(text, true)).toEqual([]);
        expect(text).toMatch(/[^\n]\n$/);
      }),
    );
  });

  it('may be one line, which has no newline and no such character either', () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(unsafeIn(jsonLine(document))).toEqual([]);
      }),
    );
    expect(jsonLine({ a: ['\n\x9b'] })).toBe('{"a":["\\n\\u009b"]}');
  });

  it('has a character outside the first plane as two escapes', () => {
    expect(jsonText({ a: '\u{e0041}\u202e\x7f🐧' })).toBe('{\n  "a": "\\udb40\\udc41\\u202e\\u007f🐧"\n}\n');
  });

  it('has newlines in its text as escapes', () => {
    expect(jsonText(['a\nb'])).toBe('[\n  "a\\nb"\n]\n');
  });
});
