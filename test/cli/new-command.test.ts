import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Command, dumpCommand } from '../../src/cli/command/command.ts';
import { COMMANDS } from '../../src/cli/declarations/commands.ts';
import { FILE } from '../../src/cli/declarations/dump-operands.ts';
import { referenceParts } from '../../src/cli/documentation/command-reference.ts';
import { manPage } from '../../src/cli/documentation/man-page.ts';
import { readmeParts } from '../../src/cli/documentation/readme-table.ts';
import { parseCount } from '../../src/cli/options/parsers.ts';
import { paragraph, strong, title } from '../../src/report/view.ts';
import { BuiltKernel } from '../builders/kernel.ts';
import { writeKernel } from '../builders/kernel-file.ts';
import { runMain } from '../support/run-main.ts';
import { offers } from '../support/shell-completion.ts';

const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-new-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'core');
writeKernel(new BuiltKernel(), path);

/** A command that the program does not have. This is all of it. */
const release = dumpCommand({
  name: 'release',
  summary: 'the release of the kernel, as often as wanted',
  dump: FILE,
  operands: { prefix: { name: 'PREFIX', meaning: 'what to put before it', optional: true } },
  options: {
    times: { argument: 'n', meaning: 'how often', parse: parseCount },
    letters: { argument: 'case', meaning: 'how to write it', choices: ['upper', 'lower'] },
    lost: { meaning: 'as if something were missing' },
  },
  help: 'This command is only in a test.',
  examples: [['kdump-inspect release vmcore', 'the release']],
  load: async () => ({
    report: ({ image, kernel }, { prefix = '', times = 1, letters, lost }) => ({
      schema: 'kdump-inspect/release/1',
      file: { path: image.path, format: image.format },
      releases: Array<string>(times).fill(written(`${prefix}${kernel().info.get('OSRELEASE')}`, letters)),
      warnings: lost ? ['something is missing'] : [],
      complete: lost !== true,
    }),
    view: ({ releases }) => [title(strong('Releases')), ...releases.map((one) => paragraph(one))],
  }),
});

function written(text: string, letters: 'upper' | 'lower' | undefined): string {
  return letters === 'upper' ? text.toUpperCase() : text;
}

dumpCommand({
  ...{ name: 'wrong', summary: 'its code asks for an option that is not declared', dump: FILE },
  // @ts-expect-error: no option is called other.
  load: async () => ({ report: (_, { other }: { other: string }) => reportOf(other), view: () => [] }),
});
const reportOf = (schema: string) => ({ schema, warnings: [], complete: true });

const ALL: readonly Command[] = [...COMMANDS, release];
const run = (...args: string[]) => runMain(args, {}, ALL);

describe('a new command, declared in one file', () => {
  it('has text', async () => {
    expect(await run('release', path, 'linux-', '--times', '2', '--letters', 'upper')).toEqual({
      ...{ status: 0, stdout: 'Releases\nLINUX-6.12.0\nLINUX-6.12.0\n', stderr: '' },
    });
    expect((await run('release', path, '--color')).stdout).toBe('\x1b[1mReleases\x1b[22m\n6.12.0\n');
  });

  it('has JSON', async () => {
    const { status, stdout } = await run('release', path, '--json');
    expect(JSON.parse(stdout)).toEqual({
      ...{ schema: 'kdump-inspect/release/1', file: { path, format: 'ELF64 vmcore' }, releases: ['6.12.0'] },
      ...{ warnings: [], complete: true },
    });
    expect(status).toBe(0);
  });

  it('warns and ends with status 3 if its report is not complete', async () => {
    const { status, stdout, stderr } = await run('release', path, '--lost');
    expect([status, stdout]).toEqual([3, 'Releases\n6.12.0\n']);
    expect(stderr).toBe('kdump-inspect: warning: something is missing\n');
    expect((await run('release', path, '--lost', '--quiet')).stderr).toBe('');
  });

  it('has help, and refuses what it does not declare', async () => {
    expect((await run('--help')).stdout).toMatch(/^ {2}release +the release of the kernel/m);
    const { stdout } = await run('release', '--help');
    expect(stdout).toMatch(/^Usage: kdump-inspect release \[options\] <FILE> \[PREFIX\]$/m);
    expect(stdout).toMatch(/^ {2}--times <n> +how often$/m);
    expect(stdout).toContain('This command is only in a test.');
    expect(await run('release', path, '--letters', 'none')).toMatchObject({ status: 2, stdout: '' });
    expect(await run('release', path, '--times', '0')).toMatchObject({ status: 2, stdout: '' });
    expect(await run('release')).toMatchObject({ status: 2, stdout: '' });
  });

  it('is completed', async () => {
    const { stdout } = await run('completion', 'bash');
    const offered = (...words: string[]) => offers('bash', stdout, ['kdump-inspect', ...words], folder);
    expect(offered('rel')).toEqual(['release']);
    expect(offered('release', '--l')).toEqual(['--letters', '--lost']);
    expect(offered('release', '--letters', '')).toEqual(['lower', 'upper']);
    expect(offered('release', 'co')).toEqual(['core']);
    for (const shell of ['zsh', 'fish']) expect((await run('completion', shell)).stdout).toContain('release');
  });

  it('is in the manual, in the table of the README and in the reference', () => {
    expect(manPage(ALL, '1.0')).toMatch(
      /^\.SS release FILE \[PREFIX\]\nThe release of the kernel, as often/m,
    );
    expect(readmeParts(ALL).get('commands')).toContain(
      '| `release FILE [PREFIX]` | the release of the kernel',
    );
    expect(referenceParts(ALL).get('command release')).toContain('| `--letters CASE` | how to write it');
  });
});
