import v8 from 'node:v8';
import vm from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settle } from '../../src/cli/settle.ts';

const collect = vi.fn();
beforeEach(() => {
  collect.mockReset();
  vi.spyOn(v8, 'setFlagsFromString').mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

/** Ends a run that took so many seconds of processor time, where V8 gives `gc` to who asks. */
function settleAfter(user: number, system: number, gc: unknown = collect): void {
  vi.spyOn(process, 'cpuUsage').mockReturnValue({ user: user * 1e6, system: system * 1e6 });
  vi.spyOn(vm, 'runInNewContext').mockImplementation((code) => (code === 'gc' ? gc : undefined));
  settle();
}

describe('the end of a run', () => {
  it('collects garbage, so that no thread of V8 waits for ever for that', () => {
    settleAfter(0.15, 0.1);
    expect(collect).toHaveBeenCalledTimes(1);
    expect(v8.setFlagsFromString).toHaveBeenCalledWith('--expose-gc');
  });

  it('does not where it was short, for that takes a while itself', () => {
    settleAfter(0.1, 0.05);
    expect(collect).not.toHaveBeenCalled();
    expect(v8.setFlagsFromString).not.toHaveBeenCalled();
  });

  it('is an end too where V8 gives no such function', () => {
    expect(() => settleAfter(1, 1, null)).not.toThrow();
  });

  it('leaves no object that nothing holds', async () => {
    vi.mocked(v8.setFlagsFromString).mockRestore();
    vi.spyOn(process, 'cpuUsage').mockReturnValue({ user: 1e6, system: 0 });
    const garbage = new WeakRef({ held: 'by nothing' });
    // A WeakRef keeps its object until the job that made it is over.
    await new Promise(setImmediate);
    settle();
    expect(garbage.deref()).toBeUndefined();
  });
});
