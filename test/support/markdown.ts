/** Pages of Markdown, as GitHub shows them. */

const FENCED = /^```[\s\S]*?^```$/gm;
const IN_CODE = /`[^`\n]*`/g;

/** Where the links and pictures of a page lead to, without those in code. */
export function linksOf(page: string): string[] {
  const text = page.replace(FENCED, '').replace(IN_CODE, '`code`');
  return Array.from(text.matchAll(/\]\(\s*<?([^)\s>]+)/g), ([, to = '']) => to);
}

/** The anchors of the headings of a page. */
export function anchorsOf(page: string): string[] {
  const seen = new Map<string, number>();
  const headings = Array.from(page.replace(FENCED, '').matchAll(/^#+ +(.+)$/gm), ([, text = '']) => text);
  return headings.map((heading) => {
    const anchor = anchorOf(heading);
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

/** Lower case, with hyphens for spaces, without the text of links and punctuation. */
function anchorOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').trim();
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-');
}
