import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const VIEWS = new URL('../../../src/report/views/', import.meta.url);
const files = readdirSync(VIEWS);

describe('the views', () => {
  it('are found', () => {
    expect(files).toContain('pages-view.ts');
  });

  // They are data for any renderer, and only a renderer can see that all text is escaped.
  it.each(files)('escape, colour and lay out nothing: %s', (file) => {
    const text = readFileSync(new URL(file, VIEWS), 'utf8');
    const imports = Array.from(text.matchAll(/\bfrom '([^']+)'/g), ([, path]) => path ?? '');
    expect(imports.filter((path) => /\/render\/|\/escape\.ts$|^[^.]/.test(path))).toEqual([]);
  });
});
