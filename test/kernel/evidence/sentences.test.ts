import { describe, expect, it } from 'vitest';
import { Sentences } from '../../../src/kernel/evidence/sentences.ts';

describe('sentences on what is wrong', () => {
  it('are kept in their order, and those past the hundredth are counted', () => {
    const sentences = new Sentences();
    const all = Array.from({ length: 103 }, (_, i) => `problem ${i}`);
    for (const sentence of all.slice(0, 100)) sentences.push(sentence);
    expect(sentences.list()).toEqual(all.slice(0, 100));
    for (const sentence of all.slice(100)) sentences.push(sentence);
    expect(sentences.length).toBe(103);
    expect(sentences.list()).toEqual([...all.slice(0, 100), 'and 3 more problems like these']);
  });
});
