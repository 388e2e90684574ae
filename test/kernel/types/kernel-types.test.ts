import { describe, expect, test } from 'vitest';
import type { Edit } from '../../fuzz/overlay-source.ts';
import { ChangedDump } from '../../support/changed-dump.ts';
import { changedSymbols, functionsOnly, type NameOf } from '../../support/changed-symbols.ts';

/** The names that objcopy gave in Linux 5.4 to 5.6, and in RHEL 8.3 to 8.6. */
const OBJCOPY: Readonly<Record<string, string>> = {
  __start_BTF: '_binary__btf_vmlinux_bin_start',
  __stop_BTF: '_binary__btf_vmlinux_bin_end',
};
/** Longer names need room, so that a symbol that nobody asks for goes. */
const isLong = (name: string) => name.startsWith('__SCT__tp_func');
const byObjcopy: NameOf = ({ name }) => OBJCOPY[name] ?? (isLong(name) ? null : name);
const unnamed: NameOf = ({ name }) => (name in OBJCOPY ? null : name);

const COMMANDS = [['struct', 'task_struct'], ['ps'], ['info'], ['usage']];

describe.each(['linux-6.12-numa', 'linux-7.3-5level'])('the types of %s', (name) => {
  const dump = new ChangedDump(name);
  const start = dump.typed.symbol('__start_BTF');
  const noMagic = dump.bytes(start, Uint8Array.of(0, 0));

  test.each([
    ['under the names of 5.4', changedSymbols(dump, byObjcopy)],
    ['without a symbol', changedSymbols(dump, unnamed)],
  ])('%s are found, and nothing changes', async (_, changed) => {
    for (const command of COMMANDS) expect(await dump.ask(command, changed)).toEqual(await dump.ask(command));
  });

  test('and a total by its name before 5.0 give all of usage', async () => {
    const older: NameOf = ({ name }) => (name === '_totalram_pages' ? 'totalram_pages' : name);
    expect(await dump.ask(['usage'], changedSymbols(dump, older))).toEqual(await dump.ask(['usage']));
  });

  test('are found where the symbol table has functions only', async () => {
    const changed = changedSymbols(dump, functionsOnly(dump));
    const now = await dump.ask(['struct', 'task_struct'], changed);
    const then = await dump.ask(['struct', 'task_struct']);
    expect(JSON.parse(now.out)).toEqual(JSON.parse(then.out));
    expect(now.status).toBe(0);
  });

  test('that are damaged and without a symbol are not there', async () => {
    const error = async (changed: readonly Edit[]) => (await dump.ask(['struct', 'page'], changed)).err;
    expect(await error([...changedSymbols(dump, unnamed), noMagic])).toContain('this kernel has no BTF');
    expect(await error([...changedSymbols(dump, functionsOnly(dump)), noMagic])).toContain(
      'this kernel has no BTF',
    );
    expect(await error([noMagic])).toContain('the magic number is 0x0');
  });

  test('of which a part is damaged are not taken for none', async () => {
    const inTypes = dump.bytes(start + 0x1_0000n, new Uint8Array(4096).fill(0xff));
    const { status, err } = await dump.ask(
      ['struct', 'page'],
      [...changedSymbols(dump, functionsOnly(dump)), inTypes],
    );
    expect(status).toBe(1);
    expect(err).toMatch(/the kernel's types at 0x[0-9a-f]+: BTF/);
  });
});
