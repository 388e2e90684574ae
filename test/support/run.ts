import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built program. */
export const PROGRAM = fileURLToPath(new URL('../../dist/kdump-inspect.js', import.meta.url));

/** The outcome of a run of the built program. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program as a user would, without a terminal. */
export function run(args: readonly string[], env: Record<string, string> = {}): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', ...env },
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

/** Runs a shell command line in which $KI is the built program: for pipes. */
export function shell(command: string): Ran {
  const env = { PATH: process.env.PATH ?? '', KI: `${process.execPath} ${PROGRAM}` };
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command], {
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}
