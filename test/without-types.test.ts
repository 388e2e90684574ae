import { describe, expect, test } from 'vitest';
import { ChangedDump } from './support/changed-dump.ts';
import { changedSymbols, functionsOnly, withoutTypes } from './support/changed-symbols.ts';
import { TYPED } from './support/fixture.ts';
import { contradictions } from './support/honest.ts';
import { violations } from './support/schema.ts';

/** What needs types, in `info`. All else is given, and as with types. */
const BY_TYPES = ['tasks'];
const documentOf = (out: string) => JSON.parse(out) as Record<string, unknown>;

describe.each(TYPED)('%s without types', (name) => {
  const dump = new ChangedDump(name);
  const changed = withoutTypes(dump);

  test('has nearly all of info, and is whole', async () => {
    const { status, out, err } = await dump.ask(['info'], changed);
    const [now, then] = [documentOf(out), documentOf((await dump.ask(['info'])).out)];
    expect(contradictions(now, then)).toEqual([]);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(violations('info', now)).toEqual([]);
    const lost = Object.keys(now.unavailable as object).filter(
      (key) => !(key in (then.unavailable as object)),
    );
    expect(lost).toEqual(BY_TYPES);
    for (const key of lost)
      expect(Object(now.unavailable)[key]).toMatch(/^this kernel has no BTF.*CONFIG_DEBUG_INFO_BTF=y/);
    const task = { ...Object(then.crash).task, tgid: null };
    expect(now).toMatchObject({ crash: { task }, modules: then.modules, modulesExact: true });
  });
});

describe.each(TYPED.filter((name) => name !== 'linux-5.10'))('%s with symbols of functions only', (name) => {
  const dump = new ChangedDump(name);
  const symbols = changedSymbols(dump, functionsOnly(dump));

  test.each([
    ['without types', [...symbols, ...withoutTypes(dump).slice(-1)]],
    ['with types', symbols],
  ])('%s says nothing wrong', async (_, changed) => {
    const { status, out } = await dump.ask(['info'], changed);
    const [now, then] = [documentOf(out), documentOf((await dump.ask(['info'])).out)];
    expect(contradictions(now, then)).toEqual([]);
    expect(status).toBe(0);
    const { cpu, task } = Object(then.crash);
    expect(now).toMatchObject({ crash: { cpu, task: { ...task, tgid: null } }, memory: then.memory });
    expect(now).toMatchObject({ commandLine: then.commandLine });
    for (const key of ['taint', 'modules', 'load'])
      expect(Object(now.unavailable)[key]).toContain('has functions only');
  });
});
