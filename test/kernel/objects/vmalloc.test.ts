import { describe, expect, it } from 'vitest';
import { openImage } from '../../../src/formats/open.ts';
import { readVmallocAreas } from '../../../src/kernel/objects/vmalloc.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';
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

/** Places in the data: a vmap_node, a vmap_area and its vm_struct. */
const AT = { node: 0x100, area: 0x200, vm: 0x300 };
const START = 0xffff_c900_0000_4000n;

/** A kernel since 6.9 with one area, of two pages. */
function kernelWithArea(symbols: Readonly<Record<string, number>>): BuiltTypedKernel {
  const btf = new BuiltBtf();
  const long = btf.int('long unsigned int', 8);
  const int = btf.int('unsigned int', 4);
  const pointer = btf.pointer(0);
  const pair = (name: string, first: string, second: string) =>
    btf.struct(name, 16, [
      [first, pointer, 0],
      [second, pointer, 8],
    ]);
  const list = pair('list_head', 'next', 'prev');
  const node = btf.struct('rb_node', 24, [
    ['__rb_parent_color', long, 0],
    ['rb_right', pointer, 8],
    ['rb_left', pointer, 16],
  ]);
  const root = btf.struct('rb_root', 8, [['rb_node', pointer, 0]]);
  const busy = btf.struct('rb_list', 24, [
    ['root', root, 0],
    ['head', list, 8],
  ]);
  btf.struct('vmap_node', 24, [['busy', busy, 0]]);
  btf.struct('vmap_area', 72, [
    ['va_start', long, 0],
    ['va_end', long, 8],
    ['rb_node', node, 16],
    ['list', list, 40],
    ['vm', pointer, 56],
    ['flags', long, 64],
  ]);
  btf.struct('vm_struct', 48, [
    ['addr', pointer, 0],
    ['size', long, 8],
    ['flags', long, 16],
    ['pages', pointer, 24],
    ['nr_pages', int, 32],
    ['caller', pointer, 40],
  ]);
  const built = new BuiltTypedKernel(btf, symbols);
  built.writeU64(AT.node, built.at(AT.area + 16));
  built.linkList(AT.node + 8, AT.area + 40);
  [START, START + 0x3000n].forEach((address, i) => {
    built.writeU64(AT.area + 8 * i, address);
  });
  built.writeU64(AT.area + 56, built.at(AT.vm));
  [START, 0x3000n, 2n, 0n, 2n].forEach((word, i) => {
    built.writeU64(AT.vm + 8 * i, word);
  });
  return built;
}

describe('the vmalloc areas of a kernel for a single CPU (SMP=n)', () => {
  const found = { areas: [{ address: START, pages: 2 }], problems: [], whole: true };

  it('are those of the only node, where the compiler dropped the pointer to it', () => {
    expect(readVmallocAreas(kernelWithArea({ single: AT.node }).typed)).toMatchObject(found);
  });

  it('are those that the pointer leads to, if there is one', () => {
    const built = kernelWithArea({ single: 0x800, vmap_nodes: 0x900 });
    built.writeU64(0x900, built.at(AT.node));
    expect(readVmallocAreas(built.typed)).toMatchObject(found);
  });

  it('are unknown without the pointer if there are more CPUs', () => {
    const { typed } = kernelWithArea({ single: AT.node, start_secondary: 0xa00 });
    expect(failureOf(() => readVmallocAreas(typed))).toMatchObject({
      kind: 'missingInfo',
      facts: { key: 'SYMBOL(vmap_nodes)' },
    });
  });
});
