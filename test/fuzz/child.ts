import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Order, Said } from './protocol.ts';

/** How a worker ended. */
export type End = {
  readonly kind: 'done' | 'hung' | 'died' | 'stopped';
  readonly index: number;
  readonly base: string;
  readonly text: string;
};

type Done = Extract<Said, { done: number }>;

/** The limit is one of processor time; the clock also runs while others use the machine. */
const GRACE = 8;

/** A process that runs the program on one input after the other, and is killed if one takes too long. */
export class Child {
  readonly ended: Promise<End>;
  /** The recipe that was reported last: in a dry run, or of the running input. */
  recipe = '';
  readonly #process: ChildProcess;
  readonly #limit: number;
  #at = -1;
  #base = '';
  #text = '';
  #end: 'hung' | 'stopped' | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param limit seconds of processor time for one input */
  constructor(worker: string, order: Order, limit: number, onDone: (said: Done) => void) {
    this.#limit = limit;
    this.#process = spawn(process.execPath, ['--enable-source-maps', worker, JSON.stringify(order)], {
      stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
    });
    this.#process.stderr?.on('data', (data: Buffer) => {
      this.#text = (this.#text + data.toString('utf8')).slice(-4000);
    });
    const lines = createInterface({ input: this.#process.stdio[3] as Readable });
    lines.on('line', (line) => this.#hear(JSON.parse(line) as Said, onDone));
    this.ended = new Promise((resolve) => {
      this.#process.on('close', (code) => {
        clearTimeout(this.#timer);
        const kind = this.#end ?? (code === 0 ? 'done' : 'died');
        resolve({ kind, index: this.#at, base: this.#base, text: this.#text });
      });
    });
  }

  /** Ends the process between two inputs. */
  stop(): void {
    this.#end = 'stopped';
    this.#process.kill('SIGKILL');
  }

  #hear(said: Said, onDone: (said: Done) => void): void {
    if ('died' in said) this.#text += said.died;
    clearTimeout(this.#timer);
    if ('begun' in said) {
      this.#at = said.begun;
      this.#base = said.base;
      this.recipe = said.recipe ?? this.recipe;
      this.#timer = setTimeout(
        () => {
          this.#end = 'hung';
          this.#process.kill('SIGKILL');
        },
        this.#limit * GRACE * 1000,
      );
    } else if ('done' in said) onDone(said);
    else if ('recipe' in said) this.recipe = said.recipe;
  }
}
