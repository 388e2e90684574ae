import { describe, expect, test } from 'vitest';
import { readModules } from '../src/kernel/modules/module-list.ts';
import type { TypedKernel } from '../src/kernel/typed-kernel.ts';
import { ChangedDump } from './support/changed-dump.ts';

/** A word of a real kernel that is changed, and what the program says when another structure of it has it otherwise. */
interface Lie {
  readonly command: readonly string[];
  readonly at: (typed: TypedKernel) => bigint;
  readonly value: (was: bigint) => bigint;
  readonly warning: RegExp;
}

const member = (typed: TypedKernel, struct: string, path: string) =>
  BigInt(typed.types.struct(struct).offsetOf(path));

const firstModule = (typed: TypedKernel) => readModules(typed).modules[0]?.address ?? 0n;
const ofModule = (path: string) => (typed: TypedKernel) => firstModule(typed) + member(typed, 'module', path);

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
};

describe('what another structure has otherwise is told', () => {
  const dump = new ChangedDump('linux-6.12-numa');

  test.each(Object.entries(LIES))('%s', async (_, { command, at, value, warning }) => {
    const address = at(dump.typed);
    const changed = [dump.word(address, value(dump.typed.space.u64(address)))];
    const { status, err } = await dump.ask(command, changed);
    expect([status, err]).toEqual([3, expect.stringMatching(warning)]);
    expect((await dump.ask(command)).status).not.toBe(1);
    expect((await dump.ask(command)).err).not.toMatch(warning);
  });
});
