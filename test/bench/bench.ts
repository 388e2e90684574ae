import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { PagesReport } from '../../src/report/pages-report.ts';
import { COUNTED } from '../support/fixture.ts';
import { parseReport } from '../vm/makedumpfile.ts';
import { leastToFirstLine } from './first-line.ts';
import { leastCensus, recordedReads } from './in-process.ts';
import { type CommandLine, type Cost, Instruments, least } from './measure.ts';
import { SparseDump } from './sparse-dump.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/kdump-inspect.js', import.meta.url));
const HELP = `npm run bench -- [options]: kdump-inspect pages beside makedumpfile on the same dumps, and
the time to the first line of kdump-inspect info

  --dump FILE          a real dump; may be repeated
  --sizes LIST         built dumps in GiB, sparse files of 20 MiB (1,8,64,1024,16384)
  --runs N             rounds, in each of which every program runs once (7)
  --makedumpfile FILE  where it is, if not on the PATH
  --patience S         seconds that a program may take for all of its runs (60)
  --jobs N             handed on to kdump-inspect
`;
/** Larger dumps are not counted the slow way, which takes a second or more for 4 GiB. */
const MOST_FOR_MEM_USAGE = 9 * 2 ** 30;
/** Only tmpfs takes larger files, even sparse ones; GiB. */
const MOST_FOR_EXT4 = 16 * 1024;
/** Above 1 TiB a run of makedumpfile takes minutes. */
const MOST_FOR_MAKEDUMPFILE = 2 ** 40;

interface Dump {
  readonly name: string;
  readonly path: string;
  readonly memory: number;
}

const print = (line: string) => process.stdout.write(`${line}\n`);

