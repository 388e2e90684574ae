/**
 * Breaks a line at blanks so that no part is longer than `width`; parts after the first begin with `indent` blanks. A
 * word that is too long stays whole: an address or a key must be copied in one piece.
 */
export function wrap(text: string, width: number, indent: number): string {
  const words = text.split(' ');
  let line = words.shift() ?? '';
  const lines: string[] = [];
  for (const word of words) {
    if (line.length + 1 + word.length <= width || line.trim() === '') line += ` ${word}`;
    else {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    }
  }
  return [...lines, line].join('\n');
}
