import v8 from 'node:v8';
import vm from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settle } from '../../src/cli/settle.ts';

const MIB = 2 ** 20;
const collect = vi.fn();
beforeEach(() => {
  collect.mockReset();
  vi.spyOn(v8, 'setFlagsFromString').mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

/** So many bytes of objects, and of buffers beside them. */
function heapOf(heapUsed: number, external: number): void {
  const usage = { heapUsed, external, rss: 0, heapTotal: 0, arrayBuffers: 0 };
  vi.spyOn(process, 'memoryUsage').mockImplementation(Object.assign(() => usage, { rss: () => 0 }));
}

/** Ends a run with such a heap, where V8 gives `gc` to who asks. */
function settleWith(heapUsed: number, external: number, gc: unknown = collect): void {
  heapOf(heapUsed, external);
  vi.spyOn(vm, 'runInNewContext').mockImplementation((code) => (code === 'gc' ? gc : undefined));
  settle();
}

describe('the end of a run', () => {
  it.each([
    [12 * MIB, MIB],
    [6 * MIB, 9 * MIB],
  ])('collects garbage, so that no thread of V8 waits for ever for that: %i and %i', (heap, buffers) => {
    settleWith(heap, buffers);
    expect(collect).toHaveBeenCalledTimes(1);
    expect(v8.setFlagsFromString).toHaveBeenCalledWith('--expose-gc');
  });

  it('does not where the heap is small, for that takes a while itself', () => {
    settleWith(6 * MIB, 3 * MIB);
    expect(collect).not.toHaveBeenCalled();
    expect(v8.setFlagsFromString).not.toHaveBeenCalled();
  });

  it('is an end too where V8 gives no such function', () => {
    expect(() => settleWith(12 * MIB, MIB, null)).not.toThrow();
  });

  it('leaves no object that nothing holds', async () => {
    vi.mocked(v8.setFlagsFromString).mockRestore();
    heapOf(12 * MIB, MIB);
    const garbage = new WeakRef({ held: 'by nothing' });
    // A WeakRef keeps its object until the job that made it is over.
    await new Promise(setImmediate);
    settle();
    expect(garbage.deref()).toBeUndefined();
  });
});