const { values: options } = parseArgs({
  options: {
    dump: { type: 'string', multiple: true, default: [] },
    sizes: { type: 'string', default: '1,8,64,1024,16384' },
    runs: { type: 'string', default: '7' },
    makedumpfile: { type: 'string', default: process.env.MAKEDUMPFILE ?? 'makedumpfile' },
    patience: { type: 'string', default: '60' },
    jobs: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const jobs = options.jobs === undefined ? [] : ['--jobs', options.jobs];
const hasMakedumpfile = spawnSync(options.makedumpfile, ['-v'], { stdio: 'ignore' }).error === undefined;

function reportOf(path: string): PagesReport {
  const { stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'pages', path, '--json', ...jobs], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as PagesReport;
}

/**
 * What kdump-inspect reports with --debug: milliseconds from opening the dump to the report, and bytes read.
 */
function inside(path: string): { ms: number; bytes: number } {
  const args = [PROGRAM, 'pages', path, '--json', '--debug', ...jobs];
  const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const [, ms, bytes] = /([\d.]+) ms, \d+ reads of (\d+) bytes/.exec(stderr) ?? [];
  return { ms: Number(ms), bytes: Number(bytes) };
}

function makedumpfile(folder: string, path: string, ...more: string[]): CommandLine {
  const counting = ['--dry-run', ...more, '-d', '31', '--work-dir', folder, '--message-level', '16'];
  return [options.makedumpfile, ...counting, path, join(folder, 'none')];
}

/** The programs that are worth running on a dump, by name. */
function contestants(folder: string, { path, memory }: Dump): Map<string, CommandLine> {
  const all = new Map<string, CommandLine>([
    ['node -e 0', [process.execPath, '-e', '0']],
    ['kdump-inspect', [process.execPath, PROGRAM, 'pages', path, '--json', ...jobs]],
  ]);
  if (!hasMakedumpfile) return all;
  if (memory <= MOST_FOR_MAKEDUMPFILE) all.set('makedumpfile', makedumpfile(folder, path));
  if (memory <= MOST_FOR_MEM_USAGE) all.set('makedumpfile -E', makedumpfile(folder, path, '-E'));
  return all;
}

/** Runs every program once per round, one after the other, so that all meet the same conditions. */
function race(instruments: Instruments, commands: ReadonlyMap<string, CommandLine>): Map<string, Cost> {
  const costs = new Map([...commands.keys()].map((name) => [name, [] as Cost[]]));
  const patience = Number(options.patience) * 1000;
  for (let round = 0; round <= Number(options.runs); round++) {
    for (const [name, command] of commands) {
      const before = costs.get(name) ?? [];
      const spent = before.reduce((sum, cost) => sum + cost.wallMs, 0);
      if (before.length > 0 && spent > patience) continue;
      const cost = instruments.run(command);
      // The first round warms the page cache.
      if (round > 0) before.push(cost);
    }
  }
  return new Map([...costs].map(([name, all]) => [name, least(all)]));
}

/** The rows on which the two programs disagree. */
function differences(folder: string, { path }: Dump, report: PagesReport): string[] {
  const [program, ...args] = makedumpfile(folder, path);
  const { stdout } = spawnSync(program, args, { encoding: 'latin1' });
  const counts = parseReport(stdout);
  return COUNTED.filter((row) => counts[row] !== report.classes[row].pages);
}

const GIB = 2 ** 30;
const size = (bytes: number) =>
  bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(0)} MiB`;

function table(costs: ReadonlyMap<string, Cost>): void {
  const ours = costs.get('kdump-inspect') as Cost;
  print('  program            wall ms    cpu ms  peak MiB        read   wall, kdump-inspect = 1');
  for (const [name, { wallMs, cpuMs, peakMib, bytes }] of costs) {
    const read = bytes === null ? '?' : size(bytes);
    const ratio = (wallMs / ours.wallMs).toFixed(2);
    const columns = [wallMs.toFixed(1), cpuMs.toFixed(1), peakMib.toFixed(0)].map((text) =>
      text.padStart(10),
    );
    print(`  ${name.padEnd(15)}${columns.join('')}${read.padStart(12)}   ${ratio.padStart(10)}`);
  }
}

interface Limit {
  /** Milliseconds from opening to the report, including start-up and compiling of the code. */
  readonly ms: number;
  /** The same in a process with its code already compiled, on one thread. */
  readonly compiled: number;
  readonly bytes: number;
  /** A plain loop that makes the same reads. */
  readonly loop: number;
}

/** The time of the program and of a plain loop that makes the same reads; the least of the runs. */
async function limit(instruments: Instruments, path: string, wallMs: number): Promise<Limit> {
  const reads = await recordedReads(path);
  const affordable = Math.max(1, Math.floor((Number(options.patience) * 1000) / wallMs / 4));
  const count = Math.min(Number(options.runs), affordable);
  const runs = Array.from({ length: count }, () => {
    return { ...inside(path), loop: instruments.readLoop(path, reads) };
  });
  return {
    ms: Math.min(...runs.map((run) => run.ms)),
    compiled: await leastCensus(path, count),
    bytes: runs[0]?.bytes ?? 0,
    loop: Math.min(...runs.map((run) => run.loop)),
  };
}

async function bench(instruments: Instruments, folder: string, dump: Dump): Promise<void> {
  const report = reportOf(dump.path);
  const pages = report.total.pages ?? 0;
  print(`\n${dump.name}: ${size(pages * 4096)}, ${pages} pages`);
  const commands = contestants(folder, dump);
  const costs = race(instruments, commands);
  table(costs);
  const ours = costs.get('kdump-inspect') as Cost;
  const { ms, compiled, bytes, loop } = await limit(instruments, dump.path, ours.wallMs);
  const ratio = (wall: number) => `${wall.toFixed(1)} ms: ratio ${(wall / loop).toFixed(2)}`;
  print(`  a plain loop reads the same ${size(bytes)} in ${loop.toFixed(1)} ms`);
  print(
    `    from opening to the report ${ratio(ms)}; once the code is compiled, on one thread, ${ratio(compiled)}`,
  );
  const first = await leastToFirstLine(process.execPath, [PROGRAM, 'info', dump.path], Number(options.runs));
  print(`  the first line of info after ${first.toFixed(1)} ms`);
  const start = costs.get('node -e 0')?.wallMs ?? 0;
  print(
    `  above node -e 0: ${(ours.wallMs - start).toFixed(1)} ms, ${(((ours.wallMs - start) * 1e6) / pages).toFixed(2)} ns per page`,
  );
  if (commands.has('makedumpfile')) {
    const differing = differences(folder, dump, report);
    print(
      `  rows: ${differing.length === 0 ? 'the same as makedumpfile' : `${differing.join(', ')} differ`}`,
    );
  }
}

async function main(): Promise<void> {
  if (!hasMakedumpfile)
    print(`no makedumpfile (${options.makedumpfile}), so it is left out; give --makedumpfile FILE`);
  const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-dumps-'));
  const inMemory = mkdtempSync('/dev/shm/kdump-inspect-dumps-');
  const instruments = new Instruments();
  try {
    print(
      `${new Date().toISOString().slice(0, 10)}, Node.js ${process.version}, ${availableParallelism()} processors, least of ${options.runs} runs`,
    );
    for (const path of options.dump) {
      await bench(instruments, folder, { name: path, path, memory: statSync(path).size });
    }
    for (const gib of options.sizes.split(',').filter(Boolean).map(Number)) {
      const path = join(gib < MOST_FOR_EXT4 ? folder : inMemory, `built-${gib}.core`);
      new SparseDump(gib).write(path);
      await bench(instruments, folder, { name: `built, ${gib} GiB`, path, memory: gib * GIB });
      rmSync(path);
    }
  } finally {
    instruments.close();
    rmSync(folder, { recursive: true });
    rmSync(inMemory, { recursive: true });
  }
}

if (options.help) print(HELP);
else await main();
