import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Page } from '../../../src/report/render/page.ts';
import { Ruler } from '../../../src/report/render/ruler.ts';
import { shortTable } from '../../../src/report/render/short-table.ts';
import { tableRows } from '../../../src/report/render/table-rows.ts';
import {
  bad,
  dropped,
  numbers,
  ordinals,
  type RichText,
  type Table,
  table,
} from '../../../src/report/view.ts';
import { textOf } from '../../support/text-of.ts';

type Rows = readonly (readonly string[])[];

const linesOf = async (contents: Table, columns = 80) => (await textOf([contents], { columns })).split('\n');
const widest = (lines: readonly string[]) => lines.reduce((most, line) => Math.max(most, line.length), 0);
/** Returns the printed characters of texts, which are the same wherever lines are broken. */
const ink = (...texts: readonly string[]) => [...texts.join('').replace(/\s/g, '')].sort().join('');

async function fitsAndLosesNothing(titles: readonly string[], rows: Rows, columns = 80): Promise<void> {
  const lines = await linesOf(table(titles, rows), columns);
  expect(widest(lines)).toBeLessThanOrEqual(columns);
  expect(ink(...lines)).toBe(ink(...titles, ...rows.flat()));
}

describe('a table', () => {
  it('has columns two blanks apart, numbers to the right, and no blanks at line ends', async () => {
    const rows = [
      ['ZERO', '7', 'Pages filled with zero'],
      ['NON_PRI_CACHE', '123456', ''],
    ];
    expect(await textOf([table(['TYPE', numbers('PAGES'), 'DESCRIPTION'], rows)])).toBe(
      [
        'TYPE            PAGES  DESCRIPTION',
        'ZERO                7  Pages filled with zero',
        'NON_PRI_CACHE  123456',
        '',
      ].join('\n'),
    );
  });

  it('has another gap and an indent if that is asked for', async () => {
    expect(await linesOf(table(['A', 'B'], [['x', 'y']], { gap: 1 }))).toEqual(['A B', 'x y', '']);
    expect(await linesOf(table(['A', 'B'], [['x', 'y']], { indent: 2 }))).toEqual(['  A  B', '  x  y', '']);
  });

  it('may have no rows, or no heading', async () => {
    expect(await textOf([table(['A', 'B'], [])])).toBe('A  B\n');
    expect(await textOf([table(['', ''], [['x', 'y']])])).toBe('x  y\n');
  });

  it('escapes cells, and has columns as wide as the escaped text', async () => {
    expect(await linesOf(table(['A', 'B'], [['\x1b[2J', 'y']]))).toEqual(['A        B', '\\x1b[2J  y', '']);
  });

  it('has a bold heading, and cells with colours', async () => {
    const rows = [['x', bad('y')]];
    expect(await textOf([table(['A', 'B'], rows)], { color: true })).toBe(
      '\x1b[1mA\x1b[22m  \x1b[1mB\x1b[22m\nx  \x1b[31my\x1b[39m\n',
    );
    expect(await textOf([table(['A', 'B'], rows)])).toBe('A  B\nx  y\n');
  });

  it('has faint zeros and dashes, unless a number is a name or a place', async () => {
    const columns = [ordinals('PID'), numbers('RSS'), numbers('%'), 'OF'];
    const rows = [
      ['0', '0', '0.0', '-'],
      ['10', '0 B', '100', '-1'],
      [bad('0'), '>=0', '?', '0x0'],
    ];
    const faint = (text: string) => `\x1b[2m${text}\x1b[22m`;
    const lines = (await textOf([table(columns, rows)], { color: true })).split('\n').slice(1, -1);
    expect(lines).toEqual([
      `  0    ${faint('0')}  ${faint('0.0')}  ${faint('-')}`,
      ` 10  ${faint('0 B')}  100  -1`,
      `  \x1b[31m0\x1b[39m  >=0    ?  0x0`,
    ]);
    expect((await linesOf(table(columns, rows))).slice(1, -1)).toEqual([
      '  0    0  0.0  -',
      ' 10  0 B  100  -1',
      '  0  >=0    ?  0x0',
    ]);
  });

  it('is gone through twice', async () => {
    let rounds = 0;
    const rows = {
      *[Symbol.iterator]() {
        rounds++;
        for (let i = 0; i < 50_000; i++) yield [String(i), 'row'];
      },
    };
    expect(await linesOf(table([numbers('#'), 'NAME'], rows))).toHaveLength(50_002);
    expect(rounds).toBe(2);
  });
});

