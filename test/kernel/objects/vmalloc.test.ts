import { describe, expect, it } from 'vitest';
import { openImage } from '../../../src/formats/open.ts';
import { readVmallocAreas } from '../../../src/kernel/objects/vmalloc.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { dumpOf, TYPED } from '../../support/fixture.ts';

describe.each(TYPED)('the vmalloc areas of %s', (name) => {
  it('are read up to a limit for all lists, and an excess is reported', async () => {
    const image = await openImage([dumpOf(name)]);
    const typed = new TypedKernel(openKernel(image));
    const all = readVmallocAreas(typed);
    expect([all.problems, all.whole]).toEqual([[], true]);
    const some = readVmallocAreas(typed, 20);
    expect(some.whole).toBe(false);
    expect(some.problems[0]).toMatch(
      /^the list of vmalloc areas is broken at .*: there are more than \d+ nodes$/,
    );
    const known = new Set(all.areas.map(({ address }) => address));
    expect(some.areas.every(({ address }) => known.has(address))).toBe(true);
    expect(some.areas.length).toBeLessThan(all.areas.length);
    image.close();
  });
});
