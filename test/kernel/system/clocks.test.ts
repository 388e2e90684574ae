import { afterEach, describe, expect, test, vi } from 'vitest';
import { readClocks } from '../../../src/kernel/system/clocks.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { packed } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

const PLACE = 0x200;
const SIZE = 80;

/** A timekeeper with the members that are read, in an arbitrary order. */
function types(sequenceSize: number, named: number | null, count: string): BuiltBtf {
  const btf = new BuiltBtf();
  const u32 = btf.int('unsigned int', 4);
  const u64 = btf.int('long unsigned int', 8);
  const s64 = btf.int('long long int', 8, { signed: true });
  const timespec = btf.struct('timespec64', 16, [
    ['tv_sec', s64, 0],
    ['tv_nsec', s64, 8],
  ]);
  const base = btf.struct('tk_read_base', 24, [
    ['shift', u32, 0],
    ['xtime_nsec', u64, 8],
    ['base', s64, 16],
  ]);
  const timekeeper = btf.struct('timekeeper', SIZE, [
    ['tkr_mono', base, 0],
    ['xtime_sec', u64, 24],
    ['wall_to_monotonic', timespec, 32],
    ['offs_boot', s64, 48],
  ]);
  btf.struct(count, sequenceSize, []);
  if (named !== null) btf.struct('tk_data', named + SIZE, [['timekeeper', timekeeper, named]]);
  return btf;
}

interface TimePlan {
  readonly symbol?: string;
  readonly sequenceSize?: number;
  /** The type of the count: seqcount_t before 5.10. */
  readonly count?: string;
  readonly named?: number | null;
  /** Offset of the timekeeper from the symbol. */
  readonly at?: number;
  readonly base?: bigint;
  readonly shift?: number;
}

/** The same in a running machine whose sequence count takes these values in turn. */
function runningAt(plan: TimePlan, counts: readonly number[]) {
  const { kernel } = kernelAt(plan);
  const typed = new TypedKernel({ ...kernel, image: { ...kernel.image, live: true } });
  const left = [...counts];
  const sequence = typed.symbol('tk_core');
  const { space } = typed;
  const read = space.bytes.bind(space);
  let reads = 0;
  vi.spyOn(space, 'bytes').mockImplementation((address, length) => {
    if (address !== sequence) return read(address, length);
    reads++;
    return packed(4, [[0, 4, left.shift() ?? 0]]);
  });
  return { typed, reads: () => reads };
}

/** 1,000 s since boot at 1,700,000,000.25 s, after 500 s of suspend. */
function kernelAt(plan: TimePlan) {
  const {
    symbol = 'tk_core',
    sequenceSize = 4,
    count = 'seqcount_raw_spinlock_t',
    named = null,
    at = 8,
    base = 1_000_000_000_005n,
    shift = 24,
  } = plan;
  const built = new BuiltTypedKernel(types(sequenceSize, named, count), { [symbol]: PLACE });
  const bytes = packed(SIZE, [
    [0, 4, shift],
    [8, 8, 250_000_000n << 24n],
    [16, 8, base],
    [24, 8, 1_700_000_000n],
    [32, 8, -1_699_999_000n],
    [40, 8, 5n],
    [48, 8, 500_000_000_000n],
  ]);
  built.write(PLACE + at, bytes);
  return built.typed;
}

const CLOCKS = { uptime: 1_500_250_000_005n, suspended: 500_000_000_000n, wall: 1_700_000_000_250_000_000n };

describe('the clocks', () => {
  test('are after a sequence count', () => {
    expect(readClocks(kernelAt({}))).toEqual(CLOCKS);
  });

  test('are after a longer one if lockdep is built in', () => {
    expect(readClocks(kernelAt({ sequenceSize: 52, at: 56 }))).toEqual(CLOCKS);
  });

  test('are after one of another type before 5.10', () => {
    expect(readClocks(kernelAt({ count: 'seqcount_t' }))).toEqual(CLOCKS);
  });

  test("are where the kernel's types say, with one timekeeper or several", () => {
    expect(readClocks(kernelAt({ named: 32, at: 32 }))).toEqual(CLOCKS);
    expect(readClocks(kernelAt({ symbol: 'timekeeper_data', named: 8 }))).toEqual(CLOCKS);
  });

  test.each([
    ['elsewhere', { at: 16 }],
    ['of another base', { base: 1n }],
    ['with an impossible shift', { shift: 60 }],
  ])('are not believed %s', (_, plan) => {
    expect(failureOf(() => readClocks(kernelAt(plan))).kind).toBe('corrupt');
  });

  test('are missing without a timekeeper', () => {
    expect(failureOf(() => readClocks(kernelAt({ symbol: 'other' }))).kind).toBe('missingInfo');
  });
});

describe('the clocks of a running machine', () => {
  afterEach(() => vi.restoreAllMocks());

  test('are read once if no update is under way and none begins', () => {
    const { typed, reads } = runningAt({}, [6, 6]);
    expect(readClocks(typed)).toEqual(CLOCKS);
    expect(reads()).toBe(2);
  });

  test('are read again if an update was under way (an odd count) or occurred', () => {
    const { typed, reads } = runningAt({}, [5, 6, 8, 10, 10]);
    expect(readClocks(typed)).toEqual(CLOCKS);
    // 5: under way, so not read again; 6 and 8: one occurred; 10 and 10: none.
    expect(reads()).toBe(5);
  });

  test('are used after some attempts if they are consistent', () => {
    const odd = Array.from({ length: 99 }, () => 1);
    expect(readClocks(runningAt({}, odd).typed)).toEqual(CLOCKS);
    expect(failureOf(() => readClocks(runningAt({ base: 1n }, odd).typed)).kind).toBe('corrupt');
  });
});
