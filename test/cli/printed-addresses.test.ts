import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/declarations/commands.ts';
import { dumpOf } from '../support/fixture.ts';
import { onlyError } from '../support/only-error.ts';
import { runMain } from '../support/run-main.ts';

const DUMP = dumpOf('linux-6.12-numa');

/** Command lines without the dump, which comes after the command. */
const LINES: readonly (readonly string[])[] = [
  ['page', 'init_task'],
  ['page', '0x1000000'],
  ['page', '49152'],
  ['struct', 'task_struct', 'init_task'],
  ['struct', 'rq', 'runqueues@1'],
  ['struct', 'module.list', 'modules'],
  ['symbols', 'virtblk_done', 'init_task+0x10', 'runqueues@1', '*_base'],
  ['translate', 'init_task', 'virtblk_done', '0x7f0012345678'],
  ['usage', '--by', 'slab'],
  ['usage', '--by', 'file'],
  ['usage', '--by', 'process'],
  ['ps', '--threads'],
  ['pages', '--compat', 'makedumpfile'],
];

/** Every command that reads a dump, once more without operands if it needs none. */
const bare = COMMANDS.filter(
  ({ dump, operands }) => dump && Object.values(operands).every((o) => o.optional),
);
const all = [...bare.map(({ name }) => [name]), ...LINES];

/** The kernel's log is printed as it is. */
const ours = all.filter(([name]) => name !== 'dmesg');

async function textOf([name = '', ...operands]: readonly string[]): Promise<string> {
  const ran = await runMain([name, DUMP, ...operands]);
  expect(ran.stdout).not.toBe('');
  return ran.stdout;
}

/** Hex of 9 to 16 digits, with a letter or of all 16 digits, that is no part of a UUID. */
const ADDRESS_LIKE = /(?<![\w.-])(?:(?=\d*[a-f])[0-9a-f]{9,16}|\d{16})(?![\w.-])/g;

/** Build ids, and what a kernel or file system is named by. */
const IDENTITY = /"\w*(?:[iI]d|uuid|release|version)": "[^"]*"/g;

const MOST = 1000;

/** All different ones or, of the whole symbol table, some from each part of it. */
function spread(all: readonly string[]): string[] {
  const different = [...new Set(all)];
  const step = Math.ceil(different.length / MOST);
  return different.filter((_, i) => i % step === 0);
}

describe('addresses in text', () => {
  it('are those of every command', () => {
    const named = new Set(all.map(([name]) => name));
    expect(COMMANDS.filter(({ dump, name }) => dump && !named.has(name))).toEqual([]);
  });

  it.each(ours.map((line) => [line.join(' '), line] as const))(
    'of %s have 0x, and can be pasted',
    async (_, line) => {
      const text = await textOf(line);
      expect(text.match(ADDRESS_LIKE) ?? []).toEqual([]);
      const numbers = text.match(/\b0x[0-9a-f]{9,16}\b/g) ?? [];
      // Places in symbols, as `struct`, `page`, `usage` and `symbols` print them.
      const places =
        text.match(/<[^<>]+>|[\w.]+(?:@\d+)?\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?(?: \[\w+\])?/g) ?? [];
      for (const some of [numbers, places].map(spread).filter(({ length }) => length > 0)) {
        const ran = await runMain(['translate', DUMP, ...some, '--json']);
        // Some lead nowhere, which the report says.
        if (ran.status === 0) expect(ran.stderr).toBe('');
        else expect([ran.status, onlyError(ran).error.kind]).toEqual([1, 'notMapped']);
        expect(JSON.parse(ran.stdout).translations).toHaveLength(some.length);
      }
    },
  );

  it.each(ours.map((line) => [line.join(' '), line] as const))(
    'of the JSON of %s have 0x',
    async (_, line) => {
      const text = await textOf([...line, '--json']);
      expect(text.replaceAll(IDENTITY, '').match(ADDRESS_LIKE) ?? []).toEqual([]);
    },
  );

  it('are found by these patterns', async () => {
    const text = `${await textOf(['struct', 'task_struct', 'init_task'])}${await textOf(['symbols', 'init_*'])}`;
    expect(text.match(/\b0x[0-9a-f]{9,16}\b/g)?.length).toBeGreaterThan(100);
    expect(text).toMatch(/<init_stack>/);
    expect('at ffffffff91210940, 0000000000000010'.match(ADDRESS_LIKE)).toHaveLength(2);
  });
});
