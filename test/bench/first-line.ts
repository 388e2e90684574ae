import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Milliseconds from the start of a program to the first line that it prints; the least of several runs. */
export async function leastToFirstLine(program: string, args: readonly string[], runs: number) {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) least = Math.min(least, await toFirstLine(program, args));
  return least;
}

/** @throws Error if it prints nothing */
async function toFirstLine(program: string, args: readonly string[]): Promise<number> {
  const start = performance.now();
  let took: number | undefined;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.on('data', () => {
    took ??= performance.now() - start;
  });
  await once(child, 'close');
  if (took === undefined) throw new Error(`${args.join(' ')} printed nothing`);
  return took;
}
