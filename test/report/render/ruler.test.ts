import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { escapeText } from '../../../src/report/escape.ts';
import { Ruler } from '../../../src/report/render/ruler.ts';
import { widthOf } from '../../../src/report/render/wide-text.ts';

/** Returns a ruler that has loaded the module for wide characters. */
async function loadedRuler(): Promise<Ruler> {
  const ruler = new Ruler();
  await ruler.measured(() => ruler.widthOf('字'));
  return ruler;
}

describe('a ruler', () => {
  it.each([
    ['kworker/0:1', 11],
    ['café', 4],
    ['89–93', 5],
    // A letter and a combining accent.
    ['cafe\u0301', 4],
    ['数据库', 6],
    ['メモリ', 6],
    ['ﾒﾓﾘ', 3],
    ['한국어', 6],
    ['🐧', 2],
    // A thumb with a skin tone, and a flag of two letters.
    ['👍🏽', 2],
    ['🇫🇮', 2],
    ['日本語.txt', 10],
    ['नमस्ते', stringWidth('नमस्ते')],
  ])('measures %s', async (text, columns) => {
    const ruler = new Ruler();
    expect(await ruler.measured(() => ruler.widthOf(text))).toBe(columns);
  });

  it('measures text as string-width does', async () => {
    const ruler = await loadedRuler();
    const unit = fc.oneof(
      fc.constantFrom(...'aZ 字あア한ﾒé–¡゙゚〪！￥👍🏽🇫🇮①'),
      fc.integer({ min: 0x20, max: 0xffff }).map((code) => escapeText(String.fromCodePoint(code))),
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 20 }), (text) => {
        expect(ruler.widthOf(text)).toBe(stringWidth(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('has the right width for each character', () => {
    for (let code = 0x20; code <= 0xffff; code++) {
      const character = escapeText(String.fromCodePoint(code));
      const pair = `字${character}`;
      if (widthOf(pair) !== stringWidth(pair)) expect(pair).toBe(`not U+${code.toString(16)}`);
    }
  });

  it.each([
    ['abcdefg', 3, ['abc', 'def', 'g']],
    ['数据库x', 3, ['数', '据', '库x']],
    ['数据库', 1, ['数', '据', '库']],
    ['e\u0301e\u0301', 1, ['e\u0301', 'e\u0301']],
    ['👍🏽👍🏽a', 4, ['👍🏽👍🏽', 'a']],
  ])('cuts %s into pieces of %d columns, between characters', async (text, most, expected) => {
    const ruler = await loadedRuler();
    let at = 0;
    const pieces = [...ruler.pieces(text, most)].map(({ length, width }) => {
      const piece = text.slice(at, at + length);
      at += length;
      expect(width).toBe(stringWidth(piece));
      return piece;
    });
    expect(pieces).toEqual(expected);
  });

  it('lays text out once, and again if it is the first wide text', async () => {
    let rounds = 0;
    const ruler = new Ruler();
    const layOut = (text: string) =>
      ruler.measured(() => {
        rounds++;
        return ruler.widthOf(text);
      });
    expect([await layOut('abc'), rounds]).toEqual([3, 1]);
    expect([await layOut('数据库'), rounds]).toEqual([6, 3]);
    expect([await layOut('メモリ'), rounds]).toEqual([6, 4]);
  });
});
