import { describe, expect, test } from 'vitest';
import { InspectError } from '../../../src/errors.ts';
import { type Method, tryMethods } from '../../../src/kernel/evidence/methods.ts';

const says = (source: string, value: bigint): Method => ({
  source,
  find: () => ({ value, how: `by ${source}` }),
});
const fails = (source: string): Method => ({
  source,
  find: () => {
    throw new InspectError('missingInfo', `no ${source} here`);
  },
});
const verdicts = (tried: ReturnType<typeof tryMethods>) => tried.candidates.map((c) => [c.source, c.verdict]);

describe('methods that are tried in turn', () => {
  test('believes the first that finds something', () => {
    const tried = tryMethods([fails('a'), says('b', 1n), says('c', 1n), says('d', 2n)]);
    expect(tried).toMatchObject({ value: 1n, source: 'b' });
    expect(verdicts(tried)).toEqual([
      ['a', 'unavailable'],
      ['b', 'believed'],
      ['c', 'agrees'],
      ['d', 'differs'],
    ]);
  });

  test('keeps what each method found, or why it found nothing', () => {
    const tried = tryMethods([fails('a'), says('b', 7n)]);
    expect(tried.candidates).toEqual([
      { source: 'a', value: null, verdict: 'unavailable', reason: 'no a here' },
      { source: 'b', value: 7n, verdict: 'believed', reason: 'by b' },
    ]);
  });

  test('does not believe what is refuted, and goes on', () => {
    const tried = tryMethods([says('a', 1n), says('b', 2n), says('c', 1n)], (value) =>
      value === 1n ? 'there is nothing at 1' : undefined,
    );
    expect(tried).toMatchObject({ value: 2n, source: 'b' });
    expect(verdicts(tried)).toEqual([
      ['a', 'refuted'],
      ['b', 'believed'],
      ['c', 'refuted'],
    ]);
    expect(tried.candidates[0]?.reason).toContain('there is nothing at 1');
  });

  test('has no value when all are refuted', () => {
    const tried = tryMethods([says('a', 1n), says('b', 2n)], () => 'no');
    expect(tried).toMatchObject({ value: null, source: null });
    expect(verdicts(tried)).toEqual([
      ['a', 'refuted'],
      ['b', 'refuted'],
    ]);
  });

  test('has no value without methods', () => {
    expect(tryMethods([])).toEqual({ value: null, source: null, candidates: [] });
  });

  test('takes 0 as a value', () => {
    expect(tryMethods([says('a', 0n)])).toMatchObject({ value: 0n, source: 'a' });
  });

  test('believes a forced method even when it is refuted, and keeps the contradiction', () => {
    const tried = tryMethods(
      [says('option', 1n), says('b', 2n)],
      (value) => (value === 1n ? 'it is not' : undefined),
      'option',
    );
    expect(tried).toMatchObject({ value: 1n, source: 'option' });
    expect(tried.candidates[0]).toMatchObject({ verdict: 'believed', reason: 'by option; it is not' });
    expect(tried.candidates[1]).toMatchObject({ verdict: 'differs' });
  });

  test('passes on errors that are bugs of the program', () => {
    const broken: Method = {
      source: 'a',
      find: () => {
        throw new TypeError('a bug');
      },
    };
    expect(() => tryMethods([broken])).toThrow(TypeError);
  });
});
