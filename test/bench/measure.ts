import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a program used: the least of several runs, because the rest of the machine can only add to it. */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMib: number;
  /** null if the system does not say. */
  readonly bytes: number | null;
}

export type CommandLine = readonly [program: string, ...args: string[]];

/** The two small C programs that measure, built for one benchmark. */
export class Instruments {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-bench-'));
  readonly #measure: string;
  readonly #readLoop: string;

  /** @throws Error without a C compiler: Node.js cannot ask what a child has used */
  constructor() {
    this.#measure = this.#build('measure');
    this.#readLoop = this.#build('read-loop');
  }

  #build(name: string): string {
    const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
    execFileSync('cc', ['-O2', '-o', join(this.#folder, name), source], { stdio: 'inherit' });
    return join(this.#folder, name);
  }

  /** One run. @throws Error if the program fails */
  run(command: CommandLine): Cost {
    const { status, stdout } = spawnSync(this.#measure, command, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command.join(' ')}: exit status ${status}`);
    const [wall = 0, cpu = 0, peak = 0, bytes = -1] = stdout.trim().split(' ').map(Number);
    return { wallMs: wall / 1e6, cpuMs: cpu / 1e3, peakMib: peak / 1024, bytes: bytes < 0 ? null : bytes };
  }

  /** Milliseconds that a plain loop takes to make these recorded reads of a file. */
  readLoop(path: string, reads: string): number {
    return Number(execFileSync(this.#readLoop, [path], { encoding: 'utf8', input: reads })) / 1e6;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** The least of each figure, but the highest peak. */
export function least(costs: readonly Cost[]): Cost {
  return {
    wallMs: Math.min(...costs.map((cost) => cost.wallMs)),
    cpuMs: Math.min(...costs.map((cost) => cost.cpuMs)),
    peakMib: Math.max(...costs.map((cost) => cost.peakMib)),
    bytes: costs.at(-1)?.bytes ?? null,
  };
}
