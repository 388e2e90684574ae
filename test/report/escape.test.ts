import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeLines, escapeText, jsonLine, jsonText } from '../../src/report/escape.ts';
import { ALL_UNSAFE, UNSAFE, unsafeIn } from '../support/unsafe.ts';

/** Any text of UTF-16 units, often with halves of pairs and control characters. */
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
  it.each(UNSAFE)('has none of these: %s', (_, codes) => {
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

  it('is safe, whatever it was before', () => {
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

  it('is safe except for its newlines, which are as many as before', () => {
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

  it('has no control character, and ends in one newline', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const text = jsonText(document);
        expect(unsafeIn(text, true)).toEqual([]);
        expect(text).toMatch(/[^\n]\n$/);
      }),
    );
  });

  it('may be one line, without a newline and without control characters', () => {
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
