import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleWorker } from '../bundle.ts';
import { Child } from '../child.ts';
import type { Order, Said } from '../protocol.ts';
import { dumpPaths } from './dump-paths.ts';
import type { ChangeResult } from './result.ts';
import { beforeAndAfter, summaryOf } from './table.ts';

/** What is promised for each run of the program: seconds, and KiB of memory above that of the first runs. */
const LIMITS = { seconds: 5, rss: 300 * 1024 };
/** Changes that one process makes, because its memory only grows. */
const BATCH = 200;

export interface DifferentialOptions {
  readonly changes: number;
  readonly seed: number;
  readonly jobs: number;
  readonly only: string | undefined;
  readonly dumps: string | undefined;
  /** The format that the dumps are written in, a name in FORMS; ELF if undefined. */
  readonly form: string | undefined;
  readonly out: string;
  /** The state file of an earlier run, to be continued. */
  readonly resume: string | undefined;
  /**
   * The state file of a run whose faults alone are tried again, for example after a change of the program.
   */
  readonly again: string | undefined;
  /** The state file of a run of an older program, with which this run is compared. */
  readonly before: string | undefined;
}

type Done = Extract<Said, { done: number }>;

/**
 * Changes the contents of real dumps and compares every figure with that of the undamaged dump. Returns 1 if
 * one differs without a warning, or if the program fails.
 */
export async function differential(options: DifferentialOptions): Promise<number> {
  const worker = await bundleWorker('differential/worker.ts');
  try {
    const state = new State(options);
    await Promise.all(Array.from({ length: options.jobs }, () => lane(worker, options, state)));
    process.stdout.write(summaryOf(state.results));
    if (options.before !== undefined)
      process.stdout.write(`\n${beforeAndAfter(resultsIn(options.before), state.results)}`);
    return state.results.some(({ outcome }) => FAULTS.has(outcome)) ? 1 : 0;
  } finally {
    rmSync(dirname(worker), { recursive: true, force: true });
  }
}

const FAULTS: ReadonlySet<string> = new Set(['SILENT', 'CRASH', 'LIMIT']);

/** The changes made so far, in a file with which a later run can continue. */
class State {
  readonly results: ChangeResult[];
  readonly #path: string;
  readonly #left: number[];

  constructor({ out, seed, resume, again, changes }: DifferentialOptions) {
    this.#path = resume ?? join(out, `differential-${seed}.jsonl`);
    mkdirSync(dirname(this.#path), { recursive: true });
    if (resume === undefined || !existsSync(resume)) writeFileSync(this.#path, '');
    this.results = resultsIn(this.#path);
    const done = new Set(this.results.map(({ index }) => index));
    const wanted =
      again === undefined
        ? Array.from({ length: changes }, (_, index) => index)
        : resultsIn(again).flatMap(({ outcome, index }) => (FAULTS.has(outcome) ? [index] : []));
    this.#left = wanted.filter((index) => !done.has(index)).sort((a, b) => a - b);
  }

  /** The next batch of changes to make; empty when all are done. */
  take(): readonly number[] {
    const [first] = this.#left;
    if (first === undefined) return [];
    const batch = Math.floor(first / BATCH);
    const end = this.#left.findIndex((index) => Math.floor(index / BATCH) !== batch);
    return this.#left.splice(0, end < 0 ? this.#left.length : end);
  }

  add(result: ChangeResult): void {
    this.results.push(result);
    appendFileSync(this.#path, `${JSON.stringify(result)}\n`);
    if (FAULTS.has(result.outcome))
      process.stderr.write(`${result.outcome} ${result.index} ${JSON.stringify(result)}\n`);
    if (this.results.length % 100 === 0) process.stderr.write(`${this.results.length} changes\n`);
  }
}

function resultsIn(path: string): ChangeResult[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as ChangeResult);
}

async function lane(worker: string, options: DifferentialOptions, state: State): Promise<void> {
  for (let batch = state.take(); batch.length > 0; batch = state.take())
    await runBatch(worker, options, state, batch);
}

function orderOf({ seed, only, dumps, form }: DifferentialOptions, indexes: readonly number[]): Order {
  return {
    seed,
    first: 0,
    end: 0,
    step: 1,
    indexes,
    schemas: '',
    dumps: dumpPaths(dumps, form !== undefined),
    ...(form ? { form } : {}),
    ...(only ? { only } : {}),
  };
}

/** Runs a batch in one process; if that ends too early, runs the rest in another. */
async function runBatch(
  worker: string,
  options: DifferentialOptions,
  state: State,
  batch: readonly number[],
): Promise<void> {
  for (let left = batch; left.length > 0; ) {
    let usual: number | undefined;
    const suspects: ChangeResult[] = [];
    const child = new Child(worker, orderOf(options, left), LIMITS.seconds, (said) => {
      left = left.filter((index) => index !== said.done);
      if (!said.result) return;
      usual ??= said.rss;
      if (said.slowest > LIMITS.seconds * 1000 || said.rss > usual + LIMITS.rss) {
        suspects.push(said.result);
        child.stop();
      } else state.add(said.result);
    });
    const { kind, index, base, text } = await child.ended;
    if (kind === 'hung' || kind === 'died') {
      if (!left.includes(index)) throw new Error(`a worker died before it started: ${text}`);
      const unknown = { kind: '?', structure: '?', field: '?', mode: '?', ms: 0 };
      const why = `died: ${text}`.slice(0, 2000);
      // By the clock, which also runs while others use the machine; processor time decides.
      if (kind === 'hung') suspects.push({ index, base, ...unknown, outcome: 'LIMIT' });
      else state.add({ index, base, ...unknown, outcome: 'CRASH', why });
      left = left.filter((one) => one !== index);
    }
    for (const suspect of suspects) state.add(await again(worker, options, suspect));
  }
}

/** Makes a slow or large change once more, in its own process. */
async function again(
  worker: string,
  options: DifferentialOptions,
  result: ChangeResult,
): Promise<ChangeResult> {
  let done: Done | undefined;
  const child = new Child(worker, orderOf(options, [result.index]), PATIENCE, (said) => {
    done = said;
  });
  const { kind, text } = await child.ended;
  if (!done?.result) return { ...result, outcome: 'LIMIT', why: `${kind}: ${text}`.slice(0, 2000) };
  const isOver = done.slowest > LIMITS.seconds * 1000 || done.rss > ALONE;
  if (!isOver) return done.result;
  return {
    ...done.result,
    outcome: 'LIMIT',
    why: `takes ${Math.round(done.slowest)} ms and ${done.rss} KiB`,
  };
}

/** Seconds for a change that is alone in its process. */
const PATIENCE = 60;
/** KiB of a process that makes one change: the fuzzer's own 250 MiB, plus what the program may use. */
const ALONE = 250 * 1024 + LIMITS.rss;

/** One change again, with the figures before and after. */
export async function replayChange(index: number, options: DifferentialOptions): Promise<number> {
  const worker = await bundleWorker('differential/worker.ts');
  try {
    let found: ChangeResult | undefined;
    const order = { ...orderOf(options, [index]), show: true };
    const child = new Child(worker, order, 60, ({ result }) => {
      found = result;
    });
    const { kind, text } = await child.ended;
    process.stdout.write(`${found ? JSON.stringify(found) : `${kind}: ${text}`}\n`);
    return found && !FAULTS.has(found.outcome) ? 0 : 1;
  } finally {
    rmSync(dirname(worker), { recursive: true, force: true });
  }
}
