import Table from 'cli-table3';
import type { Terminal } from './terminal.ts';

/** Rows of text under a bold heading; columns are two blanks apart, and the last one wraps where the terminal ends. */
export interface TableContents {
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Indexes of the columns that hold numbers. */
  readonly right?: readonly number[];
  /** Blanks between columns. */
  readonly gap?: number;
}

const NO_LINES = {
  ...{
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
  },
  ...{ 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
};
/** From here on cli-table3 takes seconds, for its layout grows with the square of the rows. */
const MANY_ROWS = 300;
const SHORTEST_COLUMN = 16;

/** A table as text that fits the terminal, ending in a newline. */
export function table(contents: TableContents, terminal: Terminal): string {
  const widths = columnWidths(contents, terminal.width);
  const { heading, rows } = contents;
  const fits = [heading, ...rows].every((row) => row.every((cell, i) => cell.length <= (widths[i] ?? 0)));
  if (fits) return plainTable(contents, widths, terminal);
  const pieces: string[] = [];
  // Once at least, for a heading without rows may be too wide, too.
  for (let at = 0; at === 0 || at < rows.length; at += MANY_ROWS) {
    const piece = { ...contents, heading: at === 0 ? heading : [], rows: rows.slice(at, at + MANY_ROWS) };
    pieces.push(wrappedTable(piece, widths, terminal));
  }
  return pieces.join('');
}

/** As wide as the contents are; where that is too wide the last column gives way first, then the widest of the others. */
function columnWidths({ heading, rows, gap = 2 }: TableContents, width: number): number[] {
  const widths = heading.map((title, i) =>
    rows.reduce((most, row) => Math.max(most, (row[i] ?? '').length), title.length),
  );
  const last = widths.length - 1;
  const over = () => widths.reduce((sum, n) => sum + n, last * gap) - width;
  const shrink = (i: number) => {
    widths[i] = Math.max(
      Math.min(SHORTEST_COLUMN, widths[i] as number),
      (widths[i] as number) - Math.max(0, over()),
    );
  };
  shrink(last);
  while (over() > 0) {
    const widest = widths.indexOf(widths.reduce((most, n) => Math.max(most, n), 0));
    if ((widths[widest] as number) <= SHORTEST_COLUMN) break;
    shrink(widest);
  }
  for (let i = 0; over() > 0 && i <= last; i++) widths[i] = Math.max(1, (widths[i] as number) - over());
  return widths;
}

function wrappedTable(contents: TableContents, widths: readonly number[], { color, bold }: Terminal): string {
  const { heading, rows } = contents;
  const fits = [heading, ...rows].every((row) =>
    row.every((cell, i) => longestWord(cell) <= (widths[i] ?? 0)),
  );
  const lines = draw(contents, widths, fits).split('\n');
  // Drawn with its colours, a heading that is wrapped in the midst of a word would be cut in the midst of a colour's code.
  const height = color && heading.length > 0 ? heightOf(contents, widths, fits) : 0;
  const coloured = lines
    .slice(0, height)
    .map((line) => line.replace(/[^ ]+(?: [^ ]+)*/g, (title) => bold(title)));
  return `${[...coloured, ...lines.slice(height)].join('\n')}\n`;
}

/** Lines of the heading. */
function heightOf(contents: TableContents, widths: readonly number[], fits: boolean): number {
  return draw({ ...contents, rows: [] }, widths, fits).split('\n').length;
}

/** Without colours and without a newline at the end; words are kept whole if they all fit. */
function draw(
  { gap = 2, right = [], rows, heading }: TableContents,
  widths: readonly number[],
  fits: boolean,
): string {
  const drawn = new Table({
    chars: { ...NO_LINES, middle: ' '.repeat(gap) },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    head: [...heading],
    colWidths: [...widths],
    colAligns: widths.map((_, i) => (right.includes(i) ? 'right' : 'left')),
    wordWrap: true,
    wrapOnWordBoundary: fits,
  });
  for (const row of rows) drawn.push([...row]);
  return trimmed(drawn.toString());
}

function longestWord(text: string): number {
  return text.split(' ').reduce((most, word) => Math.max(most, word.length), 0);
}

/** The same columns for contents that need no wrapping, as most: cli-table3 takes milliseconds to load and to draw them. */
function plainTable(contents: TableContents, widths: readonly number[], { bold }: Terminal): string {
  const { heading, rows, gap = 2, right = [] } = contents;
  const padding = (cell: string, i: number) => ' '.repeat(Math.max(0, (widths[i] ?? 0) - cell.length));
  const line = (row: readonly string[], style = (text: string) => text) =>
    row
      .map((cell, i) => (right.includes(i) ? padding(cell, i) + style(cell) : style(cell) + padding(cell, i)))
      .join(' '.repeat(gap));
  return `${trimmed([line(heading, bold), ...rows.map((row) => line(row))].join('\n'))}\n`;
}

function trimmed(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
