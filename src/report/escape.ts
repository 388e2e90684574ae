/*
 * Characters that must not reach a terminal from a dump or a file name. Control characters (C0, DEL, C1) can
 * move the cursor or set a title. Bidi controls and line separators can reorder or split what is shown.
 * Invisible characters (zero width, fillers, variation selectors) and halves of surrogate pairs are unsafe,
 * too.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu;

function escapeOne(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

/** Makes text from a dump, a file name or a message safe to print. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, escapeOne);
}

/** Does the same with text of several lines, whose newlines stay. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeText).join('\n');
}

/** Returns a JSON document in which unsafe characters are \u escapes. It ends in a newline. */
export function jsonText(document: unknown): string {
  return `${escapeJson(JSON.stringify(document, null, 2))}\n`;
}

/** Returns the same on one line, without a newline at its end. */
export function jsonLine(document: unknown): string {
  return escapeJson(JSON.stringify(document));
}

/** Outside of strings, the only unsafe characters of JSON are the many newlines of its layout. */
const UNSAFE_IN_JSON = new RegExp(`(?!\\n)${UNSAFE.source}`, 'gu');

export function escapeJson(text: string): string {
  return text.replace(UNSAFE_IN_JSON, unicodeEscapes);
}

function unicodeEscapes(character: string): string {
  return [...Array(character.length).keys()]
    .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
    .join('');
}
