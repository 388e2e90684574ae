import { afterEach, beforeEach, vi } from 'vitest';
import { type FakeTerminal, fakeTerminal } from './fake-terminal.ts';

/** Clears the line: cursor to its start, and everything up to its end erased (ECMA-48 EL). */
export const CLEARED = '\r\x1b[K';

let terminal: FakeTerminal;
let now = 0;
let seen = 0;

/** Before each test of a file: stderr is a terminal, and the clock advances only by `pass`. */
export function watchBars(): void {
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
}

/** From here on stderr is not a terminal. */
export function leaveTerminal(): void {
  terminal.release();
}

/** Advances the clock by milliseconds. */
export function pass(milliseconds: number): void {
  now += milliseconds;
}

/** What was sent to the terminal since the last call. */
export function sent(): string {
  const text = terminal.text().slice(seen);
  seen += text.length;
  return text;
}
