/** What is generated in pages of documentation, by the name that its mark has. */
export type Parts = ReadonlyMap<string, string>;

/** A part between its marks. */
const PART = /^<!-- npm run readme writes: (?<name>.+) -->\n[\s\S]*?^<!-- end -->$/gm;

/** The names of the parts that a page has marks for, in their order. */
export function partsOf(page: string): string[] {
  return Array.from(page.matchAll(PART), ({ groups }) => groups?.name ?? '');
}

/** A page of Markdown with everything between its marks written anew. @throws Error if a part is unknown */
export function withParts(page: string, parts: Parts): string {
  return page.replace(PART, (_, name: string) => {
    const part = parts.get(name);
    if (part === undefined) throw new Error(`nothing is known of the part "${name}"`);
    return `<!-- npm run readme writes: ${name} -->\n\n${part}\n<!-- end -->`;
  });
}
