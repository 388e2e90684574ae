import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText } from '../../src/report/escape.ts';
import { jsonPieces } from '../../src/report/json-pieces.ts';

const written = (document: unknown) => [...jsonPieces(document)].join('');

describe('a document written in pieces', () => {
  it('is the same as when it is written at once', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (document) => {
        expect(written(document)).toBe(jsonText(document));
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves out undefined members, and has null for undefined items', () => {
    const document = {
      ...{ a: undefined, list: [undefined, 1], empty: {}, none: [], b: { c: undefined } },
      ...{
        row: { d: undefined, e: 'two\nlines' },
        rows: [
          { f: 1, g: null },
          { h: undefined, i: {} },
        ],
      },
    };
    expect(written(document)).toBe(jsonText(document));
  });

  it('escapes unsafe characters', () => {
    const document = { 'k\x1b': ['\x9b\u202e\n', '\u{e0001}'] };
    expect(written(document)).toBe(jsonText(document));
    expect(written(document)).toMatch(/^[\n\x20-\x7e]*$/);
  });

  it('makes the items of a list one after the other, as they are written', () => {
    let made = 0;
    function* rows() {
      for (; made < 100_000; made++) yield { row: made };
    }
    const pieces = jsonPieces({ rows: rows() });
    expect(pieces.next().value).toMatch(/^\{\n {2}"rows": \[\n {4}\{\n {6}"row": 0\n/);
    expect(made).toBeLessThan(5000);
    const rest = [...pieces];
    expect(made).toBe(100_000);
    expect(rest.at(-1)).toMatch(/\n {2}\]\n\}\n$/);
    expect(Math.max(...rest.map((piece) => piece.length))).toBeLessThan(70_000);
  });
});
