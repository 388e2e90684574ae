import { describe, expect, test } from 'vitest';
import { INVARIANTS } from '../../src/report/invariant-rules.ts';
import { type Invariant, sound } from '../../src/report/invariants.ts';

const NO_WARNINGS: readonly string[] = [];
const base = { warnings: NO_WARNINGS, complete: true };
/** A report without impossible values. */
const of = <T extends object>(fields: T) => ({ ...base, ...fields });

describe('a report', () => {
  const rule: Invariant = {
    of: 'boxes[]',
    called: ({ name }) => `box ${String(name)}`,
    counts: ['used', 'size'],
    parts: [['used', 'size']],
    most: (report) => ({ size: report.limit as number }),
  };
  const reportOf = (...boxes: object[]) =>
    of({ limit: 100, boxes: boxes.map((box, i) => ({ name: i, ...box })) });

  test.each<[string, object]>([
    ['whole', { used: 1, size: 2 }],
    ['full, and as large as can be', { used: 100, size: 100 }],
    ['empty', { used: 0, size: 0 }],
    ['unknown in part', { used: null, size: 3 }],
    ['without what is asked', {}],
  ])('is returned as it is if all values are possible: %s', (_, box) => {
    const report = reportOf(box, { used: 0, size: 1 });
    expect(sound(report, [rule])).toBe(report);
  });

  test.each<[string, object, object, string]>([
    ['negative', { used: -1, size: 2 }, { used: null, size: 2 }, 'used is -1'],
    ['no whole number', { used: 0.5, size: 2 }, { used: null, size: 2 }, 'used is 0.5'],
    ['no number', { used: Number.NaN, size: 2 }, { used: null, size: 2 }, 'used is NaN'],
    [
      'too large to be exact',
      { size: 2 ** 60 },
      { size: null },
      `size is ${2 ** 60}, size is ${2 ** 60}, at most 100 are possible`,
    ],
    ['too large', { used: 3, size: 101 }, { used: 3, size: null }, 'size is 101, at most 100 are possible'],
    ['larger than its whole', { used: 3, size: 2 }, { used: null, size: null }, 'used is 3 of 2 (size)'],
  ])('leaves out a number that is %s', (_, box, told, reason) => {
    const other = { name: 0, used: 1, size: 1 };
    const found = sound(reportOf(other, box), [rule]);
    expect(found.boxes).toEqual([other, { name: 1, ...told }]);
    expect(found).toMatchObject({
      complete: false,
      warnings: [`impossible, so not shown: box 1: ${reason}`],
    });
  });

  test('lists twenty impossible values, and counts the others', () => {
    const found = sound(reportOf(...Array.from({ length: 30 }, () => ({ used: -1 }))), [rule]);
    expect(found.warnings).toHaveLength(21);
    expect(found.warnings.at(-1)).toBe('and 10 more figures');
    expect(found.boxes.every((box) => 'used' in box && box.used === null)).toBe(true);
  });
});

/** A value somewhere in a report. */
function changed(value: unknown, path: readonly (string | number)[], to: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return to;
  if (Array.isArray(value)) return value.map((one, i) => (i === name ? changed(one, rest, to) : one));
  return { ...(value as object), [name]: changed((value as Record<string, unknown>)[name], rest, to) };
}

const figure = (pages: number) => ({ pages, bytes: 4096 * pages });

const SOUND = {
  usage: of({
    total: figure(100),
    types: [
      { type: 'free', ...figure(60) },
      { type: 'percpu', ...figure(10) },
      { type: 'reserved', ...figure(10) },
      { type: 'notAttributed', ...figure(20) },
    ],
    slabs: {
      unlisted: figure(0),
      largest: [
        {
          name: 'x',
          active: 40,
          objects: 42,
          slabs: 2,
          objectsPerSlab: 21,
          objectSize: 8,
          slotSize: 16,
          ...figure(2),
        },
      ],
    },
    files: { largest: [{ mapping: '0x1', dirty: 1, nrpages: 3, ...figure(3) }] },
    processes: {
      rss: figure(300),
      largest: [{ pid: 1, rss: 300, anon: 100, file: 200, shmem: 0, swap: 0, pageTableBytes: 8192 }],
    },
    vmalloc: { largest: [{ caller: 'f+0x1/0x2', areas: 1, size: 20480, ...figure(4) }] },
    percpu: { counted: figure(12), dynamic: figure(10) },
    hugetlb: [{ size: 8192, total: 3, free: 2, reserved: 1, surplus: 1 }],
    modules: { countExact: true, bytes: 8192, largest: [{ name: 'm', bytes: 8192 }] },
  }),
  pages: of({
    compat: null,
    total: figure(100),
    classes: { zero: figure(10), free: figure(50), kernelData: figure(35) },
    unknown: figure(5),
  }),
  ps: of({
    tasks: [
      { pid: 1, memory: { rss: { anon: 1, file: 2, shmem: 3, total: 6 }, swap: 0, pageTables: 4096 } },
      { pid: 2, memory: null },
    ],
  }),
  info: of({
    memory: { total: 100, free: 40 },
    swap: null,
    cpus: { possible: 4, online: 4 },
    unavailable: { host: 'why' },
  }),
};

