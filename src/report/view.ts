/**
 * What a report shows people, as plain data: blocks in their order. A view is made from a report alone. It knows no terminal, no
 * width and no colour, and escapes nothing: all of that is up to the renderer of an output form (render/render-text.ts is
 * the one for terminals).
 */
export type View = Iterable<Block>;

export type Block = Title | Paragraph | Facts | Lines | Table | Verbatim | { readonly kind: 'blank' };

/** What a piece of text means, for a renderer to show. */
export type Style = 'strong' | 'bad' | 'good' | 'warning' | 'faint';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** A tab, which a string of a view cannot have: there it would be escaped. */
export const TAB = { tab: true } as const;

/** Text without line breaks, or the parts that it consists of. */
export type Text = string | Span | typeof TAB | readonly Text[];

/** What a view is about, on one line. */
export interface Title {
  readonly kind: 'title';
  readonly text: Text;
}

/** Text that is wrapped between words. */
export interface Paragraph {
  readonly kind: 'paragraph';
  readonly text: Text;
  /** Blanks before the first line. */
  readonly indent: number;
  /** Blanks before the lines after the first. */
  readonly hang: number;
}

/** Names and their values, in two columns. */
export interface Facts {
  readonly kind: 'facts';
  readonly facts: readonly Fact[];
  /** Blanks before the names. */
  readonly indent: number;
  /** Columns before the values; a name that is too long for that pushes its value to the right. */
  readonly valueAt: number;
  /** Whether each fact stays on one line, however long it is. */
  readonly whole: boolean;
}

export interface Fact {
  readonly name: Text;
  readonly value: Text;
  /** 1 for a part of the fact above it. */
  readonly depth?: number;
}

/** Lines that stay whole, however long they are, because people copy them or programs read them. */
export interface Lines {
  readonly kind: 'lines';
  readonly lines: Iterable<Text>;
}

/** Text of several lines that a script gets as it is, with whatever is in it. */
export interface Verbatim {
  readonly kind: 'verbatim';
  readonly text: string;
}

export interface Table {
  readonly kind: 'table';
  readonly columns: readonly Column[];
  /** Cells. A renderer goes through the rows twice: for the widths of the columns, and to draw them. */
  readonly rows: Iterable<readonly Text[]>;
  /** Blanks between columns. */
  readonly gap: number;
  /** Blanks before each line. */
  readonly indent: number;
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Columns that it takes at least. */
  readonly least?: number;
  /** Blanks before the lines after the first one of a cell that is wrapped. */
  readonly hang?: number;
}

export const BLANK: Block = { kind: 'blank' };

export function title(text: Text): Title {
  return { kind: 'title', text };
}

/** @param indent blanks before the first line; those after it have two more, or `hang` */
export function paragraph(text: Text, indent = 0, hang = indent + 2): Paragraph {
  return { kind: 'paragraph', text, indent, hang };
}

/** @param valueAt columns before the values */
export function facts(
  all: readonly Fact[],
  valueAt: number,
  { indent = 0, whole = false }: { readonly indent?: number; readonly whole?: boolean } = {},
): Facts {
  return { kind: 'facts', facts: all, indent, valueAt, whole };
}

export function lines(all: Iterable<Text>): Lines {
  return { kind: 'lines', lines: all };
}

/** @param text with its line breaks */
export function verbatim(text: string): Verbatim {
  return { kind: 'verbatim', text };
}

/** A column's title alone is a column of text. */
export function table(
  columns: readonly (string | Column)[],
  rows: Table['rows'],
  { gap = 2, indent = 0 }: { readonly gap?: number; readonly indent?: number } = {},
): Table {
  const all = columns.map((one) =>
    typeof one === 'string' ? ({ title: one, align: 'left' } as const) : one,
  );
  return { kind: 'table', columns: all, rows, gap, indent };
}

/** A column of numbers, which stand to the right. */
export function numbers(title: string): Column {
  return { title, align: 'right' };
}

export function strong(text: string): Span {
  return { text, style: 'strong' };
}

export function bad(text: string): Span {
  return { text, style: 'bad' };
}
