import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROGRAM } from '../../src/cli/command/program-texts.ts';
import { COMMANDS } from '../../src/cli/declarations/commands.ts';
import { COMMON_OPTIONS } from '../../src/cli/options/common-options.ts';
import { flagOf } from '../../src/cli/options/declared.ts';
import { dumpOf } from '../support/fixture.ts';
import { shell } from '../support/run.ts';
import { runMain } from '../support/run-main.ts';
import { programOnTerminal } from '../support/terminal.ts';

const NAMES = COMMANDS.map(({ name }) => name);
const EXAMPLES = [...PROGRAM.examples, ...COMMANDS.flatMap(({ examples }) => examples)];

/** A part of a help by its heading, without that. */
function part(help: string, heading: string): string {
  const [, rest = ''] = help.split(`\n${heading}:\n`);
  return rest.split('\n\n')[0] ?? '';
}

/** The options that a part of a help lists. */
const flags = (text: string) => Array.from(text.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm), ([, flag]) => flag);

describe.each(COMMANDS)('the help of $name', ({ name, options, dump, examples }) => {
  it('has its own options first, the common ones apart, and its examples', async () => {
    const { stdout, stderr, status } = await runMain([name, '--help']);
    expect([stderr, status]).toEqual(['', 0]);
    const own = Object.keys(options).map(flagOf);
    const common = Object.entries(COMMON_OPTIONS).flatMap(([option, declared]) =>
      'negated' in declared ? [flagOf(option), `--no-${option}`] : [flagOf(option)],
    );
    expect(flags(part(stdout, 'Options'))).toEqual([...own, ...(dump ? [] : ['--help'])]);
    expect(flags(part(stdout, 'Common options'))).toEqual(dump ? [...common, '--help'] : []);
    if (own.length > 0 && dump)
      expect(stdout.indexOf('\nOptions:')).toBeLessThan(stdout.indexOf('\nCommon options:'));
    expect(examples.length).toBeGreaterThan(0);
    for (const [line, meaning] of examples) {
      expect(part(stdout, 'Examples')).toContain(`  ${line}`);
      expect(part(stdout, 'Examples')).toContain(meaning);
    }
    expect(await runMain(['help', name])).toEqual({ stdout, stderr, status });
  });
});

describe('the help of the program', () => {
  it('is asked for in three ways, and shown if there is nothing else to do', async () => {
    const asked = await runMain(['--help']);
    expect([asked.status, asked.stderr]).toEqual([0, '']);
    const listed = Array.from(part(asked.stdout, 'Commands').matchAll(/^ {2}([a-z]+)/gm), ([, name]) => name);
    expect(listed).toEqual([...NAMES, 'help']);
    expect(await runMain(['-h'])).toEqual(asked);
    expect(await runMain(['help'])).toEqual(asked);
    expect(await runMain([])).toEqual({ status: 2, stdout: '', stderr: asked.stdout });
  });
});

/** Whether people would copy the line. It is never broken. */
const isExample = (line: string) => EXAMPLES.some(([example]) => line.startsWith(`  ${example}`));

describe('a help on a terminal', () => {
  it.each(
    [40, 80, 100, 200].flatMap((columns) => [
      { columns, args: ['--help'] },
      { columns, args: [] },
      { columns, args: ['usage', '--help'] },
      { columns, args: ['translate', '--help'] },
    ]),
  )('of $columns columns fits it, and uses its width: $args', ({ columns, args }) => {
    const { text } = programOnTerminal(args, { columns });
    const lines = text.split('\n').filter((line) => !isExample(line));
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    const widest = Math.max(...lines.map(({ length }) => length));
    expect(widest).toBeGreaterThan(Math.min(columns, 100) - 20);
    expect(text).not.toMatch(/\n\n\n/);
  });

  it('in a pipe has the width of COLUMNS, or 80', async () => {
    const at = (columns: number) => programOnTerminal(['pages', '--help'], { columns }).text;
    expect((await runMain(['pages', '--help'])).stdout).toBe(at(80));
    expect((await runMain(['pages', '--help'], { COLUMNS: '60' })).stdout).toBe(at(60));
  });
});

describe('the examples', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-help-'));
  beforeAll(() => symlinkSync(dumpOf('linux-6.12-numa'), join(folder, 'vmcore')));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(EXAMPLES.map(([line]) => line))('can be run: %s', (line) => {
    // What comes before a pipe or redirection. This machine may have no kcore.
    const [command = ''] = /kdump-inspect [^|>)]*/.exec(line.replace('/proc/kcore', 'vmcore')) ?? [];
    const ran = shell(`cd '${folder}' && ${command.replace('kdump-inspect', '$KI')}`);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).not.toBe('');
    // Its filter reads JSON.
    if (line.includes('| jq')) expect(line).toContain('--json');
  });
});
