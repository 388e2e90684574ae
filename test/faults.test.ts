import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileSource } from '../src/bytes/file-source.ts';
import type { ByteSource } from '../src/bytes/source.ts';
import { main } from '../src/cli/main.ts';
import type { PagesReport } from '../src/report/pages-report.ts';
import { type Faults, FaultySource } from './builders/faulty-source.ts';
import { figureFaults } from './support/cut.ts';
import { dumpOf } from './support/fixture.ts';
import { type Answer, dishonesty } from './support/honest.ts';
import { violations } from './support/schema.ts';

/*
 * The whole program but for two things: the dump is a file that fails, and what is written is kept. So what is tested is
 * what a user sees, at hundreds of places and in a short time.
 */
const world = vi.hoisted(() => ({ source: undefined as unknown, out: '', err: '' }));

vi.mock('../src/cli/write.ts', async (importOriginal) => ({
  ...(await importOriginal<typeof import('../src/cli/write.ts')>()),
  printOut: (text: string) => {
    world.out += text;
  },
  say: (text: string) => {
    world.err += text;
  },
}));

vi.mock('../src/formats/open.ts', async (importOriginal) => {
  const real = await importOriginal<typeof import('../src/formats/open.ts')>();
  return { ...real, openImage: () => real.openSources([world.source as ByteSource]) };
});

interface Ran extends Answer {
  readonly positions: readonly number[];
}

async function ask(args: readonly string[], file: ByteSource, faults: Faults = {}): Promise<Ran> {
  const source = new FaultySource(file, faults);
  Object.assign(world, { source, out: '', err: '' });
  const [command = '', ...operands] = args;
  const status = await main([command, 'the-dump', ...operands, '--json']);
  return { status, out: world.out, err: world.err, positions: source.positions };
}

const files = {
  'an ELF file': new FileSource(dumpOf('linux-6.12-numa')),
  'a compressed file': new FileSource(dumpOf('linux-6.1').replace('6.1.elf', '6.1-lzo.kdump')),
};
afterAll(() => {
  for (const file of Object.values(files)) file.close();
});
beforeEach(() => {
  Object.assign(world, { source: undefined, out: '', err: '' });
});

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  pages: ['pages', '--jobs', '1'],
  'pages --compat': ['pages', '--compat', 'makedumpfile'],
  info: ['info'],
  usage: ['usage'],
  ps: ['ps'],
  dmesg: ['dmesg'],
  'dmesg --panic': ['dmesg', '--panic'],
  page: ['page', '49152'],
  struct: ['struct', 'init_task.comm'],
  symbols: ['symbols', 'page_offset*'],
  layout: ['layout'],
  vmcoreinfo: ['vmcoreinfo'],
  segments: ['segments'],
};

/** A bad block of a disk. */
const SECTOR = 512;

/** Places that a command reads, evenly among those that differ. */
function placesOf({ positions }: Ran, count: number): number[] {
  const all = [...new Set(positions.map((at) => at - (at % SECTOR)))];
  const step = Math.max(1, all.length / count);
  return Array.from({ length: Math.min(count, all.length) }, (_, i) => all[Math.floor(i * step)] ?? 0);
}

/** What is not honest about an answer on a damaged file; figures of `pages` have bounds besides. */
function faultsOf(name: string, now: Ran, then: Ran): string[] {
  const command = name.split(' ')[0] ?? '';
  const told = dishonesty(command, now, then);
  if (now.status !== 3 || command === 'dmesg') return told;
  const report = JSON.parse(now.out) as PagesReport;
  const figures = command === 'pages' ? figureFaults(report, JSON.parse(then.out) as PagesReport) : [];
  return [...told, ...violations(command, report), ...figures];
}

describe.each(Object.keys(files))('%s', (kind) => {
  const file = files[kind as keyof typeof files];
  const commands = Object.keys(COMMANDS).filter(
    (name) => kind === 'an ELF file' || !/struct|page$|usage|ps$/.test(name),
  );

  it.each(commands)(
    'is read honestly by %s wherever a block of it is bad',
    async (name) => {
      const args = COMMANDS[name] ?? [];
      const whole = await ask(args, file);
      expect([0, 3]).toContain(whole.status);
      const told = [];
      let changed = 0;
      for (const at of placesOf(whole, name === 'symbols' ? 15 : 60)) {
        const ran = await ask(args, file, { bad: [{ start: at, end: at + SECTOR }] });
        if (ran.out !== whole.out) changed++;
        for (const fault of faultsOf(name, ran, whole)) told.push(`bad block at ${at}: ${fault}`);
      }
      expect(told).toEqual([]);
      expect(changed).toBeGreaterThan(0);
    },
    300_000,
  );

  it.each(commands)(
    'is read honestly by %s when it is cut or gone while it is open',
    async (name) => {
      const args = COMMANDS[name] ?? [];
      const whole = await ask(args, file);
      const reads = whole.positions.length;
      const told = [];
      let changed = 0;
      for (const share of [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99]) {
        const from = Math.floor(reads * share);
        const at = Math.floor(file.size * 0.6);
        for (const faults of [{ refused: from }, { gone: from }, { cut: { from, at } }]) {
          const ran = await ask(args, file, faults);
          if (ran.out !== whole.out) changed++;
          for (const fault of faultsOf(name, ran, whole)) told.push(`${JSON.stringify(faults)}: ${fault}`);
        }
      }
      expect(told).toEqual([]);
      expect(changed).toBeGreaterThan(0);
    },
    300_000,
  );
});
