import { describe, expect, it } from 'vitest';
import { dumpOf } from '../../support/fixture.ts';
import { run } from '../../support/run.ts';
import { programOnTerminal } from '../../support/terminal.ts';

const DUMP = dumpOf('linux-6.12-numa');
const ESCAPE = '\x1b[';
const isColoured = (text: string) => text.includes(ESCAPE);

describe('the option --color', () => {
  it.each([
    [['pages', '--color', DUMP], true],
    [['pages', DUMP, '--color'], true],
    [['--color', DUMP], true],
    [['pages', '--color=always', DUMP], true],
    [['pages', '--color=auto', DUMP], false],
    [['pages', '--color=never', DUMP], false],
    [['pages', '--no-color', DUMP], false],
    [['pages', '--color', '--no-color', DUMP], false],
    [['pages', '--no-color', '--color', DUMP], true],
    [['pages', DUMP], false],
  ])('takes a value only after =, in a pipe: %j', (args, colour) => {
    const { status, stdout, stderr } = run(args);
    expect([status, stderr, isColoured(stdout)]).toEqual([0, '', colour]);
  });

  it.each([
    [[], {}, true],
    [['--no-color'], {}, false],
    [['--color=never'], {}, false],
    [[], { NO_COLOR: '1' }, false],
    [['--color=auto'], { NO_COLOR: '1' }, false],
    [['--color'], { NO_COLOR: '1' }, true],
    [[], { FORCE_COLOR: '0' }, false],
    [[], { TERM: 'dumb' }, false],
    [[], { TERM: 'dumb', CLICOLOR_FORCE: '1' }, true],
  ])('and the environment decide on a terminal: %j, %o', (options, env, colour) => {
    const { status, text } = programOnTerminal(['pages', DUMP, ...options], {
      env: env as Record<string, string>,
    });
    expect([status, isColoured(text)]).toEqual([0, colour]);
  });

  it('is a word of its own after another option that takes one', () => {
    expect(run(['vmcoreinfo', DUMP, '--get', '--color']).stderr).toContain('--color');
    expect(run(['pages', '--', '--color']).stderr).toContain('--color: ');
  });

  it('refuses other values', () => {
    const { status, stderr } = run(['pages', DUMP, '--color=green']);
    expect(status).toBe(2);
    expect(stderr).toContain("'green'");
    for (const when of ['auto', 'always', 'never']) expect(stderr).toContain(when);
  });

  it('colours no JSON', () => {
    for (const command of ['pages', 'dmesg', 'info'])
      expect(isColoured(run([command, DUMP, '--json', '--color']).stdout)).toBe(false);
    expect(isColoured(programOnTerminal(['pages', DUMP, '--json']).text)).toBe(false);
  });
});
