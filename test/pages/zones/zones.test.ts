import { describe, expect, test } from 'vitest';
import { FreeCounter } from '../../../src/pages/zones/free-counter.ts';
import { readZones, recounted } from '../../../src/pages/zones/zones.ts';
import { censusOf } from '../../builders/census.ts';
import { failureOf } from '../../builders/failure.ts';
import { IN_IMAGE, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { kernelWithZones, writeZone, type ZonePlan } from '../../builders/kernel-zones.ts';
import { buddy, type PageSpec } from '../../builders/struct-page.ts';

const FIRST = PAGES_PER_SECTION;
const DMA32: ZonePlan = { name: 'DMA32', start: 1, spanned: FIRST - 1, free: [0, 2, 0, 1] };
const NORMAL: ZonePlan = { name: 'Normal', start: FIRST, spanned: 1024, free: [3, 0, 1] };

describe('the zones of a kernel', () => {
  test.each([true, false])('are read with their free blocks summed up (NUMA: %s)', (numa) => {
    const zones = readZones(kernelWithZones({}, { numa, nodes: [[DMA32, NORMAL]] }).open());
    expect(zones).toEqual([
      {
        node: 0,
        index: 0,
        name: 'DMA32',
        startPfn: 1,
        spannedPages: FIRST - 1,
        freeArea: 2 * 2 + 8,
        vmStat: 12,
      },
      { node: 0, index: 1, name: 'Normal', startPfn: FIRST, spannedPages: 1024, freeArea: 3 + 4, vmStat: 7 },
    ]);
  });

  test('are read from every node that there is', () => {
    const built = kernelWithZones({}, { nodes: [[DMA32], null, [NORMAL]] });
    expect(readZones(built.open()).map((zone) => [zone.node, zone.name])).toEqual([
      [0, 'DMA32'],
      [2, 'Normal'],
    ]);
  });

  test('are left out when they span nothing', () => {
    const empty: ZonePlan = { name: 'Movable', start: 0, spanned: 0 };
    const built = kernelWithZones({}, { nodes: [[DMA32, empty, NORMAL]] });
    expect(readZones(built.open()).map((zone) => zone.name)).toEqual(['DMA32', 'Normal']);
  });

  test('may have a vm_stat below zero, because CPUs add their differences late', () => {
    const built = kernelWithZones({}, { nodes: [[{ ...NORMAL, vmStat: -3n }]] });
    expect(readZones(built.open())[0]?.vmStat).toBe(-3);
  });

  test('are numbered where no pointer leads to a name', () => {
    const built = kernelWithZones({}, { nodes: [[DMA32, NORMAL]] });
    built.memory.write(built.imageAt + 0x5000, new Uint8Array(64));
    expect(readZones(built.open()).map((zone) => zone.name)).toEqual(['zone 0', 'zone 1']);
  });

  // An address outside of the kernel's image, and one inside where nothing is mapped.
  test.each([0xffff_ffff_0000_0000n, 0xffff_ffff_f000_0000n])(
    'are numbered where the name leads nowhere: %s',
    (name) => {
      const built = kernelWithZones({}, { nodes: [[NORMAL]] });
      const pgdat = Number(built.memory.peekU64(built.imageAt + IN_IMAGE.nodeData) - built.pageOffset);
      writeZone(built.memory, pgdat, NORMAL, name);
      expect(readZones(built.open())).toMatchObject([{ name: 'zone 0', freeArea: 7 }]);
    },
  );

  test.each([
    ['SIZE(zone)', '1000'],
    ['SIZE(zone)', '65544'],
    ['OFFSET(zone.spanned_pages)', '8'],
    ['SIZE(free_area)', '80'],
    ['LENGTH(zone.free_area)', '0', 'LENGTH(zone.free_area)'],
  ])('are not believed where %s is %s', (key, value, wrong = 'SIZE(zone)') => {
    const built = kernelWithZones({ keys: { [key]: value } }, { nodes: [[NORMAL]] });
    const { kind, facts } = failureOf(() => readZones(built.open()));
    expect([kind, facts.key]).toEqual(['corrupt', wrong]);
  });

  test('are not believed where they span more than there can be', () => {
    const spans = (spanned: number) => kernelWithZones({}, { nodes: [[{ ...NORMAL, spanned }]] });
    const most = 2 ** 40 - FIRST;
    expect(readZones(spans(most).open())).toMatchObject([{ spannedPages: most }]);
    const { kind, message } = failureOf(() => readZones(spans(most + 1).open()));
    expect([kind, message]).toEqual(['corrupt', expect.stringContaining('node 0: Normal spans')]);
  });

  test.each([
    'SIZE(zone)',
    'OFFSET(zone.free_area)',
    'OFFSET(zone.vm_stat)',
    'OFFSET(zone.spanned_pages)',
    'NUMBER(NR_FREE_PAGES)',
    'OFFSET(pglist_data.node_zones)',
    'OFFSET(pglist_data.nr_zones)',
    'LENGTH(node_data)',
    'SYMBOL(node_data)',
  ])('are missing information without %s', (key) => {
    const built = kernelWithZones({ keys: { [key]: null } }, { nodes: [[NORMAL]] });
    expect(failureOf(() => readZones(built.open()))).toMatchObject({ kind: 'missingInfo', facts: { key } });
  });
});

describe('free blocks that a scan found', () => {
  const counterOf = (nodes: (readonly ZonePlan[] | null)[]) => {
    const kernel = kernelWithZones({}, { nodes }).open();
    return new FreeCounter(readZones(kernel), kernel);
  };

  test('go to the zone that their pfn lies in, the ends included', () => {
    const counter = counterOf([[DMA32, NORMAL]]);
    counter.add(1, 1, 0);
    counter.add(FIRST - 2, 2, 0);
    counter.add(FIRST, 4, 0);
    expect(counter.zones.map((zone) => zone.counted)).toEqual([3, 4]);
    expect(counter.outside).toBe(0);
  });

  test('are outside where no zone has their pfn', () => {
    const counter = counterOf([[DMA32, NORMAL]]);
    counter.add(0, 1, 0);
    counter.add(FIRST + 1024, 8, 0);
    expect(counter.outside).toBe(9);
  });

  test('need no node where the kernel has but one', () => {
    const kernel = kernelWithZones({}, { numa: false, nodes: [[DMA32, NORMAL]] }).open();
    const counter = new FreeCounter(readZones(kernel), kernel);
    counter.add(FIRST, 4, 0xffff_ffff);
    expect(counter.zones.map((zone) => zone.counted)).toEqual([0, 4]);
  });

  test('go by the node in the uppermost bits of their flags where the spans of nodes overlap', () => {
    const spans = { name: 'Normal', start: FIRST, spanned: 1024 } as const;
    const counter = counterOf([[spans], [spans]]);
    // 64 nodes need 6 bits of flags: node 1 is bit 58, which is bit 26 of the upper word.
    counter.add(FIRST, 4, 0);
    counter.add(FIRST + 4, 2, 0x0400_0000);
    counter.add(FIRST + 6, 1, 0x07ff_ffff);
    expect(counter.zones.map((zone) => zone.counted)).toEqual([4, 3]);
  });
});

describe('zones that are counted anew', () => {
  const zone = {
    node: 0,
    index: 2,
    name: 'Normal',
    startPfn: FIRST,
    spannedPages: 1024,
    freeArea: 7,
    vmStat: 7,
  };
  const counted = [{ ...zone, counted: 5, unaccepted: 0 }];

  test('keep what was found in them, with what the kernel counts now', () => {
    const other = { ...zone, node: 1, freeArea: 99 };
    const now = { ...zone, freeArea: 6, vmStat: 4 };
    expect(recounted(counted, [other, now])).toEqual([{ ...now, counted: 5, unaccepted: 0 }]);
  });

  test('stay as they were where they are gone, or start elsewhere', () => {
    for (const now of [[], [{ ...zone, node: 1 }], [{ ...zone, startPfn: 0 }]])
      expect(recounted(counted, now)).toEqual(counted);
  });
});

describe('the check of FREE in a census', () => {
  const node1 = { type: 'buddy', flagsHigh: 0x0400_0000 } as const;
  const ram = [pfns(FIRST, 1024)];

  test('has what was counted beside what the kernel counted', () => {
    const pages = [...buddy(FIRST + 8, 0), ...buddy(FIRST + 16, 2), ...buddy(FIRST + 20, 0)];
    const built = kernelWithZones({ ram, pages }, { nodes: [[DMA32, NORMAL]] });
    expect(censusOf(built.open()).freeCheck).toMatchObject({
      zones: [
        { name: 'DMA32', freeArea: 12, counted: 0 },
        { name: 'Normal', freeArea: 7, vmStat: 7, counted: 6 },
      ],
      outside: 0,
    });
  });

  test('tells the nodes of overlapping zones apart', () => {
    const spans = { name: 'Normal', start: FIRST, spanned: 1024 } as const;
    const pages: [number, PageSpec][] = [...buddy(FIRST, 3), [FIRST + 8, { ...node1, private: 1n }]];
    const built = kernelWithZones({ ram, pages }, { nodes: [[spans], [spans]] });
    expect(censusOf(built.open()).freeCheck).toMatchObject({ zones: [{ counted: 8 }, { counted: 2 }] });
  });

  test.each([9, 2 ** 32 - 1])('is unavailable when nr_zones is %d, and the census goes on', (nrZones) => {
    const built = kernelWithZones({ ram, pages: buddy(FIRST, 4) }, { nodes: [[NORMAL]], nrZones });
    const census = censusOf(built.open());
    expect(census.freeCheck).toMatchObject({ unavailable: expect.stringContaining(`${nrZones}`) });
    expect(census.counts.free).toBe(16);
  });

  test('is unavailable when a node leads nowhere', () => {
    const built = kernelWithZones({ ram }, { nodes: [[NORMAL]] });
    built.memory.writeU64(built.imageAt + 0x4008, 0xffff_a000_dead_0000n);
    expect(censusOf(built.open()).freeCheck).toMatchObject({
      unavailable: expect.stringContaining('0xffffa000dead'),
    });
  });

  test.each([
    ['SIZE(zone)', '0'],
    ['SIZE(zone)', '10000000'],
    ['OFFSET(zone.free_area)', '-192'],
    ['OFFSET(zone.free_area)', '1600'],
    ['OFFSET(zone.vm_stat)', '-80'],
    ['OFFSET(zone.spanned_pages)', '0'],
    ['OFFSET(zone.spanned_pages)', '1664'],
    ['NUMBER(NR_FREE_PAGES)', '-1000'],
    ['LENGTH(free_area.free_list)', '-100'],
    ['LENGTH(free_area.free_list)', '6'],
    ['SIZE(free_area)', '-88'],
    ['LENGTH(node_data)', '-1'],
    ['OFFSET(zone.vm_stat)', 'here'],
  ])('is unavailable with %s=%s, which does not stop the census', (key, value) => {
    const built = kernelWithZones(
      { ram, pages: buddy(FIRST, 4), keys: { [key]: value } },
      { nodes: [[NORMAL]] },
    );
    const census = censusOf(built.open());
    expect(census.freeCheck).toHaveProperty('unavailable');
    expect(census.counts.free).toBe(16);
  });
});
