import { describe, expect, test } from 'vitest';
import { type Comparison, check } from '../../src/kernel/evidence/check.ts';
import { checkedFigures, contradictions } from '../../src/report/checks.ts';
import { paragraph } from '../../src/report/view.ts';
import { checkText } from '../../src/report/views/check-text.ts';
import { textOf } from '../support/text-of.ts';

const of = (facts: Partial<Comparison>) =>
  check({ name: 'nr_x', unit: 'pages', counted: 10, kernel: 10, ...facts });
const stacks = (count: number) => ({ by: 'stacks kept for new tasks', count });
const movement = { by: 'memory moved meanwhile', upTo: 9 };

describe('a check in text', () => {
  test.each<[string, Partial<Comparison>]>([
    ['nr_x 10: the same', {}],
    ['node 1 DMA nr_x 10: the same', { node: 1, zone: 'DMA' }],
    ['nr_x 10: 8 more were found, stacks kept for new tasks', { counted: 18, explained: [stacks(8)] }],
    ['nr_x 10: 2 fewer were found, memory moved meanwhile (up to 9)', { counted: 8, movement }],
    [
      'nr_x 10: 9 more were found, +8 stacks kept for new tasks, memory moved meanwhile (up to 9)',
      { counted: 19, explained: [stacks(8)], movement },
    ],
    ['nr_x 10: 1 fewer were found: CONTRADICTED, nothing explains 1 of them', { counted: 9 }],
    [
      'nr_x 10: 7 more were found, +8 stacks kept for new tasks, -2 b: CONTRADICTED, nothing explains 1 of them',
      { counted: 17, explained: [stacks(8), { by: 'b', count: -2 }] },
    ],
    [
      'nr_x 10: the same, +8 stacks kept for new tasks: CONTRADICTED, nothing explains 8 of them',
      { explained: [stacks(8)] },
    ],
  ])('%s', async (line, facts) => {
    expect(await textOf([paragraph(checkText(of(facts)))], { columns: 200 })).toBe(`${line}\n`);
  });
});

describe('the checks of a report', () => {
  const contradicted = of({ counted: 12, node: 0, explained: [stacks(1)] });

  test('are consistent while none is contradicted', () => {
    const others = [of({}), of({ counted: 18, explained: [stacks(8)] }), of({ counted: 8, movement })];
    expect(checkedFigures(others)).toEqual({ consistent: true, checks: others });
    expect(checkedFigures([])).toEqual({ consistent: true, checks: [] });
    expect(checkedFigures([...others, contradicted]).consistent).toBe(false);
    expect(contradictions(others)).toEqual([]);
  });

  test('have sentences for twenty of them, and count the others', () => {
    const sentences = contradictions(Array.from({ length: 23 }, () => contradicted));
    expect(sentences).toHaveLength(21);
    expect(sentences.at(-1)).toBe('and 3 more contradictions');
  });

  test('have a sentence for each contradiction', () => {
    expect(contradictions([of({}), contradicted, of({ counted: 3 })])).toEqual([
      'node 0 nr_x: 12 pages were counted, but the kernel has 10 (+1 stacks kept for new tasks): nothing explains 1 of them',
      'nr_x: 3 pages were counted, but the kernel has 10: nothing explains 7 of them',
    ]);
  });
});
