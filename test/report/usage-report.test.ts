import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import type { MemoryImage } from '../../src/formats/image/image.ts';
import { check } from '../../src/kernel/evidence/check.ts';
import type { Module } from '../../src/kernel/modules/module-reader.ts';
import type { MemoryFile } from '../../src/kernel/objects/files.ts';
import { OwnerTable } from '../../src/pages/attribution/owner-table.ts';
import { USES } from '../../src/pages/attribution/page-uses.ts';
import { SlabObjects } from '../../src/pages/attribution/slab-objects.ts';
import { counted } from '../../src/pages/usage/page-count.ts';
import { USAGE_TYPES } from '../../src/pages/usage/types.ts';
import type { Usage } from '../../src/pages/usage/usage.ts';
import { type UsageBy, type UsageReport, usageReport } from '../../src/report/usage-report.ts';
import { usageView } from '../../src/report/views/usage-view.ts';
import { BuiltKernel } from '../builders/kernel.ts';
import { violations } from '../support/schema.ts';
import { textOf as shown } from '../support/text-of.ts';

const MAPPING = 0xffff_8880_0100_0170n;
const FILE: MemoryFile = {
  ...{ mapping: MAPPING, inode: MAPPING - 0x170n, ino: 131n, size: 9000n, nrpages: 3, type: 'ext4' },
  ...{ device: '8:1', id: 'sda1', path: '/a', names: 'initial', deleted: false, unnamed: null },
  dax: false,
};
const CACHE = {
  ...{ address: 1n, name: 'dentry', objectSize: 192, size: 192, objectsPerSlab: 21, pagesPerSlab: 1 },
  ...{ slabs: 2, objects: 42, active: 40, activeRange: null, cached: 1, aliases: 1 },
  ...{ pad: 0, leastPages: 1, freePointerAt: 96, random: null },
} as const;
const PROCESS = {
  pid: 1,
  comm: 'init',
  rss: 3,
  pages: { file: 1, anon: 2, shmem: 0, swap: 0 },
  pageTables: 8192,
};
const CALLER = { caller: 'dup_task_struct+0x1/0x2', kind: 'stack', areas: 2, pages: 8, size: 40960 } as const;

const place = { unit: 'pages', node: 0 } as const;
const CHECKS = [
  check({ name: 'NR_SHMEM', unit: 'pages', counted: 1, kernel: 1 }),
  check({ ...place, name: 'NR_SHMEM', counted: 1, kernel: 1 }),
  check({ ...place, name: 'NR_FREE_PAGES', zone: 'DMA', counted: 1, kernel: 1 }),
  check({ ...place, name: 'NR_FREE_PAGES', zone: 'DMA32', counted: 1, kernel: 3 }),
  check({ name: 'nr_slabs', unit: 'slabs', counted: 2, kernel: 2 }),
];

/** Four pages, and one of everything. @param whole whether nothing is lost */
function usageOf(whole: boolean, changes: Partial<Usage> = {}): Usage {
  const table = new OwnerTable();
  const uses = Object.fromEntries(USES.map((use) => [use, 0])) as Usage['attribution']['uses'];
  return {
    attribution: {
      total: 4,
      uses,
      places: [],
      slabs: table,
      slabObjects: new SlabObjects(),
      mappings: table,
      hugetlb: table,
      unreadable: new Map(),
      exact: whole,
      strays: 0,
    },
    total: counted(4, whole),
    types: {
      rows: Object.fromEntries(
        USAGE_TYPES.map((type) => [type, counted(1, whole)]),
      ) as Usage['types']['rows'],
      checks: whole ? [{ name: 'NR_FREE_PAGES', pages: 3, types: ['free'], counted: 1 }] : [],
    },
    checks: whole ? CHECKS : [],
    counters: null,
    slabs: {
      caches: [{ ...CACHE, found: counted(2, whole) }],
      unlisted: counted(1, whole),
      whole,
      waiting: 0,
      checks: [],
    },
    files: {
      files: [{ address: MAPPING, found: counted(3, whole), dirty: 1, huge: false, file: FILE, nrpages: 3 }],
      ...{ count: 1, countExact: whole, leftOutUpTo: whole ? 0 : null },
    },
    processes: { value: { processes: [PROCESS], tasks: [1n], checks: [] }, whole },
    vmalloc: { pages: 0, codePages: 0, stackPages: 8, spareStacks: null, areas: 2, callers: [CALLER], whole },
    crashKernel: { reserved: 3, inDump: 1 },
    percpu: { counted: 5, chunks: 4, first: 1, before: 0, problems: [], whole: true },
    hugetlb: [{ pagesPerHugePage: 512, total: 1, free: 1, reserved: 0, surplus: 0, nodes: [1] }],
    modules: { value: [{ name: 'ext4', size: 4096 } as Module], whole },
    ...{ warnings: whole ? [] : ['something is lost'], damaged: !whole, mapChange: null },
    ...changes,
  };
}

