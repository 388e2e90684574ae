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

  test('has what struct pages tell of usage', async () => {
    const { status, out, err } = await dump.ask(['usage'], changed);
    const [now, then] = [documentOf(out), documentOf((await dump.ask(['usage'])).out)];
    const checks = Object(now.checks).map(({ name, verdict }: Check) => `${name}: ${verdict}`);
    expect(contradictions({ ...now, checks: null }, then)).toEqual([]);
    expect(violations('usage', now)).toEqual([]);
    expect(status).toBe(0);
    expect(err).toMatch(/this kernel has no BTF.*CONFIG_DEBUG_INFO_BTF=y/);
    expect(checks).toEqual(['free_area.nr_free: equal', '_totalram_pages: equal']);
    const unknown = Object(now.types).flatMap(({ type, pages }: Row) => (pages === null ? [type] : []));
    expect(unknown).toEqual(MARKED_BY_TYPES);
  });

  test.each([['ps'], ['usage', '--by', 'slab'], ['usage', '--by', 'process'], ['struct', 'page']])(
    'cannot answer %s %s %s',
    async (...command) => {
      const { status, err } = await dump.ask(command, changed);
      expect(status).toBe(1);
      expect(err).toContain('this kernel has no BTF');
      expect(err).toContain('CONFIG_DEBUG_INFO_BTF=y');
    },
  );

  test('names symbols, and says nothing of modules where none is loaded', async () => {
    const { err, out } = await dump.ask(['symbols', 'init_task'], changed);
    const then = documentOf((await dump.ask(['symbols', 'init_task'])).out);
    expect(documentOf(out).symbols).toEqual(then.symbols);
    const loaded = Object(then.modules).length;
    expect(err === '').toBe(loaded === 0);
  });
});

/** Uses that neither VMCOREINFO nor the memory itself tells. */
const MARKED_BY_TYPES = [
  ...['largeKmalloc', 'pageTables', 'kernelStacks', 'code', 'vmalloc', 'percpu', 'zsmalloc'],
  ...['notAttributed', 'cpuFree'],
];

type Row = { readonly type: string; readonly pages: number | null };
type Check = { readonly name: string; readonly verdict: string };

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
    expect(now).toMatchObject({ modules: then.modules, modulesExact: true });
    for (const key of ['taint', 'load', 'swap'])
      expect(Object(now.unavailable)[key]).toContain('has functions only');
  });

  test('says why a variable has no symbol', async () => {
    const { status, err } = await dump.ask(['symbols', 'init_task'], symbols);
    expect(status).toBe(1);
    expect(err).toContain('has functions only (CONFIG_KALLSYMS_ALL=n)');
  });

  test('has what struct pages tell of usage', async () => {
    const { status, out, err } = await dump.ask(['usage'], symbols);
    const [now, then] = [documentOf(out), documentOf((await dump.ask(['usage'])).out)];
    expect(contradictions({ ...now, checks: null }, then)).toEqual([]);
    expect(status).toBe(0);
    expect(err).toContain('has functions only (CONFIG_KALLSYMS_ALL=n)');
    const known = Object(now.types).flatMap(({ type, pages }: Row) => (pages === null ? [] : [type]));
    expect(known).toEqual(expect.arrayContaining(['anonymous', 'shmem', 'slab', 'pageTables', 'free']));
    expect(Object(now.checks)[0]).toMatchObject({ name: 'free_area.nr_free', verdict: 'equal' });
  });

  test("finds the modules' own types and symbols", async () => {
    for (const command of [
      ['struct', 'virtio_blk'],
      ['symbols', 'virtblk_*'],
    ]) {
      const [now, then] = [await dump.ask(command, symbols), await dump.ask(command)];
      expect({ ...documentOf(now.out), table: null }).toEqual({ ...documentOf(then.out), table: null });
      expect(now.status).toBe(0);
    }
  });
});
