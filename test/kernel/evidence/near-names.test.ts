import { describe, expect, it } from 'vitest';
import { didYouMean, nearNames } from '../../../src/kernel/evidence/near-names.ts';

const NAMES = [
  'init_task',
  'init_mm',
  'task_struct',
  'schedule',
  '__schedule',
  'schedule_timeout',
  'jiffies',
];

describe('names that are similar to one that was not found', () => {
  it.each([
    ['a letter too many', 'init_taskk', 'init_task'],
    ['a letter too few', 'jifies', 'jiffies'],
    ['another letter', 'jiffles', 'jiffies'],
    ['two letters exchanged', 'jfifies', 'jiffies'],
    ['capitals', 'INIT_MM', 'init_mm'],
  ])('are found in spite of %s', (_, wanted, right) => {
    expect(nearNames(NAMES, wanted)[0]).toBe(right);
  });

  it('are those that contain it, the shortest first', () => {
    expect(nearNames(NAMES, 'schedul')).toEqual(['schedule', '__schedule', 'schedule_timeout']);
  });

  it('are at most three of any number', () => {
    const many = Array.from({ length: 5000 }, (_, i) => `helper_${i}`);
    expect(nearNames(many, 'helper_')).toEqual(['helper_0', 'helper_1', 'helper_2']);
  });

  it.each([
    ['nothing alike', 'quite_another'],
    ['nothing', ''],
    ['more than any name', 'x'.repeat(100_000)],
  ])('are none for %s', (_, wanted) => {
    expect(nearNames(NAMES, wanted)).toEqual([]);
    expect(didYouMean(NAMES, wanted)).toBeUndefined();
  });

  it('are what the hint names', () => {
    expect(didYouMean(NAMES, 'init_tsk')).toBe('did you mean init_task?');
    expect(didYouMean(NAMES, 'chedule')).toBe('did you mean schedule or __schedule or schedule_timeout?');
  });

  it('may be long ones, which the dump decides', () => {
    expect(nearNames(['y'.repeat(1 << 20), 'init_mm'], 'init_m')).toEqual(['init_mm']);
  });
});
