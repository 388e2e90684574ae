import type { Paragraph, Properties, Property, RichText } from '../view.ts';
import { breakLines, type LineWidths } from './line-breaks.ts';
import type { Page } from './page.ts';
import { painted, type StyledText, styled } from './styled-text.ts';

export function paragraphLines({ text, indent, hang }: Paragraph, page: Page): string[] {
  const widths = { first: page.width - indent, rest: page.width - hang, cutWords: false };
  const lines = wrapped(styled(text), widths, page);
  return lines.map((line, i) => ' '.repeat(i === 0 ? indent : hang) + line);
}

function wrapped(text: StyledText, widths: LineWidths, { ruler, paint }: Page): string[] {
  const lines = breakLines(text.plain, widths, ruler);
  return lines.map(({ start, end }) => painted(text, start, end, paint));
}

/** Blanks between a name and its value, at least. */
const GAP = 2;
/** Blanks before a property that is a part of another one. */
const PART_INDENT = 2;

export function propertyLines(block: Properties, page: Page): string[] {
  return block.properties.flatMap((property) => linesOfProperty(property, block, page));
}

function linesOfProperty(
  { name, value, depth = 0 }: Property,
  { indent, valueAt, whole }: Properties,
  page: Page,
): string[] {
  const before = ' '.repeat(indent + PART_INDENT * depth);
  const called = styled(name);
  const nameEnd = before.length + page.ruler.widthOf(called.plain);
  const start = Math.max(valueAt, nameEnd + GAP);
  const width = whole ? Number.POSITIVE_INFINITY : page.width;
  const lines = wrapped(
    styled(value),
    { first: width - start, rest: width - valueAt, cutWords: false },
    page,
  );
  const shownName = painted(called, 0, called.plain.length, page.paint);
  const first = `${before}${shownName}${' '.repeat(start - nameEnd)}`;
  return lines.map((line, i) => `${i === 0 ? first : ' '.repeat(valueAt)}${line}`.trimEnd());
}

export function* wholeLines(lines: Iterable<RichText>, page: Page): Generator<string> {
  for (const line of lines) yield wholeLine(line, page);
}

/** Columns from one tab stop of a terminal to the next. */
const TAB_STOP = 8;

/**
 * Renders a line that is not wrapped. A terminal gets blanks instead of a tab, which is a control character.
 */
export function wholeLine(line: RichText, { paint, isTerminal }: Page): string {
  const showTab = (column: number) => (isTerminal ? ' '.repeat(TAB_STOP - (column % TAB_STOP)) : '\t');
  const shown = styled(line, showTab);
  return painted(shown, 0, shown.plain.length, paint);
}
