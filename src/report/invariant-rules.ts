import { PAGE_SIZE, PHYSICAL_LIMIT } from '../machine.ts';
import { type Fields, type Invariant, numberAt } from './invariants.ts';

/** Bytes that a process can address: 56 bits with 5-level paging. */
const USER_SPACE = 2 ** 56;
/** Bytes from the image to the end of the modules' region (Documentation/arch/x86/x86_64/mm.rst). */
const MODULES_SPACE = 2 ** 31;

const named = (what: string, member: string) => (object: Fields) => `${what} ${String(object[member])}`;

/** There cannot be more pages than the report is about. */
const withinTotal = (report: Fields) => ({ pages: numberAt(report, 'total.pages') });

/** A number of pages is a whole number, at most all memory. */
function pagesOf(of: string, called: Invariant['called']): Invariant {
  return { of, called, counts: ['pages'], most: withinTotal };
}

const listOf = (object: Fields, member: string) => {
  const list = object[member];
  return Array.isArray(list) ? (list as readonly Fields[]) : [];
};

const USAGE: readonly Invariant[] = [
  {
    of: 'total',
    called: () => 'all memory',
    counts: ['pages'],
    most: () => ({ pages: PHYSICAL_LIMIT / PAGE_SIZE }),
  },
  { ...pagesOf('types[]', named('memory of type', 'type')), dependents: withoutRemainders },
  {
    of: '',
    called: () => 'the types',
    sum: { parts: (report) => listOf(report, 'types').map(({ pages }) => pages), whole: 'total.pages' },
    clears: withoutRemainders,
  },
  {
    of: 'crashKernel',
    called: () => 'the memory of the crash kernel',
    counts: ['reserved.pages', 'inDump.pages'],
    parts: [['inDump.pages', 'reserved.pages']],
    most: (report) => ({
      'reserved.pages': PHYSICAL_LIMIT / PAGE_SIZE,
      'inDump.pages': listOf(report, 'types').find(({ type }) => type === 'reserved')?.pages as
        | number
        | undefined,
    }),
  },
  pagesOf('slabs.unlisted', () => 'slabs of no cache listed'),
  {
    ...pagesOf('slabs.largest[]', named('slab cache', 'name')),
    counts: ['pages', 'active', 'objects', 'slabs', 'objectSize', 'slotSize'],
    parts: [
      ['active', 'objects'],
      ['objectSize', 'slotSize'],
    ],
    most: (report, cache) => ({
      ...withinTotal(report),
      objects: product(cache, 'slabs', 'objectsPerSlab'),
    }),
  },
  {
    ...pagesOf('files.largest[]', named('the file whose address_space is at', 'mapping')),
    counts: ['pages', 'dirty', 'nrpages'],
  },
  { of: 'processes.rss', called: () => 'the memory of processes', counts: ['pages'] },
  {
    of: 'processes.largest[]',
    called: named('process', 'pid'),
    counts: ['rss', 'anon', 'file', 'shmem', 'swap', 'pageTableBytes'],
    parts: [
      ['anon', 'rss'],
      ['file', 'rss'],
      ['shmem', 'rss'],
    ],
    most: () => ({
      rss: USER_SPACE / PAGE_SIZE,
      swap: USER_SPACE / PAGE_SIZE,
      pageTableBytes: PHYSICAL_LIMIT,
    }),
  },
  {
    of: 'cgroups.largest[]',
    called: named('cgroup', 'path'),
    counts: ['current', 'percpu', 'sock', 'zswap'],
    most: () => ({
      current: PHYSICAL_LIMIT,
      percpu: PHYSICAL_LIMIT,
      sock: PHYSICAL_LIMIT,
      zswap: PHYSICAL_LIMIT,
    }),
  },
  {
    of: 'cgroupCharges.largest[]',
    called: named('cgroup', 'path'),
    counts: ['current'],
    most: () => ({ current: PHYSICAL_LIMIT }),
  },
  {
    of: 'vmalloc.largest[]',
    called: named('vmalloc areas of', 'caller'),
    counts: ['pages', 'areas', 'size'],
    parts: [['bytes', 'size']],
  },
  pagesOf('percpu.counted', () => 'per-CPU memory'),
  pagesOf('percpu.dynamic', () => 'per-CPU memory made after boot'),
  {
    of: 'hugetlb[]',
    called: (pool) => `huge pages of ${String(pool.size)} bytes`,
    counts: ['total', 'free', 'reserved', 'surplus'],
    parts: [
      ['free', 'total'],
      ['surplus', 'total'],
    ],
    most: (report, pool) => ({ total: ratio(numberAt(report, 'total.bytes'), numberAt(pool, 'size')) }),
  },
  { of: 'modules', called: () => 'all modules', counts: ['bytes'], most: () => ({ bytes: MODULES_SPACE }) },
  {
    of: 'modules.largest[]',
    called: named('module', 'name'),
    counts: ['bytes'],
    most: () => ({ bytes: MODULES_SPACE }),
    dependents: (report) => ({
      ...report,
      modules: { ...(report.modules as Fields), bytes: null, countExact: false },
    }),
  },
];

