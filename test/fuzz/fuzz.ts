import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { expandFile, fixtureFiles } from '../../fixtures/expand.ts';
import { bundleWorker } from './bundle.ts';
import { Child } from './child.ts';
import type { Order, Said } from './protocol.ts';
import { Summary } from './summary.ts';

const HELP = `npm run fuzz -- [options]
  --inputs N       how many inputs (default: 20000, or as many as --seconds lets)
  --seconds N      stop after so long
  --seed N         the same inputs each time for the same seed (default: 1)
  --jobs N         processes at once (default: 1)
  --only TEXT      bases whose names have this in them: pages-6.12, kdump, fixture
  --replay WHAT    one input again, and all that is printed: SEED:INDEX, or the file of a finding
  --out DIR        where the recipes of findings go (default: fuzz-findings under the temporary folder)
`;

/** What is promised of each run of the program: seconds, and KiB of memory. */
const LIMITS = { seconds: 5, rss: 400 * 1024 };
/** Inputs that one process does: the memory of a process only grows, and is to be that of the program. */
const BATCH = 2000;
const SCHEMAS = fileURLToPath(new URL('../../src/report/schemas', import.meta.url));

interface Options {
  readonly inputs: number;
  readonly until: number;
  readonly seed: number;
  readonly jobs: number;
  readonly only: string | undefined;
  readonly out: string;
}

type Done = Extract<Said, { done: number }>;

async function fuzz(worker: string, options: Options): Promise<number> {
  const summary = new Summary();
  let next = 0;
  const take = () => {
    const first = next;
    next = Math.min(options.inputs, first + BATCH);
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

/** A batch in one process; where that ends before its time, the rest in another one. */
async function runBatch(
  worker: string,
  options: Options,
  { first, end }: Batch,
  summary: Summary,
): Promise<void> {
  const { seed, only, out } = options;
  let from = first;
  while (from < end && Date.now() < options.until) {
    const order: Order = { seed, first: from, end, step: 1, schemas: SCHEMAS, ...(only ? { only } : {}) };
    let grown = false;
    const child = new Child(worker, order, LIMITS.seconds, (said) => {
      summary.add(said);
      if (said.faults)
        summary.find(
          `${seed}:${said.done} ${said.faults.join('\n  ')}`,
          save(out, `${seed}-${said.done}`, said),
        );
      if (said.slowest > LIMITS.seconds * 1000) summary.suspect(said.done);
      grown = said.rss > LIMITS.rss;
      if (grown) summary.suspect(said.done);
      if (grown || Date.now() >= options.until) child.end();
      from = said.done + 1;
    });
    const ended = await child.ended;
    if (ended.kind === 'hung') summary.find(`${seed}:${ended.index} ${ended.base}: does not end`);
    else if (ended.kind === 'died' && ended.index >= from)
      summary.find(`${seed}:${ended.index} ${ended.base}: died: ${ended.text}`);
    if (ended.kind !== 'done') from = Math.max(from, ended.index + 1);
    for (const index of summary.suspects()) await again(worker, order, index, summary);
  }
}

/** Whether an input was slow or large by itself, in a process of its own. */
async function again(worker: string, order: Order, index: number, summary: Summary): Promise<void> {
  let done: Done | undefined;
  const child = new Child(worker, { ...order, first: index, end: index + 1 }, LIMITS.seconds, (said) => {
    done = said;
  });
  const { kind } = await child.ended;
  const at = `${order.seed}:${index}`;
  if (kind === 'hung' || !done) summary.find(`${at} ${kind} when it was run again`);
  else if (done.slowest > LIMITS.seconds * 1000) summary.find(`${at} takes ${Math.round(done.slowest)} ms`);
  else if (done.rss > LIMITS.rss) summary.find(`${at} takes ${done.rss} KiB of memory`);
  else summary.cleared(done);
}

function save(out: string, name: string, { recipe }: Done): string {
  mkdirSync(out, { recursive: true });
  const path = join(out, `${name}.json`);
  writeFileSync(path, recipe ?? '');
  return path;
}

/** One input again, with all that is printed. */
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
    help: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  for (const file of fixtureFiles()) await expandFile(file);
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
      out: values.out ?? join(process.env.TMPDIR ?? '/tmp', 'fuzz-findings'),
    });
  } finally {
    rmSync(dirname(worker), { recursive: true, force: true });
  }
}

process.exitCode = await main();
