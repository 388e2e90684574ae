import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { interruptible } from '../../../src/cli/session/interruptible.ts';
import { InspectError } from '../../../src/errors.ts';

const ENDLESS = fileURLToPath(new URL('../../support/endless.ts', import.meta.url));

/** Runs endless work, and sends a signal as soon as it has begun. */
function endedBy(signal: NodeJS.Signals): Promise<{ signal: NodeJS.Signals | null; said: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', ENDLESS], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said === 'begun\n') child.kill(signal);
  });
  return new Promise((resolve) => {
    child.on('close', (_status, by) => resolve({ signal: by, said }));
  });
}

describe('work that Ctrl-C can end', () => {
  it('ends at any point, calls `last`, and then ends the process by that signal', async () => {
    expect(await endedBy('SIGINT')).toEqual({ signal: 'SIGINT', said: 'begun\nlast\n' });
  });

  it('is ended by other signals like any process', async () => {
    expect(await endedBy('SIGTERM')).toEqual({ signal: 'SIGTERM', said: 'begun\n' });
  });

  it('returns or throws its result without calling `last`', () => {
    const last = vi.fn();
    const made = { of: 'work' };
    expect(interruptible(() => made, last)).toBe(made);
    const error = new InspectError('corrupt', 'no work');
    const failing = () =>
      interruptible(() => {
        throw error;
      }, last);
    expect(failing).toThrow(error);
    expect(last).not.toHaveBeenCalled();
  });
});
