import { describe, expect, test } from 'vitest';
import { type Comparison, check, type Verdict } from '../../../src/kernel/evidence/check.ts';

const of = (facts: Partial<Comparison>) =>
  check({ name: 'NR_FREE_PAGES', unit: 'pages', counted: 10, kernel: 10, ...facts });
const by = (count: number) => ({ by: 'a reason', count });

describe('the verdict on a figure', () => {
  test.each<[Verdict, string, Partial<Comparison>]>([
    ['equal', 'the kernel has the same', {}],
    ['equal', 'the only reason counts 0', { explained: [by(0)] }],
    ['explained', 'reasons account for the whole difference', { counted: 13, explained: [by(1), by(2)] }],
    ['explained', 'a reason lowers the count', { counted: 9, explained: [by(-1)] }],
    ['explained', 'reasons cancel out', { explained: [by(-1), by(1)] }],
    ['contradicted', 'nothing explains the difference', { counted: 11 }],
    ['contradicted', 'reasons account for only a part of it', { counted: 13, explained: [by(2)] }],
    ['contradicted', 'a reason counts something, but there is no difference', { explained: [by(2)] }],
    ['moving', 'as much may have moved', { counted: 13, movement: { by: 'm', upTo: 3 } }],
    [
      'moving',
      'the rest may have moved',
      { counted: 13, explained: [by(1)], movement: { by: 'm', upTo: 2 } },
    ],
    ['moving', 'fewer were counted', { counted: 7, movement: { by: 'm', upTo: 3 } }],
    ['contradicted', 'less may have moved', { counted: 13, movement: { by: 'm', upTo: 2 } }],
    ['contradicted', 'nothing may have moved', { counted: 13, movement: null }],
    ['equal', 'nothing had to move', { movement: { by: 'm', upTo: 2 } }],
  ])('is %s when %s', (verdict, _, facts) => {
    expect(of(facts).verdict).toBe(verdict);
  });

  test('has reasons other than 0, and the movement only if the verdict depends on it', () => {
    const movement = { by: 'm', upTo: 9 };
    expect(of({ counted: 11, explained: [by(0), by(1)], movement })).toEqual({
      ...{ name: 'NR_FREE_PAGES', unit: 'pages', counted: 11, kernel: 10, verdict: 'explained' },
      explained: [by(1)],
    });
    expect(of({ node: 1, zone: 'DMA', counted: 12, movement })).toMatchObject({
      node: 1,
      zone: 'DMA',
      movement,
    });
  });
});