describe('a table of wide contents', () => {
  it('has a wrapped heading even without rows', async () => {
    await fitsAndLosesNothing(['A', 'several words '.repeat(8)], []);
  });

  it('has a bold heading on all of its lines', async () => {
    const contents = table(['A', 'SEVERAL WORDS '.repeat(8).trim()], [['x', 'y'.repeat(70)]]);
    const lines = (await textOf([contents], { columns: 80, color: true })).split('\n');
    const bold = lines.filter((line) => line.includes('\x1b[1m'));
    expect(bold.length).toBeGreaterThan(1);
    expect(bold.every((line) => line.includes('SEVERAL WORDS'))).toBe(true);
    expect(lines).toContain(`x  ${'y'.repeat(70)}`);
  });

  it('wraps its last column between words', async () => {
    const reason =
      'every page of the direct map was walked and each one was where it should be, so it is believed';
    const lines = await linesOf(table(['VERDICT', 'REASON'], [['believed', reason]]));
    expect(widest(lines)).toBeLessThanOrEqual(80);
    const wrapped = lines.slice(1, -1);
    expect(wrapped.length).toBeGreaterThan(1);
    expect(wrapped.slice(1).every((line) => /^ {10}\S/.test(line))).toBe(true);
    expect(wrapped.map((line) => line.slice(10)).join(' ')).toBe(reason);
  });

  it('cuts a word only if it is wider than its column', async () => {
    const long = 'z'.repeat(100);
    const lines = await linesOf(table(['A', 'B'], [['x', `some words, then ${long} and more`]]));
    expect(lines.slice(1, -1).map((line) => line.slice(3))).toEqual([
      'some words, then',
      'z'.repeat(77),
      `${'z'.repeat(23)} and more`,
    ]);
  });

  it('fits with any last column, and loses nothing', async () => {
    const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019_.{}%…'), minLength: 1, maxLength: 120 });
    const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
    const row = fc.tuple(fc.constantFrom('', 'believed', 'refuted'), text);
    const rows = fc.array(row, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom(80, 81, 133), (list, columns) =>
        fitsAndLosesNothing(['VERDICT', 'REASON'], list, columns),
      ),
    );
  });

  it('fits if the other columns leave no width for the last one', async () => {
    const wide = '0xffffffffffffffff';
    const titles = ['#', 'VIRTUAL', 'PHYSICAL', 'SIZE', 'STORED', 'OFFSET', 'REGION'];
    await fitsAndLosesNothing(titles, [
      ['65999', wide, '0xfffffffffffff', '4096 TiB', '4096 TiB cut', wide, 'vmemmap of all memory'],
    ]);
  });

  it('fits if one column before the last is wider than the terminal', async () => {
    await fitsAndLosesNothing(['A', 'B'], [['x'.repeat(200), 'some words']]);
  });

  it('is wrapped, however many rows it has', async () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => [
      String(i),
      i === 500 ? 'words '.repeat(40).trim() : 'direct map',
    ]);
    await fitsAndLosesNothing(['#', 'REGION'], rows);
  });
});

describe('a table on a narrow terminal', () => {
  const rows = [
    ['NON_PRI_CACHE', '123456', 'yes', 'Cache pages without private flag'],
    ['ZERO', '7', 'yes', 'Pages filled with zero'],
  ];
  const columns = ['TYPE', numbers('PAGES'), dropped(2, 'EXCLUDABLE'), dropped(1, 'DESCRIPTION')];
  const shownAt = (width: number) => linesOf(table(columns, rows, { gap: 1 }), width);

  it('keeps what can be dropped if it fits', async () => {
    const lines = await shownAt(64);
    expect(lines[0]).toBe('TYPE           PAGES EXCLUDABLE DESCRIPTION');
    expect(lines[1]).toBe('NON_PRI_CACHE 123456 yes        Cache pages without private flag');
  });

  it('goes without columns in their order', async () => {
    expect(await shownAt(63)).toEqual([
      'TYPE           PAGES EXCLUDABLE',
      'NON_PRI_CACHE 123456 yes',
      'ZERO               7 yes',
      '',
    ]);
    expect(await shownAt(31)).toEqual(await shownAt(63));
    expect(await shownAt(30)).toEqual([
      'TYPE           PAGES',
      'NON_PRI_CACHE 123456',
      'ZERO               7',
      '',
    ]);
  });

  it('has each cell on a line of its own if an address would be cut in two', async () => {
    const address = '0xffff94fd40000000';
    const cells = [
      ['believed', 'kallsyms', address, 'a reason of some words'],
      ['agrees', '', address, 'none'],
    ];
    expect(await linesOf(table(['VERDICT', 'SOURCE', 'VALUE', 'REASON'], cells), 30)).toEqual([
      'VERDICT  believed',
      'SOURCE   kallsyms',
      `VALUE    ${address}`,
      'REASON   a reason of some',
      '         words',
      '',
      'VERDICT  agrees',
      `VALUE    ${address}`,
      'REASON   none',
      '',
    ]);
  });

  it('is wrapped from 80 columns on', async () => {
    const long = [['NON_PRI_CACHE', '1', 'yes', 'word '.repeat(30).trim()]];
    const wrapped = await linesOf(table(columns, long), 80);
    expect(wrapped.length).toBeGreaterThan(4);
    expect(await linesOf(table(columns, long), 79)).toHaveLength(3);
  });
});

