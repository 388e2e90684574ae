import { describe, expect, test } from 'vitest';
import { readModules } from '../src/kernel/modules/module-list.ts';
import type { TypedKernel } from '../src/kernel/typed-kernel.ts';
import { ChangedDump } from './support/changed-dump.ts';

/** A word of a real kernel that is changed, and what the program says when another structure of it has it otherwise. */
interface Lie {
  readonly command: readonly string[];
  readonly at: (typed: TypedKernel, dump: ChangedDump) => bigint | Promise<bigint>;
  readonly value: (was: bigint) => bigint;
  readonly warning: RegExp;
}

const member = (typed: TypedKernel, struct: string, path: string) =>
  BigInt(typed.types.struct(struct).offsetOf(path));

const firstModule = (typed: TypedKernel) => readModules(typed).modules[0]?.address ?? 0n;
const ofModule = (path: string) => (typed: TypedKernel) => firstModule(typed) + member(typed, 'module', path);

/** The address_space of the file with most pages that has a name. */
async function mapping(dump: ChangedDump): Promise<bigint> {
  const { files } = JSON.parse((await dump.ask(['usage', '--top', '100'])).out) as {
    files: { largest: { mapping: string; path: string | null }[] };
  };
  return BigInt(files.largest.find(({ path }) => path !== null)?.mapping ?? 0);
}

const ofMapping = (path: string) => async (typed: TypedKernel, dump: ChangedDump) =>
  (await mapping(dump)) + member(typed, 'address_space', path);

/** The first dentry of that file. */
const ofDentry = (path: string) => async (typed: TypedKernel, dump: ChangedDump) => {
  const { space, types } = typed;
  const inode = space.u64((await mapping(dump)) + member(typed, 'address_space', 'host'));
  const alias = space.u64(inode + member(typed, 'inode', 'i_dentry.first'));
  return (
    alias - BigInt(types.struct('dentry').offsetOf('d_u.d_alias', 'd_alias')) + member(typed, 'dentry', path)
  );
};

const LIES: Readonly<Record<string, Lie>> = {
  'the name of a module': {
    command: ['symbols', 'init_task'],
    at: ofModule('name'),
    value: (was) => was ^ 1n,
    warning: /module \w+ is called qemu_fw_cfg in sysfs/,
  },
  'the state of a module, as if it were being loaded': {
    command: ['symbols', 'init_task'],
    at: ofModule('state'),
    value: (was) => was + 1n,
    warning: /module qemu_fw_cfg is MODULE_STATE_COMING, and its refcnt is 1, less than 2/,
  },
  'the state of a module, as if it were gone': {
    command: ['info'],
    at: ofModule('state'),
    value: (was) => was + 3n,
    warning: /module qemu_fw_cfg is MODULE_STATE_UNFORMED, and in sysfs/,
  },
  'the size of a module, too large': {
    command: ['usage'],
    at: ofModule('mem[1].size'),
    value: (was) => was + 0x1000n,
    warning: /module qemu_fw_cfg has memory from \w+ to \w+, which is not all mapped/,
  },
  'the size of a module, too small': {
    command: ['usage'],
    at: ofModule('mem[1].size'),
    value: (was) => was - 0x1000n,
    warning: /module qemu_fw_cfg has memory from \w+ to \w+, and more is mapped/,
  },
  'the pages of a file, too many': {
    command: ['usage'],
    at: ofMapping('nrpages'),
    value: (was) => was + 32n,
    warning: /has \d+ pages by nrpages, and \d+ struct pages are its/,
  },
  'the pages of a file, too few': {
    command: ['usage'],
    at: ofMapping('nrpages'),
    value: (was) => was - 513n,
    warning: /has \d+ pages by nrpages, and \d+ struct pages are its/,
  },
  'the length of a name': {
    command: ['usage'],
    at: ofDentry('d_name.hash_len'),
    value: (was) => was + (1n << 32n),
    warning: /has a name of \d+ bytes, by its d_name, which does not end there/,
  },
  'the place of a name': {
    command: ['usage'],
    at: ofDentry('d_name.name'),
    value: (was) => was + 8n,
    warning: /has a name of \d+ bytes outside its dentry, where \d+ have room/,
  },
};

describe('what another structure has otherwise is told', () => {
  const dump = new ChangedDump('linux-6.12-numa');

  test.each(Object.entries(LIES))('%s', async (_, { command, at, value, warning }) => {
    const address = await at(dump.typed, dump);
    const changed = [dump.word(address, value(dump.typed.space.u64(address)))];
    const { status, err } = await dump.ask(command, changed);
    expect([status, err]).toEqual([3, expect.stringMatching(warning)]);
    expect((await dump.ask(command)).status).not.toBe(1);
    expect((await dump.ask(command)).err).not.toMatch(warning);
  });
});
