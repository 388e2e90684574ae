import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/declarations/commands.ts';
import { withCommand } from '../../src/cli/first-word.ts';
import { failureOf } from '../builders/failure.ts';
import { dumpOf } from '../support/fixture.ts';
import { runMain } from '../support/run-main.ts';

const DUMP = dumpOf('linux-6.12-numa');
const meant = (...args: string[]) => withCommand(args, COMMANDS);

describe('a command line without a command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'first-word-'));
  const before = process.cwd();
  beforeAll(() => {
    for (const name of ['vmcore', 'pages', 'log', '--json']) symlinkSync(DUMP, join(folder, name));
    mkdirSync(join(folder, 'crash'));
    process.chdir(folder);
  });
  afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });

  it.each([
    [['vmcore']],
    [['./vmcore', '--json']],
    [['--json', 'vmcore']],
    [['--quiet', '-o', 'out', '--part=b', '--part', 'c', '--no-color', '-oout', 'vmcore']],
    [['--', '--json']],
    [['crash']],
    [['vmcore', 'pages']],
    [['/proc/self/status', 'vmcore']],
    [['log']],
    [['./pages']],
  ])('is one of info, if its first operand is there: %j', (args) => {
    expect(withCommand(args, COMMANDS)).toEqual(['info', ...args]);
  });

  it.each([[['vmcore.1']], [['/none']], [['../none/vmcore', '--json']], [['-']]])(
    'is one of info, if its first operand looks like a file, so that the file is what is missing: %j',
    (args) => {
      expect(withCommand(args, COMMANDS)).toEqual(['info', ...args]);
    },
  );

  it.each([
    [['pages', 'vmcore']],
    [['--json', 'help']],
    [['--json']],
    [['-o']],
    [['--nonsense', 'vmcore']],
    [['--compat', 'makedumpfile', 'vmcore']],
    [['--']],
    [[]],
  ])('is left to the parser otherwise: %j', (args) => {
    expect(withCommand(args, COMMANDS)).toEqual(args);
  });

  it('may be of another program', () => {
    expect(withCommand(['vmcore'], [])).toEqual(['vmcore']);
  });

  it.each([
    [['kmem', '-i'], "unknown command 'kmem'", 'pages FILE'],
    [['--json', 'sym', 'panic'], "unknown command 'sym'", 'symbols FILE'],
    [['--mem-usage', '/proc/kcore'], "unknown option '--mem-usage'", 'pages FILE'],
    [['--dump-dmesg=x'], "unknown option '--dump-dmesg'", 'dmesg FILE'],
    [['-d31', 'vmcore'], "unknown option '-d'", 'no dump is written'],
    [['vmcore', 'usage', '--top', '3'], 'the command comes before its file', 'usage vmcore'],
    [['nonsense'], "unknown command 'nonsense', and there is no file of that name", '--help'],
    [['vmcore2'], "unknown command 'vmcore2', and there is no file of that name", '--help'],
    [['pagse', 'vmcore'], "unknown command 'pagse', and there is no file of that name", 'did you mean pages'],
    [['Pages'], "unknown command 'Pages', and there is no file of that name", 'did you mean pages'],
    [[''], 'the first word is empty, where a command or a file is needed', 'variable'],
    [['--json', ''], 'the first word is empty, where a command or a file is needed', 'variable'],
  ])('is wrong usage, with what to type instead: %j', (args, message, hint) => {
    const failure = failureOf(() => meant(...args));
    expect([failure.kind, failure.message]).toEqual(['usage', message]);
    expect(failure.facts.hint).toContain(hint);
  });
});

describe('the program', () => {
  it('shows the same of a dump alone as info does', async () => {
    const shown = await runMain(['info', DUMP]);
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    expect(await runMain([DUMP])).toEqual(shown);
    expect(await runMain(['--json', DUMP])).toEqual(await runMain(['info', DUMP, '--json']));
  });

  it('says that a file is missing, with status 1, and that a word is unknown, with status 2', async () => {
    const missing = await runMain(['none/vmcore']);
    expect(missing).toEqual({ status: 1, stdout: '', stderr: 'kdump-inspect: none/vmcore: no such file\n' });
    const unknown = await runMain(['log', DUMP]);
    expect(unknown).toMatchObject({ status: 2, stdout: '' });
    expect(unknown.stderr).toMatch(/^kdump-inspect: unknown command 'log'\n {2}kdump-inspect dmesg FILE /);
  });
});
