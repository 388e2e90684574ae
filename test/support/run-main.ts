import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { main } from '../../src/cli/main.ts';
import type { Ran } from './run.ts';

const STREAMS = { stdout: 1, stderr: 2 } as const;

/**
 * Runs the program in this process, from source, as if it had been started without a terminal: several times as fast as a
 * process of its own, and what it runs is counted as covered. Caught is what goes to the descriptors 1 and 2, and to
 * process.stdout and process.stderr; test/cli/built.test.ts shows that the built program says the same.
 */
export async function runMain(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const caught = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const release = catchOutput((stream, bytes) => caught[stream].push(bytes), {
    PATH: process.env.PATH ?? '',
    ...env,
  });
  try {
    const status = await main(args);
    const text = (stream: keyof typeof STREAMS) => Buffer.concat(caught[stream]).toString('utf8');
    return { status, stdout: text('stdout'), stderr: text('stderr') };
  } finally {
    release();
  }
}

type Stream = keyof typeof STREAMS;
type Catch = (stream: Stream, bytes: Buffer) => void;

let catching = false;

/** Puts `caught` in the place of stdout and stderr, and `env` in that of the environment, until what it returns is called. */
function catchOutput(caught: Catch, env: Record<string, string>): () => void {
  if (catching) throw new Error('the program runs here once at a time: await it');
  catching = true;
  const { writeSync, fstatSync } = fs;
  const streams = Object.keys(STREAMS) as Stream[];
  const before = { env: process.env, stdout: process.stdout.write, stderr: process.stderr.write };
  const streamOf = (fd: number) => streams.find((stream) => STREAMS[stream] === fd);
  fs.writeSync = ((fd: number, bytes: Uint8Array, ...rest: [number?, number?]) => {
    const stream = streamOf(fd);
    if (stream === undefined) return writeSync(fd, bytes, ...rest);
    const [from = 0] = rest;
    caught(stream, Buffer.from(bytes.subarray(from)));
    return bytes.length - from;
  }) as typeof fs.writeSync;
  // Where the tests run in a terminal the program is not to find it.
  const pipe = fs.openSync('/dev/null', 'r');
  fs.fstatSync = ((fd: number, ...rest: []) =>
    fstatSync(streamOf(fd) === undefined ? fd : pipe, ...rest)) as typeof fs.fstatSync;
  for (const stream of streams)
    process[stream].write = (text: string | Uint8Array) => {
      caught(stream, Buffer.from(text as string));
      return true;
    };
  process.env = env;
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, { writeSync, fstatSync });
    syncBuiltinESMExports();
    fs.closeSync(pipe);
    for (const stream of streams) process[stream].write = before[stream];
    process.env = before.env;
    catching = false;
  };
}
