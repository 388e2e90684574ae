import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { examplesOf, outputOf } from '../.config/examples.ts';
import { PAGES, PARTS, pathOf, textOf, withDeclarations } from '../.config/pages.ts';
import { partsOf } from '../src/cli/documentation/generated-parts.ts';
import { anchorsOf, linksOf } from './support/markdown.ts';

describe('the README', () => {
  it('has at most 1,400 words, so that it is read', () => {
    const words = textOf('README.md')
      .split(/\s+/)
      .filter((word) => word !== '');
    expect(words.length).toBeLessThanOrEqual(1400);
  });
});

describe('the README and the pages that it leads to', () => {
  it.each(PAGES)('say what the declarations say; npm run readme renews them: %s', (page) => {
    expect(textOf(page)).toBe(withDeclarations(textOf(page)));
  });

  it('have every generated part once', () => {
    const found = PAGES.flatMap((page) => partsOf(textOf(page)));
    expect(found.toSorted()).toEqual([...PARTS.keys()].toSorted());
  });
});

describe('the examples of the README and the pages that it leads to', () => {
  const examples = PAGES.flatMap((page) => examplesOf(textOf(page)).map((example) => ({ page, ...example })));

  it('are found', () => {
    const shown = PAGES.flatMap((page) => textOf(page).match(/^```\n\$ /gm) ?? []);
    expect(examples.length).toBe(shown.length);
    const commands = examples.map(({ command }) => command.split(' ')[1]);
    expect(commands).toEqual(expect.arrayContaining(['pages', 'page', 'info', 'usage', 'layout']));
  });

  it.each(examples)('show what is printed; npm run readme renews them: $page, $command', async (example) => {
    expect(await outputOf(example)).toBe(example.output);
  });
});

describe('the links between the pages', () => {
  it.each(PAGES)('of %s lead to files and headings that exist', (page) => {
    const local = linksOf(textOf(page)).filter((to) => !/^(https?|mailto):/.test(to));
    expect(local.filter((to) => !leadsSomewhere(page, to))).toEqual([]);
  });

  it('reach every page of .github/docs from the README', () => {
    const linked = linksOf(textOf('README.md')).map((to) => to.replace(/#.*/, ''));
    const docs = PAGES.filter((page) => page.startsWith('.github/docs/'));
    const reached = linked.flatMap((page) => [page, ...linkedFrom(page)]);
    expect(docs.filter((page) => !reached.includes(page))).toEqual([]);
  });
});

function leadsSomewhere(page: string, to: string): boolean {
  const [path = '', anchor] = to.split('#');
  const target = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!existsSync(pathOf(target))) return false;
  return anchor === undefined || anchorsOf(textOf(target)).includes(anchor);
}

function linkedFrom(page: string): string[] {
  if (!PAGES.includes(page)) return [];
  return linksOf(textOf(page)).map((to) => posix.join(posix.dirname(page), to.replace(/#.*/, '')));
}
