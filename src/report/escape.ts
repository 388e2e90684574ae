/*
 * What must not reach a terminal from a dump or a file name: control characters (C0, DEL, C1), which can move the
 * cursor or set a title; bidi controls and line separators, which can reorder or split what is shown; and halves of
 * surrogate pairs. Characters that hide (zero width, fillers, variation selectors) count too.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu;

function escapeOne(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

/** Text from a dump, a file name or a message, made safe to print. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, escapeOne);
}

/** As escapeText, with the newlines left in place: for text of several lines. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeText).join('\n');
}

/** A JSON document on one or many lines in which nothing but plain text stands: the rest is \u escapes, still valid JSON. */
export function jsonText(document: unknown): string {
  return `${escapeJson(JSON.stringify(document, null, 2))}\n`;
}

/** The same on one line, without a newline at its end. */
export function jsonLine(document: unknown): string {
  return escapeJson(JSON.stringify(document));
}

/** Outside of strings JSON has no unsafe character but the newlines of its own layout, which are many. */
const UNSAFE_IN_JSON = new RegExp(`(?!\\n)${UNSAFE.source}`, 'gu');

export function escapeJson(text: string): string {
  return text.replace(UNSAFE_IN_JSON, unicodeEscapes);
}

function unicodeEscapes(character: string): string {
  return [...Array(character.length).keys()]
    .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
    .join('');
}
