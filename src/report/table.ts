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
const SHORTEST_LAST_COLUMN = 16;

/** A table as text that fits the terminal, ending in a newline. */
export function table(contents: TableContents, terminal: Terminal): string {
  const widths = columnWidths(contents, terminal.width);
  return contents.rows.length > MANY_ROWS
    ? plainTable(contents, widths)
    : wrappedTable(contents, widths, terminal);
}

function columnWidths({ heading, rows, gap = 2 }: TableContents, width: number): number[] {
  const natural = heading.map((title, i) =>
    rows.reduce((most, row) => Math.max(most, (row[i] ?? '').length), title.length),
  );
  const last = natural.length - 1;
  const before = natural.slice(0, last).reduce((sum, n) => sum + n + gap, 0);
  natural[last] = Math.max(SHORTEST_LAST_COLUMN, Math.min(natural[last] as number, width - before));
  return natural;
}

function wrappedTable(contents: TableContents, widths: readonly number[], { chalk }: Terminal): string {
  const { gap = 2, right = [] } = contents;
  const last = widths.length - 1;
  const drawn = new Table({
    chars: { ...NO_LINES, middle: ' '.repeat(gap) },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    head: contents.heading.map((title) => chalk.bold(title)),
    colWidths: [...widths],
    colAligns: widths.map((_, i) => (right.includes(i) ? 'right' : 'left')),
    wordWrap: true,
    wrapOnWordBoundary: contents.rows.every(
      (row) => longestWord(row[last] ?? '') <= (widths[last] as number),
    ),
  });
  drawn.push(...contents.rows.map((row) => [...row]));
  return `${trimmed(drawn.toString())}\n`;
}

function longestWord(text: string): number {
  return text.split(' ').reduce((most, word) => Math.max(most, word.length), 0);
}

/** The same columns without wrapping, for long lists. */
function plainTable(
  { heading, rows, gap = 2, right = [] }: TableContents,
  widths: readonly number[],
): string {
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join(' '.repeat(gap));
  return `${trimmed([heading, ...rows].map(line).join('\n'))}\n`;
}

function trimmed(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