function reportOf(usage: Usage, by: UsageBy = 'type'): UsageReport {
  const image: MemoryImage = new BuiltKernel().image;
  return usageReport(usage, { image, release: '6.12.1', by, top: 5 });
}

const textOf = (report: UsageReport, color = false, check = false) =>
  shown(usageView(report, { check }), { columns: 200, color });
/** Returns the lines of a text without bars, with one space for many. */
const linesOf = (text: string) =>
  text.split('\n').map((line) => line.trim().replace(/ #+ /, ' ').replace(/ +/g, ' '));

describe('usage of a whole dump', () => {
  const report = reportOf(usageOf(true));

  test('has exact figures and counts', () => {
    expect(violations('usage', report)).toEqual([]);
    expect(report).toMatchObject({
      ...{ complete: true, consistent: false, checks: CHECKS, total: { pages: 4, bytes: 16384 } },
      warnings: [
        'node 0 DMA32 NR_FREE_PAGES: 1 pages were counted, but the kernel has 3: nothing explains 2 of them',
      ],
      slabs: { caches: 1, countExact: true, unlisted: { pages: 1 }, largest: [{ pages: 2, bytes: 8192 }] },
      files: { count: 1, countExact: true, leftOutUpTo: 0, largest: [{ pages: 3, deleted: false }] },
      processes: { count: 1, countExact: true, rss: { pages: 3, bytes: 12288 } },
      vmalloc: { areas: 2, countExact: true, largest: [{ areas: 2, pages: 8, size: 40960 }] },
      modules: { count: 1, countExact: true, bytes: 4096 },
    });
  });

  test('has sentences and tables as text', async () => {
    const lines = linesOf(await textOf(report));
    expect(lines).toEqual(
      expect.arrayContaining([
        'free 1 4 KiB 25.0 In the buddy allocator',
        '4 of 5 kernel counters explained: 4 equal (see --check):',
        'node 0 DMA32 NR_FREE_PAGES 3: 2 fewer were found: CONTRADICTED, nothing explains 2 of them',
        '1 slab cache:',
        '1 page of slabs belong to no cache listed.',
        '1 file in memory:',
        '1 process:',
        'The largest of 2 vmalloc areas, by caller:',
        '1 module:',
      ]),
    );
    expect(await textOf(report, true)).toContain('2 fewer were found: \x1b[31mCONTRADICTED\x1b[39m, nothing');
  });

  test('has each comparison as text if that is asked for', async () => {
    expect(linesOf(await textOf(report, false, true))).toEqual(
      expect.arrayContaining([
        '4 of 5 kernel counters explained: 4 equal:',
        'NR_SHMEM 1: the same',
        'node 0 NR_SHMEM 1: the same',
        'node 0 DMA NR_FREE_PAGES 1: the same',
        'node 0 DMA32 NR_FREE_PAGES 3: 2 fewer were found: CONTRADICTED, nothing explains 2 of them',
        'nr_slabs 2 slabs: the same',
      ]),
    );
  });
});

describe('the rows of usage', () => {
  const at = (lines: string[], start: string) => lines.findIndex((line) => line.startsWith(start));
  const figures = (types: Record<string, number>, crashKernel: Usage['crashKernel']) => {
    const of = { ...Object.fromEntries(USAGE_TYPES.map((type) => [type, 0])), ...types };
    const rows = Object.fromEntries(USAGE_TYPES.map((type) => [type, counted(of[type] ?? 0, true)]));
    return usageOf(true, {
      crashKernel,
      total: counted(100, true),
      types: { rows: rows as Usage['types']['rows'], checks: [] },
    });
  };
  const rowsOf = async (types: Record<string, number>, crashKernel: Usage['crashKernel'] = null) => {
    const lines = linesOf(await textOf(reportOf(figures(types, crashKernel))));
    return lines.slice(3, at(lines, '4 of 5'));
  };

  test('are sorted by size, the total last; those without pages are left out, except for a few', async () => {
    const rows = await rowsOf({ slab: 10, free: 60, percpu: 0, memmap: 20, anonymous: 10 });
    expect(rows.map((row) => /^[a-z ]+(?= \d)/.exec(row)?.[0])).toEqual([
      ...['free', 'struct pages', 'anonymous', 'slab', 'file cache', 'shmem', 'not attributed', 'total'],
      undefined,
    ]);
  });

  test('have bars in proportion to the largest', async () => {
    const text = await textOf(reportOf(figures({ slab: 10, free: 60, memmap: 30 }, null)));
    const bars = text.split('\n').map((line) => /#+/.exec(line)?.[0].length ?? 0);
    expect(bars.slice(3, 7)).toEqual([40, 20, 7, 0]);
  });

  test("count the crash kernel's memory in the dump apart from other reserved memory", async () => {
    const report = reportOf(figures({ reserved: 70, free: 30 }, { reserved: 64, inDump: 64 }));
    expect(violations('usage', report)).toEqual([]);
    expect(report).toMatchObject({
      crashKernel: { reserved: { pages: 64, bytes: 262144 }, inDump: { pages: 64, bytes: 262144 } },
    });
    expect(report.types).toContainEqual({ type: 'reserved', pages: 70, bytes: 286720 });
    const rows = await rowsOf({ reserved: 70, free: 30 }, { reserved: 64, inDump: 64 });
    expect(rows.slice(0, 3)).toEqual([
      'crash kernel 64 256 KiB 64.0 Reserved by crashkernel=',
      'free 30 120 KiB 30.0 In the buddy allocator',
      'reserved 6 24 KiB 6.0 Firmware, boot tables',
    ]);
    expect(rows.filter((row) => row.startsWith('crash kernel'))).toHaveLength(1);
  });

  test("have the crash kernel's memory that the dump lacks after the total", async () => {
    const rows = await rowsOf({ reserved: 70, free: 30 }, { reserved: 64, inDump: 0 });
    expect(rows[0]).toBe('reserved 70 280 KiB 70.0 Firmware, boot tables');
    expect(rows.slice(-3)).toEqual([
      'total 100 400 KiB 100 Each physical page once',
      'crash kernel 64 256 KiB - Not in the dump or total',
      '',
    ]);
  });

  test('have no crash kernel where none is reserved, or that is unknown', async () => {
    for (const none of [{ reserved: 0, inDump: 0 }, null]) {
      const rows = await rowsOf({ reserved: 70 }, none);
      expect(rows.filter((row) => row.startsWith('crash kernel'))).toEqual([]);
    }
  });
});

describe('the columns of usage', () => {
  test('are below each other whatever characters a name has', async () => {
    const names = ['nginx', '数据库', 'メモリ監視', '🐧'];
    const report = reportOf(usageOf(true), 'process');
    const [one] = report.processes?.largest ?? [];
    if (!report.processes || !one) throw new Error('there is a process');
    const largest = names.map((name) => ({ ...one, name }));
    const text = await textOf({ ...report, processes: { ...report.processes, largest } });
    const rows = text.split('\n').filter((line) => names.some((name) => line.includes(name)));
    expect(rows).toHaveLength(names.length);
    const widths = rows.map((row) => stringWidth(row.slice(0, row.indexOf('12 KiB'))));
    expect(new Set(widths).size).toBe(1);
  });
});

describe('usage of a dump that has lost something', () => {
  const report = reportOf(usageOf(false));

  test('has null for unknown figures, and lower bounds', () => {
    expect(violations('usage', report)).toEqual([]);
    const lost = (pages: number) => ({ pages: null, bytes: null, atLeast: { pages, bytes: 4096 * pages } });
    expect(report).toMatchObject({
      ...{ complete: false, total: lost(4), counters: [] },
      slabs: { caches: 1, countExact: false, unlisted: lost(1), largest: [lost(2)] },
      files: { count: 1, countExact: false, leftOutUpTo: null, largest: [lost(3)] },
      processes: { count: 1, countExact: false, rss: lost(3), largest: [{ pid: 1, rss: 3 }] },
      vmalloc: { areas: 2, countExact: false, largest: [{ areas: null, size: null, ...lost(8) }] },
      modules: { count: 1, countExact: false, bytes: null },
    });
    expect(report.types.every(({ pages }) => pages === null)).toBe(true);
  });

  test('has lower bounds as text', async () => {
    const lines = linesOf(await textOf(report));
    expect(lines).toEqual(
      expect.arrayContaining([
        'free >=1 >=4 KiB - In the buddy allocator',
        'total >=4 >=16 KiB - Each physical page once',
        'At least 1 slab cache:',
        'dentry 40 42 192 2 >=2 >=8 KiB',
        'At least 1 file in memory:',
        'At least 1 process:',
        'The largest of at least 2 vmalloc areas, by caller:',
        '>=8 >=32 KiB ? stack dup_task_struct+0x1/0x2',
        'At least 1 module:',
      ]),
    );
    expect(await textOf(report)).not.toContain('belong to no cache');
  });

  test('distinguishes unreadable lists from empty ones', async () => {
    const empty = usageOf(false, {
      slabs: { caches: [], unlisted: { pages: null }, whole: false, waiting: 0, checks: [] },
      modules: { value: [], whole: false },
    });
    const lines = linesOf(await textOf(reportOf(empty)));
    expect(lines).toEqual(
      expect.arrayContaining(['No slab caches could be read', 'No modules could be read']),
    );
  });

  test('has null for an unreadable section', async () => {
    const without = reportOf(
      usageOf(false, {
        ...{ slabs: null, files: null, vmalloc: null, percpu: null, hugetlb: null },
        ...{ processes: { value: null, whole: false }, modules: { value: null, whole: false } },
      }),
    );
    expect(violations('usage', without)).toEqual([]);
    expect(without).toMatchObject({
      slabs: null,
      files: null,
      processes: null,
      vmalloc: null,
      modules: null,
    });
    expect(await textOf(without)).not.toMatch(/slab cache:|file in memory|process:|vmalloc areas|module:/);
  });
});

describe('a file of the page cache', () => {
  const nameOf = async (file: Partial<MemoryFile> | null) => {
    const one = { address: MAPPING, found: { pages: 3 }, dirty: null, huge: false, nrpages: null };
    const files = [{ ...one, file: file && { ...FILE, ...file } }];
    const uses = usageOf(true, { files: { files, count: 1, countExact: true, leftOutUpTo: 0 } });
    const report = reportOf(uses, 'file');
    expect(violations('usage', report)).toEqual([]);
    return linesOf(await textOf(report))[4]?.replace(/^3 12 KiB - \S+ /, '');
  };

  test.each<[Partial<MemoryFile> | null, string]>([
    [{}, '/a'],
    [{ deleted: true }, '/a (deleted)'],
    [{ names: 'other' }, '/a (in another mount namespace)'],
    [{ names: 'fileSystem' }, '/a (not mounted)'],
    [{ path: null, names: null }, 'inode 131 of ext4 8:1 (sda1)'],
    [{ path: '/\x1b[31m' }, '/\\x1b[31m'],
    [null, `no file, but pages point at 0x${MAPPING.toString(16)}`],
  ])('%j has its name, or what is known about it', async (file, name) => {
    expect(await nameOf(file)).toBe(name);
  });
});
