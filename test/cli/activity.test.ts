import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { activityBar } from '../../src/cli/activity.ts';
import { progressBar } from '../../src/cli/progress.ts';
import { type FakeTerminal, fakeTerminal } from '../support/fake-terminal.ts';

/** Takes the line away: to its begin, and all to its end deleted (ECMA-48 EL). */
const CLEARED = '\r\x1b[K';

let terminal: FakeTerminal;
let now = 0;
let seen = 0;
beforeEach(() => {
  [now, seen] = [5000, 0];
  const hrtime = () => [Math.floor(now / 1000), (now % 1000) * 1e6] as [number, number];
  vi.spyOn(process, 'hrtime').mockImplementation(
    Object.assign(hrtime, { bigint: () => BigInt(now) * 1_000_000n }),
  );
  terminal = fakeTerminal('stderr');
});
afterEach(() => {
  terminal.release();
  vi.restoreAllMocks();
});

/** What the terminal was sent since it was last asked. */
function sent(): string {
  const text = terminal.text().slice(seen);
  seen += text.length;
  return text;
}

describe('the bar of work of unknown length', () => {
  it('shows nothing in the first second, and then for how long the work has gone on', () => {
    const activity = activityBar('reading memory', {});
    now += 999;
    activity?.update();
    expect(sent()).toBe('');
    now += 2001;
    activity?.update();
    expect(sent().replace(/\[\.*#####\.*\]/, '[#]')).toBe('\rreading memory [#] 3 s \x1b[K');
    activity?.end();
    expect(sent()).toBe(CLEARED);
  });

  it('moves, ten times a second at most', () => {
    const activity = activityBar('reading', {});
    now += 2000;
    activity?.update();
    const first = sent();
    now += 99;
    activity?.update();
    expect(sent()).toBe('');
    now += 1;
    activity?.update();
    const second = sent();
    expect(second).not.toBe(first);
    expect([first, second].map((bar) => bar.match(/\[.*\]/)?.[0].length)).toEqual([32, 32]);
    activity?.end();
  });

  it('leaves the line to a bar that knows how far it is, and takes it over when that one stands still', () => {
    const activity = activityBar('reading memory', {});
    const progress = progressBar('reading pages', {});
    now += 2000;
    progress.update(1, 2);
    expect(sent()).toContain('reading pages');
    now += 900;
    activity?.update();
    expect(sent()).toBe('');
    now += 200;
    activity?.update();
    expect(sent()).toContain('reading memory');
    progress.update(1, 2);
    expect(sent()).toContain('reading pages');
    progress.end();
    activity?.end();
    expect(sent()).toBe(CLEARED);
  });

  it('is not drawn again once it has ended', () => {
    const activity = activityBar('reading', {});
    activity?.end();
    now += 5000;
    activity?.update();
    expect(sent()).toBe('');
  });

  it('is for who sees it and wants it', () => {
    expect(activityBar('reading', { quiet: true })).toBeUndefined();
    terminal.release();
    expect(activityBar('reading', {})).toBeUndefined();
  });
});