const soundOf = <N extends keyof typeof SOUND>(name: N, path: (string | number)[], to: unknown) =>
  sound(changed(SOUND[name], path, to) as (typeof SOUND)[N], INVARIANTS[`kdump-inspect/${name}/1`] ?? []);

describe.each(Object.keys(SOUND) as (keyof typeof SOUND)[])('the invariants of %s', (name) => {
  test('hold for a sound report', () => {
    expect(sound(SOUND[name], INVARIANTS[`kdump-inspect/${name}/1`] ?? [])).toBe(SOUND[name]);
  });
});

describe('an impossible value', () => {
  test.each<[keyof typeof SOUND, (string | number)[], number, object]>([
    [
      'usage',
      ['slabs', 'largest', 0, 'active'],
      -29845,
      { slabs: { largest: [{ active: null, objects: 42 }] } },
    ],
    [
      'usage',
      ['slabs', 'largest', 0, 'active'],
      43,
      { slabs: { largest: [{ active: null, objects: null }] } },
    ],
    [
      'usage',
      ['slabs', 'largest', 0, 'objects'],
      43,
      { slabs: { largest: [{ active: 40, objects: null }] } },
    ],
    ['usage', ['slabs', 'largest', 0, 'pages'], 101, { slabs: { largest: [{ pages: null, bytes: null }] } }],
    [
      'usage',
      ['slabs', 'largest', 0, 'objectSize'],
      17,
      { slabs: { largest: [{ objectSize: null, slotSize: null }] } },
    ],
    ['usage', ['files', 'largest', 0, 'dirty'], -1, { files: { largest: [{ dirty: null, pages: 3 }] } }],
    [
      'usage',
      ['processes', 'largest', 0, 'anon'],
      301,
      { processes: { largest: [{ anon: null, rss: null, file: 200 }] } },
    ],
    [
      'usage',
      ['vmalloc', 'largest', 0, 'size'],
      8192,
      { vmalloc: { largest: [{ size: null, bytes: null, pages: null, areas: 1 }] } },
    ],
    ['usage', ['percpu', 'dynamic', 'pages'], -8, { percpu: { dynamic: { pages: null, bytes: null } } }],
    ['usage', ['hugetlb', 0, 'free'], 4, { hugetlb: [{ free: null, total: null, reserved: 1 }] }],
    ['usage', ['hugetlb', 0, 'total'], 51, { hugetlb: [{ total: null, free: 2 }] }],
    [
      'usage',
      ['modules', 'largest', 0, 'bytes'],
      24266924032,
      { modules: { bytes: null, countExact: false, largest: [{ bytes: null }] } },
    ],
    ['pages', ['classes', 'zero', 'pages'], -1, { classes: { zero: { pages: null, atLeast: figure(0) } } }],
    ['pages', ['classes', 'free', 'pages'], 51, { total: { pages: null, atLeast: figure(0) } }],
    [
      'ps',
      ['tasks', 0, 'memory', 'swap'],
      -4096,
      { tasks: [{ memory: null, missing: expect.stringContaining('swap') }, {}] },
    ],
    ['ps', ['tasks', 0, 'memory', 'rss', 'anon'], 7, { tasks: [{ memory: null }, { memory: null }] }],
    [
      'info',
      ['memory', 'free'],
      101,
      { memory: null, unavailable: { host: 'why', memory: expect.any(String) } },
    ],
    ['info', ['cpus', 'online'], 5, { cpus: null, memory: { total: 100 } }],
  ])('of %s is left out: %j is %d', (name, path, to, told) => {
    const report = soundOf(name, path, to);
    expect(report).toMatchObject({ ...told, complete: false });
    expect(report.warnings).toHaveLength(1);
  });

  test('makes the remainders unknown, too, because they depend on all others', () => {
    const { types, warnings } = soundOf('usage', ['types', 1, 'pages'], -8);
    expect(types.map(({ pages }) => pages)).toEqual([60, null, null, null]);
    expect(warnings).toEqual(['impossible, so not shown: memory of type percpu: pages is -8']);
    const sum = soundOf('usage', ['types', 0, 'pages'], 61);
    expect(sum.types.map(({ pages }) => pages)).toEqual([61, 10, null, null]);
    expect(sum.warnings).toEqual([
      'impossible, so not shown: the types: total.pages is 100, but its parts add up to 101',
    ]);
  });
});
