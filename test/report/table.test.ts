import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TableContents, table } from '../../src/report/table.ts';
import { terminal } from '../../src/report/terminal.ts';

const PIPE = terminal(false, undefined);
const linesOf = (contents: TableContents, on = PIPE) => table(contents, on).split('\n');
const widest = (lines: readonly string[]) => Math.max(...lines.map((line) => line.length));
/** What is printed of a text: neither lost nor added to, wherever lines were broken. */
const ink = (...texts: readonly string[]) => [...texts.join('').replace(/\s/g, '')].sort().join('');

function fitsAndLosesNothing(contents: TableContents, on = PIPE): void {
  const lines = linesOf(contents, on);
  expect(widest(lines)).toBeLessThanOrEqual(on.width);
  expect(ink(...lines)).toBe(ink(...contents.heading, ...[...contents.rows].flat()));
}

describe('a table', () => {
  it('has a heading and rows in columns two blanks apart, numbers to the right, and no blanks at line ends', () => {
    const contents = {
      heading: ['TYPE', 'PAGES', 'DESCRIPTION'],
      rows: [
        ['ZERO', '7', 'Pages filled with zero'],
        ['NON_PRI_CACHE', '123456', ''],
      ],
      right: [1],
    };
    expect(table(contents, PIPE)).toBe(
      [
        'TYPE            PAGES  DESCRIPTION',
        'ZERO                7  Pages filled with zero',
        'NON_PRI_CACHE  123456',
        '',
      ].join('\n'),
    );
  });

  it('has columns one blank apart where that is asked for', () => {
    expect(linesOf({ heading: ['A', 'B'], rows: [['x', 'y']], gap: 1 })[1]).toBe('x y');
  });

  it('is its heading alone when it has no rows', () => {
    expect(table({ heading: ['A', 'B'], rows: [] }, PIPE)).toBe('A  B\n');
  });

  it('has its heading bold and nothing else coloured, on a terminal with colours', () => {
    const coloured = table({ heading: ['A', 'B'], rows: [['x', 'y']] }, terminal(true, 80));
    expect(coloured).toBe('\x1b[1mA\x1b[22m  \x1b[1mB\x1b[22m\nx  y\n');
  });

  it('has the same text with colours as without, wherever its heading and its words are broken', () => {
    const cell = fc.string({ unit: fc.constantFrom('x', 'y', ' '), maxLength: 60, size: 'max' });
    const row = fc.tuple(fc.constant('a'), cell, cell, cell);
    const shapes = fc.record({ rows: fc.array(row, { maxLength: 4 }), right: fc.subarray([0, 1, 2, 3]) });
    fc.assert(
      fc.property(shapes, ({ rows, right }) => {
        const contents = { heading: ['NAME', 'OBJECTS', 'A DESCRIPTION', 'SIZE'], rows, right };
        const coloured = table(contents, terminal(true, 80));
        const plain = coloured.replaceAll('\x1b[1m', '').replaceAll('\x1b[22m', '');
        expect(plain).toBe(table(contents, PIPE));
        expect(coloured).toContain('\x1b[1mNAME\x1b[22m');
      }),
    );
  });

  it('has all lines of a heading bold that is wrapped itself', () => {
    const contents = { heading: ['A', 'SEVERAL WORDS '.repeat(8).trim()], rows: [['x', 'y'.repeat(70)]] };
    const lines = linesOf(contents, terminal(true, 80));
    const bold = lines.filter((line) => line.includes('\x1b[1m'));
    expect(bold.length).toBeGreaterThan(1);
    expect(bold.every((line) => line.includes('SEVERAL WORDS'))).toBe(true);
    expect(lines).toContain(`x  ${'y'.repeat(70)}`);
  });
});

describe('a table of wide contents', () => {
  it('has its heading, wrapped, when it has no rows', () => {
    fitsAndLosesNothing({ heading: ['A', 'several words '.repeat(8)], rows: [] });
  });

  it('wraps its last column between words, under itself', () => {
    const reason =
      'every page of the direct map was walked and each one was where it should be, so it is believed';
    const lines = linesOf({ heading: ['VERDICT', 'REASON'], rows: [['believed', reason]] });
    expect(widest(lines)).toBeLessThanOrEqual(80);
    const wrapped = lines.slice(1, -1);
    expect(wrapped.length).toBeGreaterThan(1);
    expect(wrapped.slice(1).every((line) => /^ {10}\S/.test(line))).toBe(true);
    expect(wrapped.map((line) => line.slice(10)).join(' ')).toBe(reason);
  });

  it('wraps words that are longer than a line', () => {
    fitsAndLosesNothing({ heading: ['A', 'B'], rows: [['x', 'z'.repeat(500)]] });
    fitsAndLosesNothing({
      heading: ['A', 'B'],
      rows: [['x', `some words, then ${'z'.repeat(500)} and more`]],
    });
  });

  it('fits any last column and loses nothing of it', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019_.{}%…'), minLength: 1, maxLength: 120 });
    const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
    const rows = fc.array(fc.tuple(fc.constantFrom('', 'believed', 'refuted'), text), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(rows, fc.constantFrom(80, 81, 133), (list, columns) => {
        const on = terminal(false, columns);
        fitsAndLosesNothing({ heading: ['VERDICT', 'REASON'], rows: list }, on);
      }),
    );
  });

  it('fits where the columns before the last one leave it no room', () => {
    const wide = '0xffffffffffffffff';
    const heading = ['#', 'VIRTUAL', 'PHYSICAL', 'SIZE', 'STORED', 'OFFSET', 'REGION'];
    const rows = [
      ['65999', wide, '0xfffffffffffff', '4096 TiB', '4096 TiB cut', wide, 'vmemmap of all memory'],
    ];
    fitsAndLosesNothing({ heading, rows, right: [0, 3], gap: 1 });
  });

  it('fits where one column before the last one is wider than the terminal', () => {
    fitsAndLosesNothing({ heading: ['A', 'B'], rows: [['x'.repeat(200), 'some words']] });
  });
});

describe('a table of more than 300 rows', () => {
  const many = (last: (i: number) => string): TableContents => ({
    heading: ['#', 'NAME', 'REASON'],
    rows: Array.from({ length: 1000 }, (_, i) => [String(i), 'segment', last(i)]),
    right: [0],
  });

  it('has the columns that fewer rows have', () => {
    const few = { ...many(() => 'direct map'), rows: [...many(() => 'direct map').rows].slice(0, 200) };
    const lines = linesOf(many(() => 'direct map'));
    expect(lines).toHaveLength(1002);
    expect(lines[0]).toBe('  #  NAME     REASON');
    expect(lines[8]).toBe('  7  segment  direct map');
    expect(lines.slice(0, 201)).toEqual(linesOf(few).slice(0, 201));
  });

  it('fits too, and loses nothing', () => {
    fitsAndLosesNothing(many((i) => (i === 500 ? 'words '.repeat(40).trim() : 'direct map')));
    fitsAndLosesNothing(many((i) => (i === 500 ? 'z'.repeat(200) : 'direct map')));
  });
});

describe('the width of a terminal', () => {
  it('is its own, and 80 for a pipe and for a terminal that does not know its own', () => {
    expect(terminal(false, 132).width).toBe(132);
    expect(terminal(false, undefined).width).toBe(80);
    expect(terminal(false, 0).width).toBe(80);
  });
});