function product(object: Fields, a: string, b: string): number | undefined {
  const [x, y] = [numberAt(object, a), numberAt(object, b)];
  return x === undefined || y === undefined ? undefined : x * y;
}

function ratio(whole: number | undefined, part: number | undefined): number | undefined {
  return whole === undefined || !part ? undefined : Math.floor(whole / part);
}

/** These types are what the others leave, so they depend on the others. */
function withoutRemainders(report: Fields): Fields {
  const types = listOf(report, 'types').map((row) =>
    row.type === 'notAttributed' || row.type === 'reserved' ? { ...row, pages: null, bytes: null } : row,
  );
  return { ...report, types };
}

/** An unknown row of `pages` has a least value. */
const unknownRow = (row: Fields): Fields => ({
  ...row,
  pages: null,
  bytes: null,
  atLeast: { pages: 0, bytes: 0 },
});

const CLASSES = [
  ...['zero', 'nonPrivateCache', 'privateCache', 'user', 'free', 'kernelData'],
  ...['hwpoison', 'offline', 'uninitialized', 'zoneDevice'],
];

const PAGES: readonly Invariant[] = [
  ...CLASSES.map(
    (name): Invariant => ({
      ...pagesOf(`classes.${name}`, () => `pages of class ${name}`),
      clears: unknownRow,
    }),
  ),
  {
    of: '',
    called: () => 'the classes',
    sum: {
      parts: (report) => [...classPages(report), numberAt(report, 'unknown.pages')],
      whole: 'total.pages',
    },
    clears: (report) => ({ ...report, total: unknownRow(report.total as Fields) }),
  },
];

/** Pages of the classes. Those of makedumpfile do not add up to its total. */
function classPages({ compat, classes }: Fields): unknown[] {
  return compat === null ? Object.values(classes as Fields).map((row) => (row as Fields).pages) : [null];
}

const PS: readonly Invariant[] = [
  {
    of: 'tasks[]',
    called: named('the memory of process', 'pid'),
    counts: ['anon', 'file', 'shmem', 'total']
      .map((kind) => `memory.rss.${kind}`)
      .concat('memory.swap', 'memory.pageTables'),
    parts: ['anon', 'file', 'shmem'].map((kind) => [`memory.rss.${kind}`, 'memory.rss.total'] as const),
    most: () => ({
      'memory.rss.total': USER_SPACE,
      'memory.swap': USER_SPACE,
      'memory.pageTables': PHYSICAL_LIMIT,
    }),
    clears: (task, reason) => ({ ...task, memory: null, missing: reason }),
  },
];

/** Makes a value of `info` unknown, with the reason. */
const unavailable =
  (name: string) =>
  (report: Fields, reason: string): Fields => ({
    ...report,
    [name]: null,
    unavailable: { ...(report.unavailable as Fields), [name]: reason },
  });

const amountOf = (name: string): Invariant => ({
  of: '',
  called: () => name,
  counts: [`${name}.total`, `${name}.free`],
  parts: [[`${name}.free`, `${name}.total`]],
  most: () => ({ [`${name}.total`]: PHYSICAL_LIMIT }),
  clears: unavailable(name),
});

const INFO: readonly Invariant[] = [
  amountOf('memory'),
  amountOf('swap'),
  {
    of: '',
    called: () => 'CPUs',
    counts: ['cpus.possible', 'cpus.online'],
    parts: [['cpus.online', 'cpus.possible']],
    clears: unavailable('cpus'),
  },
];

/** What must hold for each report, by its schema. */
export const INVARIANTS: Readonly<Record<string, readonly Invariant[]>> = {
  'kdump-inspect/usage/1': USAGE,
  'kdump-inspect/pages/1': PAGES,
  'kdump-inspect/ps/1': PS,
  'kdump-inspect/info/1': INFO,
};
