import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lru } from '../../src/bytes/lru.ts';

/** A cache of the names of numbers that notes which names were made. */
function namesOf(capacity: number): {
  cache: Lru<number, string>;
  ask: (key: number) => string;
  made: number[];
} {
  const cache = new Lru<number, string>(capacity);
  const made: number[] = [];
  const ask = (key: number) =>
    cache.get(key, () => {
      made.push(key);
      return `name of ${key}`;
    });
  return { cache, ask, made };
}

describe('a bounded cache', () => {
  it('makes a value once and then returns the same one', () => {
    const { ask, made } = namesOf(2);
    expect([ask(1), ask(1), ask(1)]).toEqual(['name of 1', 'name of 1', 'name of 1']);
    expect(made).toEqual([1]);
  });

  it('drops the entry that was not used for the longest time', () => {
    const { ask, made } = namesOf(2);
    for (const key of [1, 2, 1, 3, 1, 2]) ask(key);
    expect(made).toEqual([1, 2, 3, 2]);
  });

  it('keeps nothing if making the value failed', () => {
    const { cache, ask, made } = namesOf(2);
    const fail = () => {
      throw new Error('no value');
    };
    expect(() => cache.get(1, fail)).toThrow('no value');
    expect(ask(1)).toBe('name of 1');
    expect(made).toEqual([1]);
  });

  it('makes a value again only if its key is not among the most recent keys', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 80 }),
        (capacity, keys) => {
          const { ask, made } = namesOf(capacity);
          let recent: number[] = [];
          const expected: number[] = [];
          for (const key of keys) {
            expect(ask(key)).toBe(`name of ${key}`);
            if (!recent.includes(key)) expected.push(key);
            recent = [key, ...recent.filter((k) => k !== key)].slice(0, capacity);
          }
          expect(made).toEqual(expected);
        },
      ),
    );
  });
});
