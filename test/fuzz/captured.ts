import { createRequire } from 'node:module';

const fs = createRequire(__filename)('node:fs') as typeof import('node:fs');

/** The output of a run of the program. */
export interface Captured {
  stdout: string;
  stderr: string;
}

/** Output past this size is counted but not kept. */
const MOST = 1 << 24;

let into: Captured | undefined;
let terminal = false;
const { writeSync, fstatSync } = fs;

function take(fd: number, text: string): void {
  if (!into) return;
  const stream = fd === 1 ? 'stdout' : 'stderr';
  if (into[stream].length < MOST) into[stream] += text;
}

/** Character device 136:0, the first pseudo-terminal (Documentation/admin-guide/devices.txt). */
const TERMINAL = { mode: 0o020620, rdev: 136 << 8 };

/**
 * From now on, catches all output of the program while it runs, and can make its stdout look like a terminal.
 */
export function installCapture(): void {
  Object.assign(fs, {
    writeSync: (fd: number, data: Uint8Array, ...rest: number[]) => {
      if (!into || fd > 2) return writeSync(fd, data, ...rest);
      take(fd, Buffer.from(data.subarray(rest[0] ?? 0)).toString('utf8'));
      return data.length - (rest[0] ?? 0);
    },
    fstatSync: (fd: number) => (into && fd === 1 && terminal ? TERMINAL : fstatSync(fd)),
  });
  process.stderr.write = ((text: string) => {
    take(2, text);
    return true;
  }) as typeof process.stderr.write;
  process.stdout.write = ((text: string) => {
    take(1, text);
    return true;
  }) as typeof process.stdout.write;
  Object.defineProperty(process.stdout, 'isTTY', { get: () => terminal });
  Object.defineProperty(process.stdout, 'columns', { get: () => (terminal ? 97 : undefined) });
}

/** Runs the program; returns its status and what it printed. */
export async function captured(
  run: () => Promise<number>,
  asTerminal: boolean,
): Promise<Captured & { readonly status: number }> {
  const printed: Captured = { stdout: '', stderr: '' };
  into = printed;
  terminal = asTerminal;
  try {
    const status = await run();
    return { ...printed, status };
  } finally {
    into = undefined;
  }
}
