import fs from 'node:fs';
import type { Command } from '../../src/cli/command/command.ts';
import { main } from '../../src/cli/main.ts';
import type { Ran } from './run.ts';
import { replaceCalls } from './system-calls.ts';

const STREAMS = { stdout: 1, stderr: 2 } as const;

/**
 * Runs the program in this process, from source, as if it had been started without a terminal. This is
 * several times as fast as a separate process, and counts for coverage. It catches what goes to the
 * descriptors 1 and 2, and to process.stdout and process.stderr. test/cli/built.test.ts shows that the built
 * program says the same.
 */
export async function runMain(
  args: readonly string[],
  env: Record<string, string> = {},
  commands?: readonly Command[],
): Promise<Ran> {
  const caught = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const release = catchOutput((stream, bytes) => caught[stream].push(bytes), {
    PATH: process.env.PATH ?? '',
    ...env,
  });
  try {
    const status = await main(args, commands);
    const text = (stream: keyof typeof STREAMS) => Buffer.concat(caught[stream]).toString('utf8');
    return { status, stdout: text('stdout'), stderr: text('stderr') };
  } finally {
    release();
  }
}

type Stream = keyof typeof STREAMS;
type Catch = (stream: Stream, bytes: Buffer) => void;

let catching = false;

/**
 * Puts `caught` in place of stdout and stderr, and `env` in place of the environment, until the returned
 * function is called.
 */
function catchOutput(caught: Catch, env: Record<string, string>): () => void {
  if (catching) throw new Error('the program runs here once at a time: await it');
  catching = true;
  const streams = Object.keys(STREAMS) as Stream[];
  const before = { env: process.env, stdout: process.stdout.write, stderr: process.stderr.write };
  const restore = catchCalls(caught, (fd) => streams.find((stream) => STREAMS[stream] === fd));
  for (const stream of streams)
    process[stream].write = (text: string | Uint8Array) => {
      caught(stream, Buffer.from(text as string));
      return true;
    };
  process.env = env;
  return () => {
    process.env = before.env;
    for (const stream of streams) process[stream].write = before[stream];
    restore();
    catching = false;
  };
}

function catchCalls(caught: Catch, streamOf: (fd: number) => Stream | undefined): () => void {
  const { writeSync, fstatSync } = fs;
  // If the tests run in a terminal, the program must not find it.
  const noTerminal = fs.openSync('/dev/null', 'r');
  const restore = replaceCalls({
    writeSync: ((fd: number, bytes: Uint8Array, from?: number | null) => {
      const stream = streamOf(fd);
      if (stream === undefined) return writeSync(fd, bytes, from);
      const rest = bytes.subarray(from ?? 0);
      caught(stream, Buffer.from(rest));
      return rest.length;
    }) as typeof writeSync,
    fstatSync: ((fd: number) => fstatSync(streamOf(fd) === undefined ? fd : noTerminal)) as typeof fstatSync,
  });
  return () => {
    restore();
    fs.closeSync(noTerminal);
  };
}
