import { describe, expect, test } from 'vitest';
import { type Comparison, check } from '../../../src/kernel/evidence/check.ts';
import { checkSummary } from '../../../src/report/views/check-summary.ts';
import { textOf } from '../../support/text-of.ts';

const of = (facts: Partial<Comparison> = {}) =>
  check({ name: 'nr_x', unit: 'pages', counted: 10, kernel: 10, ...facts });
const explained = of({ counted: 18, explained: [{ by: 'stacks kept for new tasks', count: 8 }] });
const moving = of({ counted: 8, movement: { by: 'memory moved meanwhile', upTo: 9 } });
const contradicted = of({ counted: 9, node: 1 });

const LINE = {
  equal: '  nr_x 10: the same',
  explained: '  nr_x 10: 8 more were found, stacks kept for new tasks',
  moving: '  nr_x 10: 2 fewer were found, memory moved meanwhile (up to 9)',
  contradicted: '  node 1 nr_x 10: 1 fewer were found: CONTRADICTED, nothing explains 1 of them',
};

async function said(checks: ReturnType<typeof of>[], all: boolean): Promise<string[]> {
  return (await textOf(checkSummary(checks, all), { columns: 200 })).trimEnd().split('\n');
}

describe("figures against the kernel's counters", () => {
  test('take one line if all are explained', async () => {
    expect(await said([of(), of()], false)).toEqual([
      '2 of 2 kernel counters explained: 2 equal (see --check)',
    ]);
    expect(await said([of(), explained], false)).toEqual([
      '2 of 2 kernel counters explained: 1 equal, 1 with its reason (see --check)',
    ]);
    expect(await said([explained, explained], false)).toEqual([
      '2 of 2 kernel counters explained: 0 equal, 2 with their reasons (see --check)',
    ]);
  });

  test('are in full where they are not', async () => {
    expect(await said([of(), contradicted, explained, moving], false)).toEqual([
      '2 of 4 kernel counters explained: 1 equal, 1 with its reason (see --check):',
      LINE.contradicted,
      LINE.moving,
    ]);
  });

  test('are all in full if that is asked for', async () => {
    expect(await said([of(), explained], true)).toEqual([
      '2 of 2 kernel counters explained: 1 equal, 1 with its reason:',
      LINE.equal,
      LINE.explained,
    ]);
    expect(await said([moving, of(), contradicted], true)).toEqual([
      '1 of 3 kernel counters explained: 1 equal:',
      LINE.moving,
      LINE.equal,
      LINE.contradicted,
    ]);
  });

  test('are not mentioned if there are none', async () => {
    expect(await textOf(checkSummary([], true))).toBe('');
  });

  test('are green if all agree, and red if one is contradicted', async () => {
    const colour = (checks: ReturnType<typeof of>[]) => textOf(checkSummary(checks, false), { color: true });
    expect(await colour([of()])).toContain('\x1b[32m1 of 1 kernel counters explained\x1b[39m');
    expect(await colour([contradicted])).toContain('\x1b[31m0 of 1 kernel counters explained\x1b[39m');
    expect(await colour([moving])).toMatch(/^0 of 1 kernel/);
  });
});
