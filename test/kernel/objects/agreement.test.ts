import { describe, expect, test } from 'vitest';
import { agree, type Other } from '../../../src/kernel/objects/agreement.ts';

const BREAK = { address: 7n, reason: 'why' };
const other = (objects: readonly bigint[], broken: Other['broken'] = null): Other => ({
  name: 'the tree',
  objects: new Set(objects),
  broken,
});
const of = (nodes: readonly bigint[], mended?: boolean) => ({
  nodes,
  broken: mended === undefined ? null : { ...BREAK, mended },
});

describe('two structures of the same objects', () => {
  test('agree when both have the same', () => {
    const both = { objects: [2n, 1n], problems: [], whole: true };
    expect(agree('the list', of([2n, 1n]), other([1n, 2n]))).toEqual(both);
    expect(agree('the list', of([2n, 1n]), null)).toEqual(both);
  });

  test('together have what the list has lost', () => {
    const { objects, problems, whole } = agree('the list', of([1n], false), other([1n, 2n, 3n]));
    expect([objects, whole]).toEqual([[1n, 2n, 3n], true]);
    expect(problems).toEqual(['the list is broken at 0x7: why', 'the list lacks 2 that the tree has']);
  });

  test('are whole as long as one of them is', () => {
    expect(agree('the list', of([1n], true), other([], BREAK))).toMatchObject({ objects: [1n], whole: true });
    expect(agree('the list', of([1n], false), other([2n], BREAK)).whole).toBe(false);
    expect(agree('the list', of([1n], false), null).whole).toBe(false);
  });

  test('leave objects that only the list has in doubt', () => {
    const { objects, problems, whole } = agree('the list', of([1n, 2n]), other([1n]));
    expect([objects, whole]).toEqual([[1n, 2n], false]);
    expect(problems).toEqual(['the list has 1 that the tree lacks']);
  });
});