describe('a column that is cut', () => {
  const columns = [
    numbers('PID'),
    dropped(1, 'START'),
    { title: 'COMMAND', align: 'left', cut: true } as const,
  ];
  const long = `/bin/${'x'.repeat(100)} -v`;
  const rowsAt = async (command: string, width: number, count = 1) =>
    linesOf(table(columns, Array<string[]>(count).fill(['7', '12:34', command]), { gap: 1 }), width);

  it('is whole in a pipe', async () => {
    expect(await textOf([table(columns, [['7', '12:34', long]])])).toContain(long);
  });

  // Few rows are laid out by cli-table3 if they do not fit, many are not.
  it.each([1, 2000])('has the beginning of each cell in one line (%d rows)', async (count) => {
    for (const width of [80, 100]) {
      const lines = await rowsAt(long, width, count);
      expect(lines).toHaveLength(count + 2);
      expect(lines[1]).toBe(`  7 12:34 ${long}`.slice(0, width));
    }
  });

  it('has as much room as a narrow line leaves, and no other column goes for the rest of it', async () => {
    expect((await rowsAt(long, 40))[1]).toBe(`  7 12:34 ${long}`.slice(0, 40));
    expect((await rowsAt(long, 20))[1]).toBe(`  7 ${long}`.slice(0, 20));
  });

  it('is cut between characters, and escaped before', async () => {
    expect((await rowsAt('字'.repeat(60), 81))[1]).toBe(`  7 12:34 ${'字'.repeat(35)}`);
    expect((await rowsAt('\x1b'.repeat(60), 80))[1]).toBe(`  7 12:34 ${'\\x1b'.repeat(18)}`.slice(0, 80));
  });
});

describe('the two ways to lay out a table', () => {
  const cell = fc.string({
    unit: fc.constantFrom('x', 'y', ' ', '字', 'é', '–'),
    maxLength: 60,
    size: 'max',
  });
  const shapes = fc.record({
    rows: fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 4 }),
    widths: fc.array(fc.integer({ min: 2, max: 30 }), { minLength: 3, maxLength: 3 }),
    right: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    hang: fc.constantFrom(0, 4),
    cut: fc.boolean(),
    gap: fc.constantFrom(1, 2),
    indent: fc.constantFrom(0, 2),
    isBad: fc.boolean(),
    color: fc.boolean(),
  });

  it('give the same lines', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ rows, widths, right, hang, cut, gap, indent, isBad, color }) => {
        const titles = ['NAME', 'OBJECTS', 'A DESCRIPTION'];
        const columns = titles.map((title, i) => (right[i] ? numbers(title) : title));
        const fitted = table(columns, []).columns.map(({ align }, i) => ({
          align,
          hang,
          cut,
          width: widths[i] ?? 2,
        }));
        const cells: RichText[][] = rows.map((row) => row.map((text) => (isBad ? bad(text) : text)));
        const contents = table(columns, cells, { gap, indent });
        const page: Page = {
          width: 80,
          isTerminal: false,
          ruler: new Ruler(),
          paint: (text, style) =>
            color ? `\x1b[${style === 'bad' ? 31 : 1}m${text}\x1b[${style === 'bad' ? 39 : 22}m` : text,
        };
        await page.ruler.measured(() => page.ruler.widthOf('字'));
        expect(await shortTable(contents, fitted, page)).toEqual([...tableRows(contents, fitted, page)]);
      }),
    );
  });
});
