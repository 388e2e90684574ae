import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { expandFile, fixtureFiles } from '../../fixtures/expand.ts';
import { bundleWorker } from './bundle.ts';
import { Child } from './child.ts';
import { DIFFERENTIAL_HELP, differentialMode } from './differential/command.ts';
import type { Order, Said } from './protocol.ts';
import { Summary } from './summary.ts';

const HELP = `npm run fuzz -- [options]
  --inputs N       number of inputs (default: 20000, or as many as --seconds allows)
  --seconds N      stop after this time
  --seed N         the same seed makes the same inputs (default: 1)
  --jobs N         number of processes (default: 1)
  --only TEXT      only bases whose names contain this: pages-6.12, kdump, fixture
  --guided         keep inputs that run new code, and make others from them (see coverage.ts)
  --replay WHAT    run one input again, with all output: SEED:INDEX, or the file of a finding
  --out DIR        folder for the recipes of findings (default: fuzz-findings in the temporary folder)
${DIFFERENTIAL_HELP}`;

/** What is promised for each run of the program: seconds, and KiB of memory. */
const LIMITS = { seconds: 5, rss: 400 * 1024 };
/** Inputs per process, because its memory only grows, and is meant to be that of the program. */
const BATCH = 2000;
const FINDINGS = join(process.env.TMPDIR ?? '/tmp', 'fuzz-findings');
const SCHEMAS = fileURLToPath(new URL('../../src/report/schemas', import.meta.url));

interface Options {
  readonly inputs: number;
  readonly until: number;
  readonly seed: number;
  readonly jobs: number;
  readonly only: string | undefined;
  readonly guided: boolean;
  readonly out: string;
}

type Done = Extract<Said, { done: number }>;

async function fuzz(worker: string, options: Options): Promise<number> {
  const summary = new Summary();
  let next = 0;
  const take = () => {
    const first = next;
    // What one process keeps is not available to the next.
    const batch = options.guided ? Math.ceil(options.inputs / options.jobs) : BATCH;
    next = Math.min(options.inputs, first + batch);
    return Date.now() < options.until && first < options.inputs ? { first, end: next } : undefined;
  };
  const lane = async () => {
    for (let batch = take(); batch; batch = take()) await runBatch(worker, options, batch, summary);
  };
  const progress = setInterval(() => process.stderr.write(`${summary.line()}\n`), 15_000);
  await Promise.all(Array.from({ length: options.jobs }, lane));
  clearInterval(progress);
  process.stdout.write(
    `${summary.line()}\n${summary.findings.map((finding) => `FINDING ${finding}\n`).join('')}`,
  );
  return summary.findings.length > 0 ? 1 : 0;
}

interface Batch {
  readonly first: number;
  readonly end: number;
}

/** Runs a batch in one process; if that ends too early, runs the rest in another. */
async function runBatch(
  worker: string,
  options: Options,
  { first, end }: Batch,
  summary: Summary,
): Promise<void> {
  const { seed, only, guided } = options;
  let from = first;
  while (from < end && Date.now() < options.until) {
    const order: Order = {
      seed,
      first: from,
      end,
      step: 1,
      schemas: SCHEMAS,
      guided,
      ...(only ? { only } : {}),
    };
    const suspects: number[] = [];
    const saving: Promise<void>[] = [];
    const tell = (index: number, what: string, recipe: string) => {
      saving.push(
        save(worker, options, order, index, recipe).then((path) =>
          summary.find(`${seed}:${index} ${what}`, path),
        ),
      );
    };
    const child = new Child(worker, order, LIMITS.seconds, (said) => {
      summary.add(said);
      if (said.faults) tell(said.done, said.faults.join('\n  '), child.recipe);
      if (exceeds(said) && !guided) suspects.push(said.done);
      if (said.rss > LIMITS.rss || Date.now() >= options.until) child.stop();
      from = said.done + 1;
    });
    const { kind, index, base, text } = await child.ended;
    if (kind === 'died' && index < from) throw new Error(`a worker died before it started: ${text}`);
    if (kind === 'hung' || kind === 'died') {
      tell(index, `${base}: ${kind === 'hung' ? 'does not end' : `died: ${text}`}`, child.recipe);
      from = index + 1;
    }
    for (const suspect of suspects) {
      const what = await again(worker, order, suspect);
      if (what !== '') tell(suspect, what, '');
    }
    await Promise.all(saving);
  }
}

const exceeds = ({ slowest, rss }: Done) => slowest > LIMITS.seconds * 1000 || rss > LIMITS.rss;

/**
 * Runs an input that was slow or large in its own process. Returns what is wrong with it, or an empty string.
 */
async function again(worker: string, order: Order, index: number): Promise<string> {
  let done: Done | undefined;
  const child = new Child(worker, { ...order, first: index, end: index + 1 }, LIMITS.seconds, (said) => {
    done = said;
  });
  const { kind } = await child.ended;
  if (!done) return `${kind} when run again`;
  return exceeds(done) ? `takes ${Math.round(done.slowest)} ms and ${done.rss} KiB` : '';
}

/** Writes the recipe of an input, and makes it again if needed; returns the path. */
async function save(
  worker: string,
  { out, seed }: Options,
  order: Order,
  index: number,
  recipe: string,
): Promise<string> {
  mkdirSync(out, { recursive: true });
  const path = join(out, `${seed}-${index}.json`);
  if (recipe !== '') {
    writeFileSync(path, recipe);
    return path;
  }
  const dry = { ...order, first: index, end: index + 1, dry: true };
  const child = new Child(worker, dry, LIMITS.seconds, () => {});
  await child.ended;
  writeFileSync(path, child.recipe);
  return path;
}

/** One input again, with everything that is printed. */
async function replay(worker: string, what: string, only: string | undefined): Promise<number> {
  const [seed, index] = /^(\d+):(\d+)$/.exec(what)?.slice(1).map(Number) ?? [];
  const which =
    seed === undefined || index === undefined
      ? { seed: 0, first: 0, end: 1, recipe: what }
      : { seed, first: index, end: index + 1 };
  let status = 1;
  const order = { ...which, step: 1, schemas: SCHEMAS, show: true, ...(only ? { only } : {}) };
  const child = new Child(worker, order, 60, (said) => {
    process.stdout.write(
      `${said.statuses}, ${said.ms.toFixed(0)} ms, ${said.rss} KiB\n${said.faults?.join('\n') ?? 'no fault'}\n`,
    );
    status = said.faults ? 1 : 0;
  });
  const { kind, text } = await child.ended;
  if (kind !== 'done') process.stdout.write(`${kind}: ${text}\n`);
  return status;
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const options = {
    inputs: text,
    seconds: text,
    seed: text,
    jobs: text,
    only: text,
    replay: text,
    out: text,
    differential: { type: 'boolean' },
    changes: text,
    dumps: text,
    form: text,
    resume: text,
    again: text,
    before: text,
    guided: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  for (const file of fixtureFiles()) await expandFile(file);
  if (values.differential) return await differentialMode(values, FINDINGS);
  const worker = await bundleWorker();
  try {
    if (values.replay !== undefined) return await replay(worker, values.replay, values.only);
    return await fuzz(worker, {
      inputs: Number(values.inputs ?? (values.seconds === undefined ? 20_000 : 1e9)),
      until:
        values.seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(values.seconds) * 1000,
      seed: Number(values.seed ?? 1),
      jobs: Number(values.jobs ?? 1),
      only: values.only,
      guided: values.guided === true,
      out: values.out ?? FINDINGS,
    });
  } finally {
    rmSync(dirname(worker), { recursive: true, force: true });
  }
}

process.exitCode = await main();
