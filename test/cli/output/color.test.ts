import { afterEach, describe, expect, it } from 'vitest';
import { hasColor } from '../../../src/cli/output/color.ts';

const { env } = process;
afterEach(() => {
  process.env = env;
});

const WHEN = [undefined, 'auto', 'always', 'never'] as const;
const NO_COLOR = [undefined, '', '0', '1'];
const FORCE_COLOR = [undefined, '', '0', 'false', '1', '3', 'true'];
const CLICOLOR_FORCE = [undefined, '', '0', '1'];
const TERM = [undefined, 'xterm', 'dumb'];

/** What decides, in the order of the issue: each says yes, no, or nothing. */
function expected(
  when: string | undefined,
  noColor: string | undefined,
  force: string | undefined,
  cliForce: string | undefined,
  terminal: boolean,
): boolean {
  const says = [
    when === 'always' ? true : when === 'never' ? false : null,
    noColor ? false : null,
    force ? !['0', 'false'].includes(force) : null,
    cliForce && cliForce !== '0' ? true : null,
    terminal,
  ];
  return says.find((one) => one !== null) ?? false;
}

const given = (all: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));

/** All combinations of one value from each list. */
const combined = (lists: readonly (readonly unknown[])[]): unknown[][] =>
  lists.reduce<unknown[][]>((all, list) => all.flatMap((one) => list.map((value) => [...one, value])), [[]]);

type Case = [string?, string?, string?, string?, boolean?];
const CASES = combined([NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM, [true, false]]) as Case[];

describe('colour', () => {
  it.each(WHEN)('is decided by --color=%s, the environment and the terminal, in this order', (color) => {
    expect(CASES).toHaveLength(4 * 7 * 4 * 3 * 2);
    for (const [noColor, force, cliForce, term, isTerminal = false] of CASES) {
      process.env = given({
        NO_COLOR: noColor,
        FORCE_COLOR: force,
        CLICOLOR_FORCE: cliForce,
        TERM: term,
      }) as Record<string, string>;
      const is = hasColor(color === undefined ? {} : { color }, isTerminal);
      const can = isTerminal && term !== 'dumb';
      expect(is, JSON.stringify(process.env)).toBe(expected(color, noColor, force, cliForce, can));
    }
  });

  it.each([
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ CLICOLOR_FORCE: '1' }, false, true],
    [{ FORCE_COLOR: '0', CLICOLOR_FORCE: '1' }, false, false],
    [{}, true, true],
    [{}, false, false],
    [{ TERM: 'dumb' }, true, false],
  ])('with %o and a terminal (%s) is %s', (variables, isTerminal, is) => {
    process.env = variables as Record<string, string>;
    expect(hasColor({}, isTerminal)).toBe(is);
  });
});
