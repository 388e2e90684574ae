import { describe, expect, it } from 'vitest';
import { openImage } from '../../../src/formats/open.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { bootOwner } from '../../../src/pages/details/owner-kernel.ts';
import { dumpOf, TYPED } from '../../support/fixture.ts';

const MIB = 2 ** 20;

describe('memory above 1 MiB that a dump of the crash kernel lacks', () => {
  it.each(TYPED)('is its own, to the byte: %s', async (name) => {
    const image = await openImage([dumpOf(name)]);
    const typed = new TypedKernel(openKernel(image));
    const ranges = [...image.memory.described(MIB)];
    const holes = ranges.slice(1).map(({ start }, i) => ({ start: ranges[i]?.end ?? 0, end: start }));
    expect(holes.map(({ start, end }) => (end - start) / MIB)).toEqual([128]);
    for (const { start, end } of holes) {
      for (const at of [start, end - 1]) expect(bootOwner(typed, at)).toEqual({ kind: 'crashKernel' });
      for (const at of [start - 1, end]) expect(bootOwner(typed, at)).not.toEqual({ kind: 'crashKernel' });
    }
    image.close();
  });
});
