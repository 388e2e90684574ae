import { afterEach, beforeEach, vi } from 'vitest';
import { type FakeTerminal, fakeTerminal } from './fake-terminal.ts';

/** Takes the line away: to its begin, and all to its end deleted (ECMA-48 EL). */
export const CLEARED = '\r\x1b[K';

let terminal: FakeTerminal;
let now = 0;
let seen = 0;

/** Before each test of a file: stderr is a terminal, and the clock goes on only by `pass`. */
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

/** From here on stderr is no terminal. */
export function leaveTerminal(): void {
  terminal.release();
}

/** Lets time pass, milliseconds. */
export function pass(milliseconds: number): void {
  now += milliseconds;
}

/** What the terminal was sent since it was last asked. */
export function sent(): string {
  const text = terminal.text().slice(seen);
  seen += text.length;
  return text;
}
