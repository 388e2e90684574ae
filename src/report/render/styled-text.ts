import { escapeText } from '../escape.ts';
import type { RichText, Style } from '../view.ts';

/** A part of a text that has a style, by its position in the text. */
interface StyledPart {
  readonly start: number;
  readonly end: number;
  readonly style: Style;
}

/** Text that is safe to print, and the parts of it that have a style. */
export interface StyledText {
  readonly plain: string;
  readonly parts: readonly StyledPart[];
}

/** Adds the codes to a text that show it in a style. */
export type Paint = (text: string, style: Style) => string;

/** Returns what is shown for a tab in a column. */
export type ShowTab = (column: number) => string;

const PRINTABLE_ASCII = /^[ -~]*$/;

/** Escapes the text of a view. Text from a dump becomes text for a terminal here and nowhere else. */
export function styled(text: RichText, showTab: ShowTab = () => ' '): StyledText {
  if (typeof text === 'string') return { plain: safe(text), parts: [] };
  const made = { plain: '', parts: [] };
  add(made, text, showTab);
  return made;
}

function add(to: { plain: string; parts: StyledPart[] }, text: RichText, showTab: ShowTab): void {
  if (typeof text === 'string') to.plain += safe(text);
  else if ('tab' in text) to.plain += showTab(to.plain.length);
  // Only a column of bars has room for one (bars.ts).
  else if ('bar' in text) return;
  else if ('style' in text) {
    const start = to.plain.length;
    to.plain += safe(text.text);
    to.parts.push({ start, end: to.plain.length, style: text.style });
  } else for (const one of text) add(to, one, showTab);
}

function safe(text: string): string {
  return isPrintableAscii(text) ? text : escapeText(text);
}

/** Whether a text is safe to print, and each of its characters takes one column. */
export function isPrintableAscii(text: string): boolean {
  return PRINTABLE_ASCII.test(text);
}

/** Returns the characters of a text from `start` to `end`, painted. */
export function painted({ plain, parts }: StyledText, start: number, end: number, paint: Paint): string {
  let at = start;
  let shown = '';
  for (const part of parts) {
    const [from, to] = [Math.max(part.start, at), Math.min(part.end, end)];
    if (from >= to) continue;
    shown += plain.slice(at, from) + paint(plain.slice(from, to), part.style);
    at = to;
  }
  return shown + plain.slice(at, end);
}
