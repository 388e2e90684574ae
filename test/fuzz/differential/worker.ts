import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import { main } from '../../../src/cli/main.ts';
import { captured, installCapture } from '../captured.ts';
import { injectFiles } from '../injected-file-source.ts';
import { type Edit, OverlaySource } from '../overlay-source.ts';
import type { Order, Said } from '../protocol.ts';
import { Random } from '../random.ts';
import { type Change, makeChange } from './change.ts';
import { Dump } from './dump.ts';
import { KINDS, WEIGHTS } from './kinds.ts';
import {
  figuresThatDiffer,
  judge,
  type Outcome,
  type Ran,
  type Undamaged,
  undamaged,
  worst,
} from './outcome.ts';
import type { ChangeResult } from './result.ts';
import { commandLine, type Target } from './target.ts';

/** Changes in a row to one dump, because opening a dump and finding its structures takes seconds. */
const BLOCK = 100;
const FILE = 'changed.elf';
const ATTEMPTS = 30;

const order = JSON.parse(process.argv[2] ?? '{}') as Order;
const say = (said: Said) => writeSync(3, `${JSON.stringify(said)}\n`);

/** A dump, and what the program says about it when undamaged. */
interface Opened {
  readonly dump: Dump;
  readonly reports: Map<string, Undamaged>;
}

let opened: Opened | undefined;

async function openedFor(index: number): Promise<Opened> {
  const path = new Random(order.seed, -1 - Math.floor(index / BLOCK)).pick(order.dumps ?? []);
  if (opened?.dump.name !== basename(path, '.elf'))
    opened = { dump: await Dump.open(path, order.form), reports: new Map() };
  return opened;
}

async function run(dump: Dump, edits: readonly Edit[], args: readonly string[]): Promise<Ran> {
  injectFiles([new OverlaySource(dump.file, edits, { path: FILE, size: dump.file.size, isProcfs: false })]);
  return captured(() => main(args), false);
}

async function reportOf({ dump, reports }: Opened, command: string): Promise<Undamaged> {
  const known = reports.get(command);
  if (known) return known;
  const made = undamaged(command.split(':')[0] ?? '', await run(dump, [], commandLine(command, FILE)));
  // Reports on single pages and addresses are asked for only once.
  if (!command.includes(':') || command.startsWith('s')) reports.set(command, made);
  return made;
}

interface Picked {
  readonly kind: string;
  readonly target: Target;
  readonly change: Change;
}

const wanted = Object.keys(KINDS).filter((kind) => kind.includes(order.only ?? ''));
const weighted = wanted.flatMap((kind) => Array.from({ length: WEIGHTS[kind] ?? 1 }, () => kind));

function pick(dump: Dump, random: Random): Picked | undefined {
  for (let i = 0; i < ATTEMPTS; i++) {
    const kind = random.pick(weighted);
    const target = random.pick(KINDS[kind] ?? [])(dump, random);
    const change = target && makeChange(target, random, dump);
    if (target && change) return { kind, target, change };
  }
  return undefined;
}

async function tryOne(index: number): Promise<ChangeResult> {
  const now = await openedFor(index);
  const base = now.dump.name;
  const picked = pick(now.dump, new Random(order.seed, index));
  if (!picked)
    return { index, base, kind: 'nothing', structure: '', field: '', mode: '', outcome: 'equal', ms: 0 };
  const { kind, target, change } = picked;
  const { structure, field } = target;
  const outcomes: (Outcome & { readonly command: string })[] = [];
  let ms = 0;
  for (const command of target.commands) {
    const before = await reportOf(now, command);
    // What the undamaged dump does not answer is not compared.
    if (before.ran.status === 1 && before.ran.stdout === '') continue;
    const from = process.cpuUsage();
    const after = await run(now.dump, change.edits, commandLine(command, FILE));
    const { user, system } = process.cpuUsage(from);
    ms = Math.max(ms, (user + system) / 1000);
    const outcome = judge(command.split(':')[0] ?? '', before, after, target);
    outcomes.push({ ...outcome, command });
    if (order.show) show(command, after, outcome);
  }
  const most = worst(outcomes);
  const differing = figuresThatDiffer(most);
  const command = outcomes.find((outcome) => outcome === most)?.command;
  if (order.show) writeSync(1, `${describe(picked)}\n`);
  return {
    ...{ index, base, kind, structure, field, mode: change.mode, outcome: most.kind },
    ...(command === undefined ? {} : { command }),
    ...(differing.length > 0 ? { figures: differing } : {}),
    ...(most.why === undefined ? {} : { why: most.why }),
    ms: Math.round(ms),
  };
}

const SHOWN = 40;

function show(command: string, { status, stderr }: Ran, { kind, differences }: Outcome): void {
  writeSync(1, `--- ${command}: status ${status}, ${kind}\n${stderr}`);
  for (const { path, before, after, uncertain } of differences.slice(0, SHOWN))
    writeSync(1, `  ${path}: ${before} became ${after}${uncertain ? ' (said to be uncertain)' : ''}\n`);
}

function describe({ kind, target, change }: Picked): string {
  const edits = change.edits.map(({ at, bytes }) => {
    const was = opened ? opened.dump.fileBytes(at, bytes.length) : bytes;
    const text = (some: Uint8Array) => Buffer.from(some.subarray(0, 64)).toString('hex');
    return `  at ${at}: ${text(was)} became ${text(bytes)}`;
  });
  const address = target.address === undefined ? '' : ` at 0x${target.address.toString(16)}`;
  return [
    `${opened?.dump.name}: ${kind}: ${target.structure} ${target.field}${address}, ${change.mode}`,
    ...edits,
  ].join('\n');
}

async function work(): Promise<void> {
  installCapture();
  for (const index of order.indexes ?? []) {
    // Opening a dump is not part of the change.
    const { dump } = await openedFor(index);
    say({ begun: index, base: dump.name });
    const result = await tryOne(index);
    say({
      done: index,
      statuses: [],
      ms: result.ms,
      slowest: result.ms,
      rss: process.resourceUsage().maxRSS,
      result,
    });
  }
}

process.on('uncaughtException', (error) => {
  say({ died: String(error.stack) });
  process.exit(70);
});
work().then(() => process.exit(0));
