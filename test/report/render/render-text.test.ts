import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import {
  BLANK,
  bad,
  lines,
  paragraph,
  properties,
  type RichText,
  strong,
  table,
  title,
  type View,
} from '../../../src/report/view.ts';
import { textOf } from '../../support/text-of.ts';
import { ALL_UNSAFE, unsafeIn } from '../../support/unsafe.ts';

const linesOf = async (view: View, columns?: number) =>
  (await textOf(view, { columns })).split('\n').slice(0, -1);

describe('a view as text', () => {
  it('has its blocks in order, each on its own lines', async () => {
    const view = [title([strong('Linux'), ' (ELF)']), BLANK, paragraph('text'), lines(['a', ['b', 'c']])];
    expect(await textOf(view)).toBe('Linux (ELF)\n\ntext\na\nbc\n');
    expect(await textOf(view, { color: true })).toBe('\x1b[1mLinux\x1b[22m (ELF)\n\ntext\na\nbc\n');
    expect(await textOf([])).toBe('');
  });

  it('escapes hostile text in every block', async () => {
    const hostile = String.fromCodePoint(...[...ALL_UNSAFE].filter((code) => code < 0xd800 || code > 0xdfff));
    const all: RichText[] = [hostile, bad(hostile), ['x', [hostile]]];
    for (const text of all) {
      const view = [
        title(text),
        paragraph(text),
        properties([{ name: text, value: text }], 4),
        lines([text]),
        table(['A'], [[text]]),
      ];
      expect(unsafeIn(await textOf(view), true)).toEqual([]);
    }
  });

  it('comes in pieces', async () => {
    let most = 0;
    let made = 0;
    const view = [lines(Array.from({ length: 50_000 }, (_, i) => `line ${i}`))];
    const { renderText } = await import('../../../src/report/render/render-text.ts');
    for await (const piece of renderText(view, { color: false, width: 80, isTerminal: false })) {
      made += piece.length;
      most = Math.max(most, piece.length);
    }
    expect(made).toBeGreaterThan(500_000);
    expect(most).toBeLessThan(70_000);
  });
});

describe('a paragraph', () => {
  it('is wrapped between words, with a hanging indent', async () => {
    const words = 'words '.repeat(20).trim();
    expect(await linesOf([paragraph(words, 2)], 80)).toEqual([
      `  ${'words '.repeat(13).trim()}`,
      `    ${'words '.repeat(7).trim()}`,
    ]);
    expect((await linesOf([paragraph(words, 0, 7)], 80))[1]).toBe(`       ${'words '.repeat(7).trim()}`);
  });

  it('keeps words whole even if they are wider than a line', async () => {
    const key = 'K'.repeat(200);
    expect(await linesOf([paragraph(`a ${key} b`)], 80)).toEqual(['a', `  ${key}`, '  b']);
  });

  it('has its colours on each line', async () => {
    const text = await textOf([paragraph(['a '.repeat(39), bad('red text that is wrapped')])], {
      columns: 80,
      color: true,
    });
    expect(text.split('\n')[1]).toBe('  \x1b[31mred text that is wrapped\x1b[39m');
    const two = await textOf([paragraph(bad('red '.repeat(30).trim()))], { columns: 80, color: true });
    expect(two).toBe(
      `\x1b[31m${'red '.repeat(20).trim()}\x1b[39m\n  \x1b[31m${'red '.repeat(10).trim()}\x1b[39m\n`,
    );
  });

  it('is measured as a terminal shows it: Chinese characters, an emoji', async () => {
    const path = '/srv/写真/二〇二六年/🐧.jpg';
    const text = Array.from({ length: 12 }, () => path).join(' ');
    const shown = await linesOf([paragraph(text)], 80);
    expect(shown.length).toBeGreaterThan(3);
    for (const line of shown) expect(stringWidth(line)).toBeLessThanOrEqual(80);
    // One more word would not fit.
    for (const line of shown.slice(0, -1)) expect(stringWidth(`${line} ${path}`)).toBeGreaterThan(80);
  });

  it('has all of its words, in lines that fit', async () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'é', '字', '🐧'), minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 40 }), async (words) => {
        const shown = await linesOf([paragraph(words.join(' '), 2)], 80);
        expect(shown.map((line) => line.trim()).join(' ')).toBe(words.join(' '));
        for (const line of shown) expect(stringWidth(line)).toBeLessThanOrEqual(80);
      }),
    );
  });
});

describe('properties', () => {
  it('have their values wrapped in one column', async () => {
    const view = [
      properties(
        [
          { name: 'flags', value: 'a '.repeat(40).trim() },
          { name: 'inner', value: 'b', depth: 1 },
          { name: 'a name that is long', value: 'c' },
        ],
        12,
        { indent: 2 },
      ),
    ];
    expect(await linesOf(view, 80)).toEqual([
      `  flags     ${'a '.repeat(34).trim()}`,
      `            ${'a '.repeat(6).trim()}`,
      '    inner   b',
      '  a name that is long  c',
    ]);
  });

  it('stay on one line if that is asked for', async () => {
    const value = 'word '.repeat(40).trim();
    expect(await linesOf([properties([{ name: 'KEY', value }], 5, { whole: true })], 80)).toEqual([
      `KEY  ${value}`,
    ]);
  });
});

describe('a table with wide characters', () => {
  it('has aligned columns', async () => {
    const rows = [
      ['数据库', '1'],
      ['nginx', '2'],
      ['cafe\u0301', '3'],
      ['🐧', '4'],
    ];
    expect(await linesOf([table(['NAME', 'N'], rows)])).toEqual([
      'NAME    N',
      '数据库  1',
      'nginx   2',
      'cafe\u0301    3',
      '🐧      4',
    ]);
  });

  it('wraps a long name between characters', async () => {
    const name = `/${'写'.repeat(100)}`;
    const shown = await linesOf([table(['N', 'FILE'], [['1', name]])], 80);
    expect(shown.length).toBeGreaterThan(3);
    for (const line of shown) expect(stringWidth(line)).toBeLessThanOrEqual(80);
    expect(
      shown
        .slice(1)
        .map((line) => line.slice(3))
        .join(''),
    ).toBe(name);
  });
});
