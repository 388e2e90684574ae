import { describe, expect, it } from 'vitest';
import { HashChains } from '../../src/bytes/hash-chains.ts';

describe('items found by hash', () => {
  it('are found in ascending order if the last was added first', () => {
    const chains = new HashChains(1000);
    for (let i = 999; i >= 0; i--) chains.add(i % 10, i);
    expect([...chains.find(7)]).toEqual(Array.from({ length: 100 }, (_, n) => 10 * n + 7));
  });

  it('are found by hashes of any size and sign', () => {
    const chains = new HashChains(2);
    chains.add(-1, 1);
    chains.add(0xffff_ffff, 0);
    expect([...chains.find(-1)]).toEqual([0, 1]);
  });

  it('do not exist if nothing was added', () => {
    expect([...new HashChains(0).find(0)]).toEqual([]);
  });
});
