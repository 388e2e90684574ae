import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../../src/cli/options/name-pattern.ts';

/** The same with a regular expression, which can take very long. */
const byExpression = (pattern: string, name: string) =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(
    name,
  );

const text = (alphabet: string, maxLength: number) =>
  fc.array(fc.constantFrom(...alphabet), { maxLength }).map((letters) => letters.join(''));

describe('a pattern of names', () => {
  it('matches what an equivalent regular expression matches', () => {
    fc.assert(
      fc.property(text('ab.*?', 8), text('ab.\n', 10), (pattern, name) => {
        expect(matchesPattern(pattern, name)).toBe(byExpression(pattern, name));
      }),
      { numRuns: 2000 },
    );
  });

  it('has no other special characters', () => {
    expect(matchesPattern('a.c+*', 'a.c+d')).toBe(true);
    expect(matchesPattern('a.c*', 'abc')).toBe(false);
    expect(matchesPattern('[ab]', 'a')).toBe(false);
  });

  it('is matched quickly however many * it has', () => {
    const name = 'a'.repeat(500);
    expect(matchesPattern(`${'?*'.repeat(200)}Q`, name)).toBe(false);
    expect(matchesPattern(`${'?*'.repeat(200)}Q`, `${name}Q`)).toBe(true);
    expect(matchesPattern(`${'*a'.repeat(501)}`, name)).toBe(false);
  });
});
