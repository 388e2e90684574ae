import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PagesReport } from '../src/report/pages-report.ts';
import { figureFaults } from './support/cut.ts';
import { type Faults, faultyDisk } from './support/faulty-disk.ts';
import { dumpOf } from './support/fixture.ts';
import { type Answer, dishonesty } from './support/honest.ts';
import { runMain } from './support/run-main.ts';
import { saidIn } from './support/said.ts';
import { violations } from './support/schema.ts';

interface Asked extends Answer {
  /** Where each read of the dump started. */
  readonly positions: readonly number[];
}

/** The JSON that a command prints for a dump on a disk that fails. */
async function ask(
  [command = '', ...operands]: readonly string[],
  dump: string,
  faults: Faults = {},
): Promise<Asked> {
  const { positions, release } = faultyDisk(dump, faults);
  try {
    const ran = await runMain([command, dump, ...operands, '--json']);
    return { status: ran.status ?? -1, out: ran.stdout, err: saidIn(ran), positions };
  } finally {
    release();
  }
}

/**
 * The compressed fixture lacks types that some commands need; other kernels make commands read other data.
 */
const DUMPS: Readonly<Record<string, { readonly dump: string; readonly commands: RegExp }>> = {
  'an ELF file': { dump: dumpOf('linux-6.12-numa'), commands: /./ },
  'a compressed file': {
    dump: dumpOf('linux-6.1').replace('6.1.elf', '6.1-lzo.kdump'),
    commands: /^(?!(page|struct|usage|ps)$)/,
  },
  'a file without keys of kallsyms': { dump: dumpOf('linux-5.10'), commands: /^(page|ps)$/ },
  'a file of five levels': { dump: dumpOf('linux-7.3-5level'), commands: /^(page|usage|ps)$/ },
};

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  pages: ['pages', '--jobs', '1'],
  'pages --compat': ['pages', '--compat', 'makedumpfile'],
  info: ['info'],
  usage: ['usage', '--top', '100000', '--jobs', '1'],
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

/** Sectors that a command reads, evenly spread. */
function sectorsOf({ positions }: Asked, count: number): number[] {
  const all = [...new Set(positions.map((at) => at - (at % SECTOR)))];
  const step = Math.max(1, all.length / count);
  return Array.from({ length: Math.min(count, all.length) }, (_, i) => all[Math.floor(i * step)] ?? 0);
}

/** Bad blocks at many offsets; and at many moments a failed read, a missing disk, a file that shrinks. */
function allFaults(whole: Asked, size: number, places: number): Faults[] {
  const blocks = sectorsOf(whole, places).map((start) => ({ bad: { start, end: start + SECTOR } }));
  const moments = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99].flatMap((share): Faults[] => {
    const from = Math.floor(whole.positions.length * share);
    return [{ refused: from }, { gone: from }, { cut: { from, at: Math.floor(size * 0.6) } }];
  });
  return [...blocks, ...moments];
}

/** What is not honest in an answer on a damaged file; figures of `pages` also have bounds. */
function wrongIn(name: string, now: Asked, then: Asked): string[] {
  const command = name.split(' ')[0] ?? '';
  const faults = dishonesty(command, now, then);
  if (now.status !== 3 || command === 'dmesg') return faults;
  const report = JSON.parse(now.out) as PagesReport;
  const figures = command === 'pages' ? figureFaults(report, JSON.parse(then.out) as PagesReport) : [];
  return [...faults, ...violations(command, report), ...figures];
}

describe.each(Object.entries(DUMPS))('%s', (_, { dump, commands }) => {
  it.each(Object.entries(COMMANDS).filter(([name]) => commands.test(name)))(
    'on a disk that fails is read honestly by %s, wherever and whenever it fails',
    async (name, args) => {
      const whole = await ask(args, dump);
      expect([0, 3]).toContain(whole.status);
      const wrong: string[] = [];
      let changed = 0;
      // If what leads to the symbol table is lost, it takes a second to search for it.
      for (const faults of allFaults(whole, statSync(dump).size, name === 'symbols' ? 15 : 60)) {
        const asked = await ask(args, dump, faults);
        if (asked.out !== whole.out) changed++;
        for (const what of wrongIn(name, asked, whole)) wrong.push(`${JSON.stringify(faults)}: ${what}`);
      }
      expect(wrong).toEqual([]);
      expect(changed).toBeGreaterThan(0);
    },
    600_000,
  );
});
