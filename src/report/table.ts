import Table from 'cli-table3';
import type { Terminal } from './terminal.ts';

/** Rows of text under a bold heading; columns are two blanks apart, and the last one wraps where the terminal ends. */
export interface TableContents {
  readonly heading: readonly string[];
  /** Gone through twice: for the widths of the columns, and to be drawn. */
  readonly rows: Iterable<readonly string[]>;
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
/** A longer table is for programs, and not wrapped, which would take minutes. */
const WRAPPED_ROWS = 20_000;

/** A table as text that fits the terminal, ending in a newline. */
export function table(contents: TableContents, terminal: Terminal): string {
  return [...tablePieces(contents, terminal)].join('');
}

/** The same in pieces of some hundred rows, for tables that may have a million of them. */
export function* tablePieces(contents: TableContents, terminal: Terminal): Generator<string> {
  const { natural, count } = naturalWidths(contents);
  const width = count > WRAPPED_ROWS ? Number.POSITIVE_INFINITY : terminal.width;
  const widths = columnWidths(natural, contents.gap ?? 2, width);
  const fits = natural.every((width, i) => width <= (widths[i] ?? 0));
  const draw = fits ? plainTable : wrappedTable;
  // Once at least, for a heading without rows may be too wide, too.
  let heading = contents.heading;
  for (const rows of inPieces(contents.rows)) {
    yield draw({ ...contents, heading, rows }, widths, terminal);
    heading = [];
  }
}

/** A table cut into such as are drawn at once; one without rows is one of them. */
function* inPieces(rows: TableContents['rows']): Generator<readonly (readonly string[])[]> {
  let piece: (readonly string[])[] = [];
  let isFirst = true;
  for (const row of rows) {
    piece.push(row);
    if (piece.length < MANY_ROWS) continue;
    yield piece;
    isFirst = false;
    piece = [];
  }
  if (piece.length > 0 || isFirst) yield piece;
}

/** As wide as the contents are, and how many rows. */
function naturalWidths({ heading, rows }: TableContents): { natural: number[]; count: number } {
  const widths = heading.map((title) => title.length);
  let count = 0;
  for (const row of rows) {
    count++;
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return { natural: widths, count };
}

/** Where that is too wide the last column gives way first, then the widest of the others. */
function columnWidths(natural: readonly number[], gap: number, width: number): number[] {
  const widths = [...natural];
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

/** A table whose rows are all there. */
type DrawnTable = TableContents & { readonly rows: readonly (readonly string[])[] };

function wrappedTable(contents: DrawnTable, widths: readonly number[], { color, bold }: Terminal): string {
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
function heightOf(contents: DrawnTable, widths: readonly number[], fits: boolean): number {
  return draw({ ...contents, rows: [] }, widths, fits).split('\n').length;
}

/** Without colours and without a newline at the end; words are kept whole if they all fit. */
function draw(
  { gap = 2, right = [], rows, heading }: DrawnTable,
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
function plainTable(contents: DrawnTable, widths: readonly number[], { bold }: Terminal): string {
  const { heading, rows, gap = 2, right = [] } = contents;
  const last = widths.length - 1;
  // Blanks at the end of a line would be taken away again, and one cell may be as long as a thousand others.
  const padding = (cell: string, i: number) =>
    i === last && !right.includes(i) ? '' : ' '.repeat(Math.max(0, (widths[i] ?? 0) - cell.length));
  const line = (row: readonly string[], style = (text: string) => text) =>
    row
      .map((cell, i) => (right.includes(i) ? padding(cell, i) + style(cell) : style(cell) + padding(cell, i)))
      .join(' '.repeat(gap));
  const headings = heading.length === 0 ? [] : [line(heading, bold)];
  return `${trimmed([...headings, ...rows.map((row) => line(row))].join('\n'))}\n`;
}

function trimmed(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
