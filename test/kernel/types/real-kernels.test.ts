import { afterAll, describe, expect, it } from 'vitest';
import { FileSource } from '../../../src/bytes/file-source.ts';
import type { MemoryImage } from '../../../src/formats/image/image.ts';
import { listModuleBtf, readModuleBtf } from '../../../src/kernel/modules/module-btf.ts';
import { readModules } from '../../../src/kernel/modules/module-list.ts';
import { PerCpu } from '../../../src/kernel/objects/per-cpu.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { openSource } from '../../builders/open-source.ts';
import { dumpOf, TYPED } from '../../support/fixture.ts';

describe.each(TYPED)('%s', (name) => {
  const image: MemoryImage = openSource(new FileSource(dumpOf(name)));
  const typed = new TypedKernel(openKernel(image));
  const { info } = typed.kernel;
  afterAll(() => image.close());

  /** The values of KIND(...) in VMCOREINFO by what is in the brackets. */
  function noted(kind: string): [string, number][] {
    return info.keys().flatMap((key): [string, number][] => {
      const inner = new RegExp(`^${kind}\\((.*)\\)$`).exec(key)?.[1];
      return inner === undefined ? [] : [[inner, Number(info.get(key))]];
    });
  }

  it('has each member where VMCOREINFO says', () => {
    const offsets = noted('OFFSET').map(([path, offset]) => {
      const [struct = '', ...member] = path.split('.');
      return [path, offset, typed.types.struct(struct).field(member.join('.')).offset];
    });
    expect(offsets.length).toBeGreaterThan(30);
    expect(offsets.filter(([, stated, found]) => stated !== found)).toEqual([]);
  });

  it('has types and arrays of the size that VMCOREINFO says', () => {
    const sizes = noted('SIZE').map(([struct, size]) => [struct, size, typed.types.struct(struct).size]);
    expect(sizes.length).toBeGreaterThan(10);
    expect(sizes.filter(([, stated, found]) => stated !== found)).toEqual([]);
    // A key without a dot is the length of a variable.
    const arrays = noted('LENGTH').filter(([path]) => path.includes('.'));
    const lengths = arrays.map(([path, length]) => {
      const [struct = '', member = ''] = path.split('.');
      const type = typed.types.struct(struct);
      return [path, length, type.field(member).size / type.field(`${member}[0]`).size];
    });
    expect(lengths.length).toBeGreaterThan(1);
    expect(lengths.filter(([, stated, found]) => stated !== found)).toEqual([]);
  });

  it('has the page flags and counters that VMCOREINFO says', () => {
    const flags = noted('NUMBER').filter(([key]) => /^(PG_(?!head_mask)|NR_FREE_PAGES)/.test(key));
    expect(flags.length).toBeGreaterThan(4);
    expect(flags.filter(([key, value]) => typed.types.enumerator(key) !== BigInt(value))).toEqual([]);
  });

  it('lists the modules that were loaded at boot, with their memory in the module area', () => {
    const { modules, problems, whole } = readModules(typed);
    expect({ problems, whole }).toEqual({ problems: [], whole: true });
    expect(modules.map((m) => m.name)).toEqual(expect.arrayContaining(['virtio_blk', 'qemu_fw_cfg']));
    for (const { ranges, state, address } of modules) {
      expect(state).toBe('MODULE_STATE_LIVE');
      expect(ranges.some(({ start, end }) => address >= start && address < end)).toBe(true);
      for (const { start } of ranges) expect(start).toBeGreaterThanOrEqual(0xffff_ffff_a000_0000n);
    }
  });

  it('has types of modules that continue its own, since 5.11', () => {
    const { modules: blobs } = listModuleBtf(typed);
    if (name === 'linux-5.10') {
      expect(blobs).toEqual([]);
      return;
    }
    const { modules } = readModules(typed);
    expect(new Set(blobs.map((b) => b.module))).toEqual(new Set(modules.map((m) => m.name)));
    const from = blobs.find((b) => b.module === 'virtio_blk');
    if (!from) throw new Error('virtio_blk has no types');
    const btf = readModuleBtf(typed, from);
    const [id = 0] = btf.find('virtio_blk');
    expect(id).toBeGreaterThanOrEqual(typed.types.btf.endId);
    expect(typed.types.findStruct('virtio_blk')).toBeUndefined();
    // drivers/block/virtio_blk.c: the first member is a lock, and a pointer to the device follows.
    expect([0, 1].map((i) => btf.member(id, i).name)).toEqual(['vdev_mutex', 'vdev']);
  });

  it("finds each CPU's own copy of a per-CPU variable", () => {
    const perCpu = new PerCpu(typed);
    expect(perCpu.possible).toEqual(name === 'linux-6.12-numa' ? [0, 1] : [0]);
    expect(perCpu.online).toEqual(perCpu.possible);
    const spread = new Set(perCpu.variables('runqueues').map(({ address }) => address));
    expect(spread.size).toBe(perCpu.possible.length);
  });
});
