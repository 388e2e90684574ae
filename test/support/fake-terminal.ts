import fs from 'node:fs';
import { replaceCalls } from './system-calls.ts';

/** Major number of pseudo-terminals (Documentation/admin-guide/devices.txt), as st_rdev has it. */
const PTS = 136 << 8;

type Stream = 'stdout' | 'stderr';

/** A terminal in place of stdout or stderr of this process. */
export interface FakeTerminal {
  /** What was sent to it. */
  text(): string;
  release(): void;
}

/**
 * Makes a stream of this process look like a terminal to the program, and catches what is written to it,
 * until released.
 */
export function fakeTerminal(stream: Stream, columns = 132): FakeTerminal {
  const sent: Buffer[] = [];
  const fd = stream === 'stdout' ? 1 : 2;
  const { fstatSync, writeSync } = fs;
  const restore = replaceCalls({
    fstatSync: ((of: number) =>
      of === fd ? { mode: fs.constants.S_IFCHR, rdev: PTS } : fstatSync(of)) as typeof fstatSync,
    writeSync: ((to: number, bytes: Uint8Array, from?: number | null) => {
      if (to !== fd) return writeSync(to, bytes, from);
      sent.push(Buffer.from(bytes.subarray(from ?? 0)));
      return bytes.length - (from ?? 0);
    }) as typeof writeSync,
  });
  const { isTTY, columns: width } = process[stream];
  // Without _refreshSize the program cannot ask a terminal that the tests may run in.
  Object.assign(process[stream], { isTTY: true, columns, _refreshSize: undefined });
  return {
    text: () => Buffer.concat(sent).toString('utf8'),
    release: () => {
      Object.assign(process[stream], { isTTY, columns: width });
      restore();
    },
  };
}
