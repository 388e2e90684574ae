import { expect, it } from 'vitest';
import type { UsageReport } from '../../src/report/usage-report.ts';
import type { SlabRow } from '../../src/report/usage-rows.ts';
import type { Answers } from './answers.ts';
import { has, type Kernel } from './kernels.ts';

/** A cache as in /proc/slabinfo. */
interface SlabinfoLine {
  readonly active: number;
  readonly objects: number;
  readonly slotSize: number;
  readonly objectsPerSlab: number;
  readonly pagesPerSlab: number;
  readonly slabs: number;
}

type Slabinfo = ReadonlyMap<string, SlabinfoLine>;

/** The moments at which the guest read /proc/slabinfo, around one run of the inspector. */
const moments = ['slabinfoBefore', 'slabinfoStart', 'slabinfoExit', 'slabinfoAfter'] as const;

/** Compares the slab caches of the running kernel with its own list of them. */
export function testSlabs(kernel: Kernel, usage: () => UsageReport, answers: () => Answers): void {
  const found = () => new Map(usage().slabs?.largest.map((cache) => [cache.name, cache]));
  const listed = () => moments.map((moment) => parseSlabinfo(answers().text(moment)));

  it('has all slab caches of /proc/slabinfo, with their sizes', () => {
    const [before, , , after] = listed();
    const lasting = [...(before ?? [])].filter(([name]) => after?.has(name));
    // A kernel without modules is a small one.
    expect(lasting.length).toBeGreaterThan(has(kernel, 'modules') ? 100 : 60);
    for (const [name, { slotSize, objectsPerSlab, pagesPerSlab }] of lasting) {
      expect(found().get(name), name).toMatchObject({ slotSize, objectsPerSlab, pagesPerSlab });
    }
    const known = new Set(listed().flatMap((slabinfo) => [...slabinfo.keys()]));
    expect([...found().keys()].filter((name) => !known.has(name))).toEqual([]);
  });

  it('has as many slabs and objects of each as /proc/slabinfo before and after', () => {
    const off = [...found().values()].filter((cache) => !isAsListed(cache, listed()));
    // No list before or after can show what comes and goes in the middle of a run; none was seen in ten
    // guests.
    expect(off.length, off.map(({ name }) => name).join(' ')).toBeLessThanOrEqual(3);
  });
}

/**
 * "name active num objsize perslab pagesperslab : tunables l b s : slabdata active_slabs num_slabs shared"
 */
function parseSlabinfo(text: string): Slabinfo {
  const lines = text
    .split('\n')
    .slice(2)
    .filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [name = '', ...fields] = line.split(/\s+/);
      const [active, objects, slotSize, objectsPerSlab, pagesPerSlab] = fields.map(Number);
      const numbers = { active, objects, slotSize, objectsPerSlab, pagesPerSlab, slabs: Number(fields[13]) };
      return [name, numbers as SlabinfoLine];
    }),
  );
}

/**
 * A cache changes while it is read: its counts must be between those that the kernel listed, or near them.
 */
function isAsListed(cache: SlabRow, listed: readonly Slabinfo[]): boolean {
  const lines = listed.map((slabinfo) => slabinfo.get(cache.name)).filter((line) => line !== undefined);
  const isBetween = (of: 'slabs' | 'objects' | 'active', slack: number): boolean => {
    // The kernel's list also counts as active what CPUs keep in stock.
    const kept = of === 'active' ? cache.cached : 0;
    const own = cache[of];
    const [value, counts] = [
      own === null || kept === null ? null : own + kept,
      lines.map((line) => line[of]),
    ];
    return value !== null && value >= Math.min(...counts) - slack && value <= Math.max(...counts) + slack;
  };
  const slack = cache.objectsPerSlab;
  return isBetween('slabs', 1) && isBetween('objects', slack) && isBetween('active', slack);
}
