import v8 from 'node:v8';
import vm from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { collectBeforeExit } from '../../src/cli/collect-before-exit.ts';

const MIB = 2 ** 20;
const collect = vi.fn();
beforeEach(() => {
  collect.mockReset();
  vi.spyOn(v8, 'setFlagsFromString').mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

/** When the run began, by milliseconds(). */
const BEGUN = 5000;

/** A run: its milliseconds, and its bytes of objects and of buffers. */
function ended(took: number, used_heap_size: number, external_memory: number): void {
  vi.spyOn(process, 'hrtime').mockReturnValue([5, took * 1e6]);
  const statistics = { ...v8.getHeapStatistics(), used_heap_size, external_memory };
  vi.spyOn(v8, 'getHeapStatistics').mockReturnValue(statistics);
}

/** Ends such a run, if V8 provides `gc`. */
function settleAfter([took, heap, buffers]: [number, number, number], gc: unknown = collect): void {
  ended(took, heap, buffers);
  vi.spyOn(vm, 'runInNewContext').mockImplementation((code) => (code === 'gc' ? gc : undefined));
  collectBeforeExit(BEGUN);
}

describe('the end of a run', () => {
  it.each([
    [12 * MIB, MIB],
    [6 * MIB, 9 * MIB],
  ])('collects garbage, so that no thread of V8 waits for ever for that: %i and %i', (heap, buffers) => {
    settleAfter([150, heap, buffers]);
    expect(collect).toHaveBeenCalledTimes(1);
    expect(v8.setFlagsFromString).toHaveBeenCalledWith('--expose-gc');
  });

  it.each<[string, [number, number, number]]>([
    ['the heap is small', [900, 6 * MIB, 3 * MIB]],
    ['the run was short', [100, 12 * MIB, MIB]],
  ])('does not where %s, because that takes a while itself', (_, run) => {
    settleAfter(run);
    expect(collect).not.toHaveBeenCalled();
    expect(v8.setFlagsFromString).not.toHaveBeenCalled();
  });

  it('works also if V8 provides no such function', () => {
    expect(() => settleAfter([900, 12 * MIB, MIB], null)).not.toThrow();
  });

  it('works also if V8 has no memory for it', () => {
    ended(900, 12 * MIB, MIB);
    vi.spyOn(vm, 'runInNewContext').mockImplementation(() => new ArrayBuffer(Number.MAX_SAFE_INTEGER));
    expect(() => collectBeforeExit(BEGUN)).not.toThrow();
  });

  it('leaves no unreachable object', async () => {
    vi.mocked(v8.setFlagsFromString).mockRestore();
    ended(900, 12 * MIB, MIB);
    const garbage = new WeakRef({ held: 'by nothing' });
    // A WeakRef keeps its object until the current job ends.
    await new Promise(setImmediate);
    collectBeforeExit(BEGUN);
    expect(garbage.deref()).toBeUndefined();
  });
});
