import { describe, expect, it } from 'vitest';
import { activityBar } from '../../../src/cli/session/activity.ts';
import { progressBar } from '../../../src/cli/session/progress.ts';
import { CLEARED, leaveTerminal, pass, sent, watchBars } from '../../support/bar-terminal.ts';

watchBars();

describe('the bar of work of unknown length', () => {
  it('shows nothing in the first second, and then how long the work has taken', () => {
    const activity = activityBar('reading memory', {});
    pass(999);
    activity?.update();
    expect(sent()).toBe('');
    pass(2001);
    activity?.update();
    expect(sent().replace(/\[\.*#####\.*\]/, '[#]')).toBe('\rreading memory [#] 3 s \x1b[K');
    activity?.end();
    expect(sent()).toBe(CLEARED);
  });

  it('moves at most ten times per second', () => {
    const activity = activityBar('reading', {});
    pass(2000);
    activity?.update();
    const first = sent();
    pass(99);
    activity?.update();
    expect(sent()).toBe('');
    pass(1);
    activity?.update();
    const second = sent();
    expect(second).not.toBe(first);
    expect([first, second].map((bar) => bar.match(/\[.*\]/)?.[0].length)).toEqual([32, 32]);
    activity?.end();
  });

  it('leaves the line to a bar that shows progress, and takes it over if that one stops', () => {
    const activity = activityBar('reading memory', {});
    const progress = progressBar('reading pages', {});
    pass(2000);
    progress.update(1, 2);
    expect(sent()).toContain('reading pages');
    pass(900);
    activity?.update();
    expect(sent()).toBe('');
    pass(200);
    activity?.update();
    expect(sent()).toContain('reading memory');
    progress.update(1, 2);
    expect(sent()).toContain('reading pages');
    progress.end();
    activity?.end();
    expect(sent()).toBe(CLEARED);
  });

  it('is not drawn again after its end', () => {
    const activity = activityBar('reading', {});
    activity?.end();
    pass(5000);
    activity?.update();
    expect(sent()).toBe('');
  });

  it('is only for terminals, and not with --quiet', () => {
    expect(activityBar('reading', { quiet: true })).toBeUndefined();
    leaveTerminal();
    expect(activityBar('reading', {})).toBeUndefined();
  });
});
