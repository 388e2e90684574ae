import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/declarations/commands.ts';
import { runMain } from '../../support/run-main.ts';
import { has, offers, SHELLS } from '../../support/shell-completion.ts';

const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of ['vmcore', 'vmcore-2', 'other']) writeFileSync(join(folder, name), '');
mkdirSync(join(folder, 'vmcores'));

const FILES = ['vmcore', 'vmcore-2', 'vmcores'];

/** The words before the cursor, and what is offered for the last one. */
const CASES: readonly [words: readonly string[], offered: readonly string[]][] = [
  [['pag'], ['page', 'pages']],
  [['s'], ['segments', 'struct', 'symbols']],
  [['vmc'], ['vmcore', 'vmcore-2', 'vmcoreinfo', 'vmcores']],
  [['vmcore', 'oth'], ['other']],
  [['vmcore', '--js'], ['--json']],
  [
    ['pages', '--co'],
    ['--color', '--compat'],
  ],
  [['usage', '--th'], []],
  [['ps', '--th'], ['--threads']],
  [['pages', '--compat', ''], ['makedumpfile']],
  [
    ['usage', '--by', ''],
    ['cgroup', 'file', 'process', 'slab', 'type'],
  ],
  [['ps', 'vmcore', '--sort', 'r'], ['rss']],
  [
    ['completion', ''],
    ['bash', 'fish', 'zsh'],
  ],
  [['pages', 'vmc'], FILES],
  [['pages', 'vmcore', 'vmc'], FILES],
  [['page', 'vmc'], FILES],
  [['page', 'vmcore', 'vmc'], []],
  [['info', '--vmcoreinfo', 'vmc'], FILES],
  [['info', '-o', 'vmc'], FILES],
  [['pages', '--jobs', 'vmc'], []],
  // A value of --color can only follow =.
  [['pages', '--color', 'vmc'], FILES],
  [['pages', '--no-color', 'vmc'], FILES],
];

/** Some shells add a slash to folders. */
const withoutSlash = (words: readonly string[]) => words.map((word) => word.replace(/\/$/, ''));

describe.each(SHELLS)('the completion of %s', async (shell) => {
  const { stdout: script, stderr, status } = await runMain(['completion', shell]);
  const isHere = has(shell);

  it('has every command and is all that is printed', () => {
    expect([status, stderr]).toEqual([0, '']);
    for (const { name } of COMMANDS) expect(script).toMatch(new RegExp(`\\b${name}\\b`));
  });

  // If the shell is not installed, the script must at least contain the words.
  it.each(CASES)('for %j offers %j', (words, offered) => {
    const told = isHere
      ? withoutSlash(offers(shell, script, ['kdump-inspect', ...words], folder))
      : offered.filter((word) => FILES.includes(word) || script.includes(word.replace(/^--/, '')));
    expect(told).toEqual(offered);
  });
});

describe('the value of --color', () => {
  /** Zsh and fish offer the whole word. */
  const WHENS = ['always', 'auto', 'never'];
  const WHOLE = WHENS.map((when) => `--color=${when}`);

  it.each([
    ['bash', WHENS],
    ['zsh', WHENS],
    ['fish', WHOLE],
  ] as const)('is offered after = by %s', async (shell, expected) => {
    const { stdout } = await runMain(['completion', shell]);
    const told = has(shell)
      ? offers(shell, stdout, ['kdump-inspect', 'pages', '--color='], folder)
      : expected;
    expect(told).toEqual(expected);
    expect(stdout).toContain('auto always never');
  });
});

describe('bash', () => {
  it('completes what follows the = of an option', async () => {
    const { stdout } = await runMain(['completion', 'bash']);
    const offered = (...words: string[]) => offers('bash', stdout, ['kdump-inspect', ...words], folder);
    expect(offered('pages', '--compat=')).toEqual(['makedumpfile']);
    expect(offered('pages', '--compat=make')).toEqual(['makedumpfile']);
    expect(offered('info', '--output=vmc')).toEqual(FILES);
  });
});

describe('the command completion', () => {
  it('knows three shells, and has no options for dumps', async () => {
    const { status, stdout, stderr } = await runMain(['completion', 'tcsh']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain("SHELL cannot be 'tcsh': bash, zsh or fish is needed");
    expect((await runMain(['completion', 'bash', '--json'])).stderr).toContain('unknown option --json');
  });
});
