/**
 * What a report shows people, as plain data: blocks in their order. A view is made from a report alone. It
 * does not know the terminal, its width or its colours, and it escapes nothing: all of that is up to the
 * renderer of an output form. render/render-text.ts renders text.
 */
export type View = Iterable<Block>;

export type Block = Title | Paragraph | Properties | Lines | Table | Verbatim | { readonly kind: 'blank' };

/**
 * What a piece of text means, for a renderer to show. A text says the same without it.
 *
 * - strong: a title, a heading, a name in front of its value
 * - bad: a panic, what the dump lacks (INCOMPLETE), a figure that another one contradicts
 * - good: a figure or a method that another one confirms
 * - warning: what may mislead: taint, what cannot be told, what is there twice
 * - faint: nothing to see: tables show a 0 and a - so by themselves
 */
export type Style = 'strong' | 'bad' | 'good' | 'warning' | 'faint' | LogStyle;

/** Parts of a line of the kernel log, and the levels that stand out. */
export type LogStyle =
  | 'logTime'
  | 'logSource'
  | 'logAlert'
  | 'logCritical'
  | 'logError'
  | 'logWarning'
  | 'logSegfault';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** A tab. In a string it would be escaped, because a string may come from a dump. */
export const TAB = { tab: true } as const;

/** Text without line breaks, or the parts that it consists of. */
export type RichText = string | Span | typeof TAB | Bar | readonly RichText[];

/** A cell that shows a figure as the length of a bar, as a share of the longest: from 0 to 1. */
export interface Bar {
  readonly bar: number;
}

/** What a view is about. */
export interface Title {
  readonly kind: 'title';
  readonly text: RichText;
}

/** Text that is wrapped between words. */
export interface Paragraph {
  readonly kind: 'paragraph';
  readonly text: RichText;
  /** Blanks before the first line. */
  readonly indent: number;
  /** Blanks before the other lines. */
  readonly hang: number;
}

/** Names and their values, in two columns. */
export interface Properties {
  readonly kind: 'properties';
  readonly properties: readonly Property[];
  /** Blanks before the names. */
  readonly indent: number;
  /** Columns before the values. A name that is too long pushes its own value to the right. */
  readonly valueAt: number;
  /** Whether each property stays on one line, however long it is. */
  readonly whole: boolean;
}

export interface Property {
  readonly name: RichText;
  readonly value: RichText;
  /** 1 for a part of the property above it. */
  readonly depth?: number;
}

/** Lines that are not wrapped, because people copy them or programs read them. */
export interface Lines {
  readonly kind: 'lines';
  readonly lines: Iterable<RichText>;
}

/** Text with its line breaks, which a script gets as it is. Only a terminal gets it escaped. */
export interface Verbatim {
  readonly kind: 'verbatim';
  readonly text: string;
}

export interface Table {
  readonly kind: 'table';
  readonly columns: readonly Column[];
  /** A renderer goes through them twice: to find the widths of the columns, and to draw them. */
  readonly rows: Iterable<readonly RichText[]>;
  /** Blanks between columns. */
  readonly gap: number;
  /** Blanks before each line. */
  readonly indent: number;
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Whether its numbers are names or places, such as a PID or an offset, so that 0 is nothing special. */
  readonly ordinal?: boolean;
  /** Its smallest width. */
  readonly least?: number;
  /** Blanks before the second and further lines of a cell that is wrapped. */
  readonly hang?: number;
  /**
   * If a narrow terminal has no room for the table, it goes without this column, before anything is wrapped:
   * without those of 1 first, then 2, and so on. A column without this stays.
   */
  readonly dropped?: number;
  /** Whether its cells are bars. A line that has no room for them goes without, however wide it is. */
  readonly bar?: true;
  /** Whether a cell that is too wide is cut instead of wrapped. */
  readonly cut?: true;
}

export const BLANK: Block = { kind: 'blank' };

export function title(text: RichText): Title {
  return { kind: 'title', text };
}

export function paragraph(text: RichText, indent = 0, hang = indent + 2): Paragraph {
  return { kind: 'paragraph', text, indent, hang };
}

export function properties(
  all: readonly Property[],
  valueAt: number,
  { indent = 0, whole = false }: { readonly indent?: number; readonly whole?: boolean } = {},
): Properties {
  return { kind: 'properties', properties: all, indent, valueAt, whole };
}

export function lines(all: Iterable<RichText>): Lines {
  return { kind: 'lines', lines: all };
}

export function verbatim(text: string): Verbatim {
  return { kind: 'verbatim', text };
}

/** A string stands for a column of text with that title. */
export function table(
  columns: readonly (string | Column)[],
  rows: Table['rows'],
  { gap = 2, indent = 0 }: { readonly gap?: number; readonly indent?: number } = {},
): Table {
  return { kind: 'table', columns: columns.map(columnOf), rows, gap, indent };
}

/** A column of numbers, which are aligned to the right. */
export function numbers(title: string): Column {
  return { title, align: 'right' };
}

/** A column of numbers that are names or places, such as a PID or an offset. */
export function ordinals(title: string): Column {
  return { title, align: 'right', ordinal: true };
}

/** A column that a narrow terminal goes without, in this order: 1 first. */
export function dropped(order: number, column: string | Column): Column {
  return { ...columnOf(column), dropped: order };
}

/** A column of bars, which is as wide as the line allows. */
export const BARS: Column = { title: '', align: 'left', bar: true };

function columnOf(column: string | Column): Column {
  return typeof column === 'string' ? { title: column, align: 'left' } : column;
}

export function strong(text: string): Span {
  return { text, style: 'strong' };
}

export function bad(text: string): Span {
  return { text, style: 'bad' };
}

export function good(text: string): Span {
  return { text, style: 'good' };
}

export function warning(text: string): Span {
  return { text, style: 'warning' };
}

export function faint(text: string): Span {
  return { text, style: 'faint' };
}
