import { describe, expect, it } from 'vitest';
import { allOptionsOf } from '../../src/cli/command/command.ts';
import { COMMANDS } from '../../src/cli/declarations/commands.ts';
import { flagOf } from '../../src/cli/options/declared.ts';
import { insteadOf, MEANINGS } from '../../src/cli/words-of-other-tools.ts';

const NAMES = COMMANDS.map(({ name }) => name);
const FLAGS = COMMANDS.flatMap((command) => Object.keys(allOptionsOf(command)).map(flagOf));
/** What may come before a dump without a command. */
const BEFORE = COMMANDS.filter(({ name }) => name === 'info').flatMap((info) =>
  Object.keys(allOptionsOf(info)).map(flagOf),
);
const WORDS = MEANINGS.flatMap(({ words }) => words);

describe('a word of another tool', () => {
  it.each(MEANINGS.map(({ instead }) => [instead]))('leads to what there is: %s', (instead) => {
    const commands = [...instead.matchAll(/kdump-inspect ([a-z]+)/g)].map(([, name = '']) => name);
    const options = [...instead.matchAll(/ \(?(--[a-z-]+)/g)].map(([, flag = '']) => flag);
    expect(NAMES).toEqual(expect.arrayContaining(commands));
    expect([...FLAGS, '--version']).toEqual(expect.arrayContaining(options));
    expect(instead).toMatch(/kdump-inspect ([a-z]+ )?(FILE|--version)/);
  });

  it('has one meaning', () => {
    expect(new Set(WORDS).size).toBe(WORDS.length);
  });

  it('is no word of this program', () => {
    expect(WORDS.filter((word) => NAMES.includes(word) || BEFORE.includes(word))).toEqual([]);
  });

  it('is known in capitals, too, unless they mean something else', () => {
    expect([insteadOf('KMEM'), insteadOf('-X')]).toEqual([insteadOf('kmem'), insteadOf('-d')]);
    expect([insteadOf('nonsense'), insteadOf('')]).toEqual([undefined, undefined]);
  });
});
