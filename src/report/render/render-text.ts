import { escapeLines } from '../escape.ts';
import { type Block, paragraph, type Table, type View } from '../view.ts';
import { withBars } from './bars.ts';
import { paragraphLines, propertyLines, wholeLines } from './block-lines.ts';
import { fitTable } from './columns.ts';
import type { Page } from './page.ts';
import { painter } from './paint.ts';
import { Ruler } from './ruler.ts';
import { shortTable } from './short-table.ts';
import { stackedRows } from './stacked-rows.ts';
import { tableRows } from './table-rows.ts';
import type { Terminal } from './terminal.ts';

/** Characters per piece. To write line by line would take longer than everything else. */
const PIECE = 1 << 16;
/** Rows of a table that cli-table3 lays out if it needs wrapping: a screenful. It takes 0.75 ms per line. */
const SHORT_TABLE = 32;

/**
 * Renders a view for a terminal, a pipe or a file: escapes what a terminal must not get, wraps lines, lays
 * out tables and colours. Yields it in pieces. A table of a million rows is never held as a whole.
 */
export async function* renderText(view: View, terminal: Terminal): AsyncGenerator<string> {
  const page = { ...terminal, ruler: new Ruler(), paint: await painter(terminal.color) };
  let piece = '';
  for (const block of view) {
    const end = block.kind === 'verbatim' ? '' : '\n';
    for (const line of await linesOf(block, page)) {
      piece += line + end;
      if (piece.length < PIECE) continue;
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}

function linesOf(block: Block, page: Page): Iterable<string> | Promise<Iterable<string>> {
  switch (block.kind) {
    case 'title':
      return page.ruler.measured(() => paragraphLines(paragraph(block.text), page));
    case 'paragraph':
      return page.ruler.measured(() => paragraphLines(block, page));
    case 'properties':
      return page.ruler.measured(() => propertyLines(block, page));
    case 'lines':
      return wholeLines(block.lines, page);
    case 'table':
      return tableLines(block, page);
    case 'verbatim':
      return [page.isTerminal ? escapeLines(block.text) : block.text];
    case 'blank':
      return [''];
  }
}

async function tableLines(table: Table, page: Page): Promise<Iterable<string>> {
  const { ruler, width } = page;
  const { shown, columns, fit, rows, isTooNarrow } = await ruler.measured(() =>
    fitTable(withBars(table, width, ruler), width, ruler),
  );
  if (isTooNarrow) return stackedRows(shown, page);
  // The string-width that cli-table3 uses does not know newer emoji.
  const isShort = rows <= SHORT_TABLE && ruler.isNarrow;
  return !fit && isShort ? shortTable(shown, columns, page) : tableRows(shown, columns, page);
}
