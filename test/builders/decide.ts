import { Vmcoreinfo } from '../../src/kernel/vmcoreinfo/vmcoreinfo.ts';
import { decide, pagesDecided, RULES } from '../../src/pages/classify/rules.ts';
import { type PageKeys, pageKeys } from '../../src/pages/struct-pages/page-keys.ts';
import type { KeyChanges } from './kernel-keys.ts';
import type { Shape } from './kernel-shapes.ts';
import { type PageSpec, pageWords } from './struct-page.ts';

/** What decides on pages of a shape, with its keys changed as given. */
export function keysOf(shape: Shape, asMakedumpfile = false, changes: KeyChanges = {}): PageKeys {
  const lines = Object.entries({ ...shape.keys, ...changes }).filter(([, value]) => value !== null);
  const text = lines.map(([key, value]) => `${key}=${value}\n`).join('');
  return pageKeys(new Vmcoreinfo({ text, source: 'test' }), asMakedumpfile);
}

export interface Decision {
  readonly rule: string;
  /** How many pages the verdict covers. */
  readonly pages: number;
}

/** The decision on the first of `pages`. */
export function decisionOn(
  shape: Shape,
  pages: Iterable<[number, PageSpec]>,
  keys = keysOf(shape),
): Decision {
  const specs = new Map(pages);
  const [pfn = 0] = specs.keys();
  const words = pageWords(shape, pfn, 1, specs);
  const rule = decide(words, 0, keys);
  return { rule: RULES[rule]?.name ?? '', pages: pagesDecided(words, 0, pfn, rule, keys) };
}
