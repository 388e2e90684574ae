import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AddressIndex } from '../../../src/kernel/kallsyms/address-index.ts';

const TOP = 2n ** 64n - 1n;

test('the nearest address at or below a given one is the one that a linear search finds', () => {
  const address = fc.oneof(fc.bigInt(0n, 40n), fc.bigInt(TOP - 40n, TOP));
  fc.assert(
    fc.property(fc.array(address, { minLength: 1, maxLength: 30 }), address, (all, wanted) => {
      const below = all.filter((at) => at <= wanted);
      const start = below.reduce((most, at) => (at > most ? at : most), -1n);
      const above = all.filter((at) => at > wanted).sort((a, b) => (a < b ? -1 : 1));
      const found = new AddressIndex(BigUint64Array.from(all)).nearest(wanted);
      expect(found).toEqual(start < 0n ? undefined : { index: all.indexOf(start), start, next: above[0] });
    }),
  );
});
