/** A table of Markdown. @param head the titles of its columns */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** Code in a table cell, where | needs a backslash. */
export function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** Text in which only code between backticks is taken for Markdown. */
export function plain(text: string): string {
  const parts = text.split(/(`[^`]*`)/);
  return parts.map((part, i) => (i % 2 === 1 ? part : escaped(part))).join('');
}

function escaped(text: string): string {
  return text.replace(/[\\`*<[\]|]|^>/g, '\\$&');
}
