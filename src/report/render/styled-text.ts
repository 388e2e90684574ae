import { escapeText } from '../escape.ts';
import type { Style, Text } from '../view.ts';

/** A part of a text that has a style, by its place in the text. */
interface StyledPart {
  readonly start: number;
  readonly end: number;
  readonly style: Style;
}

/** Text that is safe to print, and which parts of it have a style. */
export interface StyledText {
  readonly plain: string;
  readonly parts: readonly StyledPart[];
}

/** Shows a text in a style, with the codes of a terminal. */
export type Paint = (text: string, style: Style) => string;

/** Characters that are safe, and as wide as they are many. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/** What stands for a tab, by the column that it is at. */
export type ShowTab = (column: number) => string;

/** A view's text, escaped. This is the one place where text of a dump becomes text for a terminal. */
export function styled(text: Text, showTab: ShowTab = () => ' '): StyledText {
  if (typeof text === 'string') return { plain: safe(text), parts: [] };
  const parts: StyledPart[] = [];
  let plain = '';
  const add = (one: Text): void => {
    if (typeof one === 'string') plain += safe(one);
    else if ('tab' in one) plain += showTab(plain.length);
    else if ('style' in one) {
      const start = plain.length;
      plain += safe(one.text);
      parts.push({ start, end: plain.length, style: one.style });
    } else one.forEach(add);
  };
  add(text);
  return { plain, parts };
}

function safe(text: string): string {
  return PRINTABLE_ASCII.test(text) ? text : escapeText(text);
}

/** The characters of a text from `start` to `end`, painted. */
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
