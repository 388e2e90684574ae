import { escapeLines } from '../escape.ts';
import type { Block, Fact, Facts, Paragraph, Table, Text, Verbatim, View } from '../view.ts';
import { columnsOf } from './columns.ts';
import { breakLines } from './line-breaks.ts';
import type { Page } from './page.ts';
import { painter } from './paint.ts';
import { Ruler } from './ruler.ts';
import { shortTable } from './short-table.ts';
import { painted, styled } from './styled-text.ts';
import { tableRows } from './table-rows.ts';
import type { Terminal } from './terminal.ts';

/** Characters handed over at once: writing line by line would take longer than all else. */
const PIECE = 1 << 16;
/** Rows up to which cli-table3, whose time grows with the square of the rows, lays out a table that needs wrapping. */
const SHORT_TABLE = 300;

/**
 * A view as text for a terminal or a pipe, in pieces that end in a newline. It escapes what a terminal must not get, wraps
 * lines, lays out tables and colours. A table of a million rows is never held as a whole.
 */
export async function* renderText(view: View, terminal: Terminal): AsyncGenerator<string> {
  const { width, color, isTerminal } = terminal;
  const page = { width, isTerminal, ruler: new Ruler(), paint: await painter(color) };
  let piece = '';
  for (const block of view) {
    if (block.kind === 'verbatim') piece += isTerminal ? escapeLines(block.text) : block.text;
    else
      for (const line of await linesOf(block, page)) {
        piece += `${line}\n`;
        if (piece.length < PIECE) continue;
        yield piece;
        piece = '';
      }
  }
  if (piece !== '') yield piece;
}

function linesOf(block: Exclude<Block, Verbatim>, page: Page): Iterable<string> | Promise<Iterable<string>> {
  switch (block.kind) {
    case 'title':
      return [wholeLine(block.text, page)];
    case 'paragraph':
      return page.ruler.measured(() => paragraphLines(block, page));
    case 'facts':
      return page.ruler.measured(() => factLines(block, page));
    case 'lines':
      return wholeLines(block.lines, page);
    case 'table':
      return tableLines(block, page);
    case 'blank':
      return [''];
  }
}

function paragraphLines({ text, indent, hang }: Paragraph, { width, ruler, paint }: Page): string[] {
  const shown = styled(text);
  const room = { first: width - indent, rest: width - hang, cutWords: false };
  return breakLines(shown.plain, room, ruler).map(
    ({ start, end }, i) => ' '.repeat(i === 0 ? indent : hang) + painted(shown, start, end, paint),
  );
}

/** Blanks between a name and its value, at least. */
const FACT_GAP = 2;
/** Blanks before a fact that is a part of another one. */
const PART = 2;

function factLines(block: Facts, page: Page): string[] {
  return block.facts.flatMap((fact) => oneFact(fact, block, page));
}

function oneFact({ name, value, depth = 0 }: Fact, block: Facts, { width, ruler, paint }: Page): string[] {
  const [named, valued] = [styled(name), styled(value)];
  const before = ' '.repeat(block.indent + PART * depth);
  const used = before.length + ruler.widthOf(named.plain);
  const gap = Math.max(FACT_GAP, block.valueAt - used);
  const room = block.whole
    ? { first: Number.POSITIVE_INFINITY, rest: Number.POSITIVE_INFINITY, cutWords: false }
    : { first: width - used - gap, rest: width - block.valueAt, cutWords: false };
  const lines = breakLines(valued.plain, room, ruler).map(({ start, end }) =>
    painted(valued, start, end, paint),
  );
  const first = `${before}${painted(named, 0, named.plain.length, paint)}${' '.repeat(gap)}`;
  return lines.map((line, i) => `${i === 0 ? first : ' '.repeat(block.valueAt)}${line}`.trimEnd());
}

function* wholeLines(lines: Iterable<Text>, page: Page): Generator<string> {
  for (const line of lines) yield wholeLine(line, page);
}

/** Columns from one tab stop of a terminal to the next. */
const TAB_STOP = 8;

/** A tab moves the cursor of a terminal past what was there before, so that it gets blanks. */
function wholeLine(line: Text, { paint, isTerminal }: Page): string {
  const shown = styled(line, (column) => (isTerminal ? ' '.repeat(TAB_STOP - (column % TAB_STOP)) : '\t'));
  return painted(shown, 0, shown.plain.length, paint);
}

async function tableLines(table: Table, page: Page): Promise<Iterable<string>> {
  const { ruler, width } = page;
  const { columns, fit, rows } = await ruler.measured(() => columnsOf(table, width, ruler));
  return !fit && rows <= SHORT_TABLE ? shortTable(table, columns, page) : tableRows(table, columns, page);
}
