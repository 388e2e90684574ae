import { describe, expect, it } from 'vitest';
import { MmCounters } from '../../../src/kernel/tasks/mm-counters.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { packed } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

/**
 * percpu: since 6.2; uniprocessor: the same without CONFIG_SMP; atomic: before 6.2; plain: no known kernel.
 */
type Form = 'percpu' | 'uniprocessor' | 'atomic' | 'plain';

const MM = { at: 0x1000, size: 0x100, tables: 8, stat: 16 } as const;
const COUNTER = { size: 24, count: 8, counters: 16 } as const;
const AT = { mask: 0x40, offsets: 0x80, area: 0x4000 } as const;
const CPU_BYTES = 0x4000;
/** In another order than in any kernel: the types give the indexes. */
const INDEXES = [
  ['MM_SWAPENTS', 0],
  ['MM_FILEPAGES', 1],
  ['MM_SHMEMPAGES', 2],
  ['MM_ANONPAGES', 3],
] as const;

function types(form: Form, enumerators: readonly (readonly [string, number])[]): BuiltBtf {
  const btf = new BuiltBtf();
  const s64 = btf.int('long long int', 8, { signed: true });
  const u64 = btf.int('long unsigned int', 8);
  const atomic = btf.struct('', 8, [['counter', s64, 0]]);
  btf.struct('cpumask', 8, [['bits', btf.array(u64, 1), 0]]);
  btf.enum('', enumerators);
  const counters = form === 'percpu' ? [['counters', btf.pointer(0), COUNTER.counters] as const] : [];
  const counter = btf.struct('percpu_counter', COUNTER.size, [['count', s64, COUNTER.count], ...counters]);
  const before = btf.struct('mm_rss_stat', 32, [['count', btf.array(atomic, 4), 0]]);
  const stat = { percpu: btf.array(counter, 4), atomic: before, plain: btf.array(s64, 4) };
  btf.struct('mm_struct', MM.size, [
    ['pgtables_bytes', atomic, MM.tables],
    ['rss_stat', form === 'uniprocessor' ? stat.percpu : stat[form], MM.stat],
  ]);
  return btf;
}

interface Plan {
  readonly form: Form;
  readonly counts: readonly number[];
  /** What each CPU has not yet added, by index of the counter. */
  readonly cpus?: readonly (readonly number[])[];
  /** Where in a CPU's area each counter has its value; bytes. */
  readonly places?: readonly number[];
  readonly enumerators?: readonly (readonly [string, number])[];
}

function countersOf({ form, counts, cpus = [], places = [0, 4, 8, 12], enumerators = INDEXES }: Plan) {
  const symbols = { __cpu_possible_mask: AT.mask, __per_cpu_offset: AT.offsets };
  const built = new BuiltTypedKernel(types(form, enumerators), symbols);
  const write = (offset: number, value: number, bytes: 4 | 8 = 8) =>
    built.write(
      offset,
      packed(bytes, [[0, bytes, bytes === 8 ? BigInt.asUintN(64, BigInt(value)) : value >>> 0]]),
    );
  write(MM.at + MM.tables, 40960);
  write(AT.mask, 2 ** cpus.length - 1);
  cpus.forEach((_, cpu) => {
    write(AT.offsets + 8 * cpu, CPU_BYTES * cpu);
  });
  const each = form === 'atomic' || form === 'plain' ? 8 : COUNTER.size;
  counts.forEach((count, i) => {
    const at = MM.at + MM.stat + each * i;
    write(at + (each === 8 ? 0 : COUNTER.count), count);
    const place = AT.area + (places[i] ?? 0);
    if (form === 'percpu') built.writeU64(at + COUNTER.counters, built.at(place));
    cpus.forEach((pending, cpu) => {
      write(place + CPU_BYTES * cpu, pending[i] ?? 0, 4);
    });
  });
  return {
    read: (tasks: readonly number[] = []) => new MmCounters(built.typed).read(built.at(MM.at), tasks),
  };
}

const NONE = { file: 0, anon: 0, swap: 0, shmem: 0 };
const COUNTS = [3, 100, 7, 200];
const PAGES = { swap: 3, file: 100, shmem: 7, anon: 200 };

describe('the memory of a process', () => {
  it('is its counts and what CPUs have not yet added, by the names in the types', () => {
    const cpus = [
      [1, -20, 0, 5],
      [0, 5, 2, 5],
    ];
    expect(countersOf({ form: 'percpu', counts: COUNTS, cpus }).read()).toEqual({
      pages: { swap: 4, file: 85, shmem: 9, anon: 210 },
      cached: { swap: 1, file: -15, shmem: 2, anon: 10 },
      pageTables: 40960,
    });
  });

  it('is found wherever the values of a CPU lie, in any order', () => {
    const plan = { form: 'percpu', counts: COUNTS, cpus: [[1, 2, 3, 4]] } as const;
    const cached = { swap: 1, file: 2, shmem: 3, anon: 4 };
    for (const places of [
      [64, 16, 4080, 0],
      [0, 4096, 8, 16],
    ])
      expect(countersOf({ ...plan, places }).read().cached).toEqual(cached);
  });

  it('is just the counts if there is only one CPU', () => {
    expect(countersOf({ form: 'uniprocessor', counts: COUNTS }).read()).toMatchObject({
      pages: PAGES,
      cached: NONE,
    });
  });

  it('is its counts and what its tasks have not yet added, before 6.2', () => {
    const { read } = countersOf({ form: 'atomic', counts: COUNTS });
    expect(read()).toMatchObject({ pages: PAGES, cached: NONE });
    expect(read([0, -1, 0, 2])).toMatchObject({
      pages: { ...PAGES, file: 99, anon: 202 },
      cached: { ...NONE, file: -1, anon: 2 },
    });
  });

  it('is never negative, though a counter may be for a moment', () => {
    const { pages, cached } = countersOf({
      form: 'percpu',
      counts: [0, -5, 0, 0],
      cpus: [[0, 2, 0, -1]],
    }).read();
    expect([pages, cached]).toEqual([NONE, { ...NONE, file: 2, anon: -1 }]);
  });
});

describe('impossible counters', () => {
  const counts = COUNTS;

  it('are rejected if they lie too far apart for one process', () => {
    const plan = { form: 'percpu', counts, cpus: [[0, 0, 0, 0]], places: [0, 4, 8, 4104] } as const;
    expect(failureOf(() => countersOf(plan).read()).kind).toBe('corrupt');
  });

  it('are rejected in an unknown form, and without a name', () => {
    expect(failureOf(() => countersOf({ form: 'plain', counts }).read()).kind).toBe('unsupported');
    const enumerators = INDEXES.slice(1);
    const { kind, message } = failureOf(() => countersOf({ form: 'percpu', counts, enumerators }).read());
    expect([kind, message]).toEqual(['missingInfo', "this kernel's BTF has no MM_SWAPENTS"]);
  });
});
