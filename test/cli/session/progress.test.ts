import { describe, expect, it, vi } from 'vitest';
import { progressBar } from '../../../src/cli/session/progress.ts';
import { CLEARED, leaveTerminal, pass, sent, watchBars } from '../../support/bar-terminal.ts';

watchBars();

describe('a progress bar', () => {
  it('shows nothing for work that takes less than a second', () => {
    const { update, end } = progressBar('reading', {});
    pass(999);
    update(1, 2);
    end();
    expect(sent()).toBe('');
  });

  it('shows the share that is done, and the time that the rest takes at that pace', () => {
    const { update } = progressBar('reading', {});
    pass(3000);
    update(3, 4);
    expect(sent()).toBe(`\rreading [${'#'.repeat(22)}${'.'.repeat(8)}] 75 %, 1 s left \x1b[K`);
  });

  it('is drawn at most ten times per second', () => {
    const { update } = progressBar('reading', {});
    pass(2000);
    update(1, 4);
    expect(sent()).toContain(' 25 %');
    pass(99);
    update(2, 4);
    expect(sent()).toBe('');
    pass(1);
    update(3, 4);
    expect(sent()).toContain(' 75 %');
  });

  it('estimates no time before anything is done, and is full if there is nothing to do', () => {
    const { update } = progressBar('reading', {});
    pass(2000);
    update(0, 4);
    expect(sent()).toBe(`\rreading [${'.'.repeat(30)}] 0 % \x1b[K`);
    pass(1000);
    update(0, 0);
    expect(sent()).toBe(`\rreading [${'#'.repeat(30)}] 100 %, 0 s left \x1b[K`);
  });

  it('estimates no time from the first hundredth of the work', () => {
    const { update } = progressBar('reading', {});
    pass(3000);
    update(9, 1000);
    expect(sent()).toBe(`\rreading [${'.'.repeat(30)}] 0 % \x1b[K`);
    pass(1000);
    update(10, 1000);
    expect(sent()).toBe(`\rreading [${'.'.repeat(30)}] 1 %, 396 s left \x1b[K`);
  });

  it('is removed after the work', () => {
    const { update, end } = progressBar('reading', {});
    pass(2000);
    update(1, 2);
    sent();
    end();
    expect(sent()).toBe(CLEARED);
  });

  it('is only for terminals, and not with --quiet', () => {
    const quiet = progressBar('reading', { quiet: true });
    leaveTerminal();
    const unseen = progressBar('reading', {});
    pass(2000);
    for (const { update, end } of [quiet, unseen]) {
      update(1, 2);
      end();
    }
    expect(sent()).toBe('');
  });
});

describe('a progress bar of work that returns to the event loop', () => {
  const listening = () => ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => process.listenerCount(signal));

  it('is removed before a signal ends the process', () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const { update } = progressBar('reading', {}, true);
    const before = listening();
    pass(2000);
    update(1, 2);
    sent();
    process.emit('SIGHUP', 'SIGHUP');
    expect(sent()).toBe(CLEARED);
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGHUP']]);
    expect(listening()).toEqual(before);
  });

  it('listens to signals once, from its first drawing until it is removed', () => {
    const before = listening();
    const { update, end } = progressBar('reading', {}, true);
    update(1, 4);
    expect(listening()).toEqual(before);
    for (let i = 1; i < 4; i++) {
      pass(2000);
      update(i, 4);
    }
    expect(listening()).toEqual(before.map((count) => count + 1));
    end();
    expect(listening()).toEqual(before);
  });

  it('does not listen to signals that would be lost because the work never returns to the event loop', () => {
    const before = listening();
    const { update, end } = progressBar('reading', {});
    pass(2000);
    update(1, 2);
    expect(listening()).toEqual(before);
    end();
  });
});
