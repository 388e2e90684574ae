import { describe, expect, it } from 'vitest';
import { cgroupKeys } from '../../../src/pages/attribution/cgroup-keys.ts';
import { pfnRanges } from '../../../src/pages/struct-pages/pfn-ranges.ts';
import { runsOf } from '../../../src/pages/struct-pages/runs.ts';
import { StructPages } from '../../../src/pages/struct-pages/struct-pages.ts';
import { unexplained } from '../../../src/report/checks.ts';
import type { PsReport } from '../../../src/report/ps-report.ts';
import type { CgroupRow } from '../../../src/report/usage-cgroups.ts';
import type { UsageReport } from '../../../src/report/usage-report.ts';
import type { Edit } from '../../fuzz/overlay-source.ts';
import { ChangedDump } from '../../support/changed-dump.ts';
import { CGROUPS } from '../../support/fixture.ts';
import { violations } from '../../support/schema.ts';

const LONG = 120_000;
const dump = new ChangedDump(CGROUPS.name, CGROUPS.path);
const { typed } = dump;

/** The report on the dump with some words of it changed. */
async function changed(...edits: Edit[]): Promise<{ status: number; report: UsageReport; err: string }> {
  const { status, out, err } = await dump.ask(['usage', '--by', 'cgroup'], edits);
  const report = JSON.parse(out) as UsageReport;
  expect(violations('usage', report)).toEqual([]);
  return { status, report, err };
}

const rowOf = ({ cgroups }: UsageReport, path: string): CgroupRow | undefined =>
  cgroups?.largest.find((row) => row.path === path);

async function addressOf(path: string): Promise<bigint> {
  const { report } = await changed();
  const row = rowOf(report, path);
  if (row === undefined) throw new Error(`no cgroup ${path}`);
  return BigInt(row.address);
}

/** The virtual address of the first word that names a cgroup, in the struct pages. */
function wordNaming(cgroup: bigint): bigint {
  const word = cgroupKeys(typed)?.word ?? 0;
  const pages = new StructPages(typed.kernel);
  for (const { pfn, count } of runsOf(pfnRanges(typed.kernel.image.memory.described()))) {
    pages.readRun(pfn, count);
    const step = typed.types.struct('page').size / 4;
    for (let n = 0; n < count; n++) {
      const [low, high] = [pages.words[n * step + word] ?? 0, pages.words[n * step + word + 1] ?? 0];
      const pointer = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
      if (pointer === cgroup) return (pages.addressOf(pfn + n) ?? 0n) + BigInt(4 * word);
    }
  }
  throw new Error('no page names this cgroup');
}

const memcg = (member: string) => BigInt(typed.types.struct('mem_cgroup').offsetOf(member));

describe('a damaged dump', () => {
  it.each([
    ['an address that nothing is at', 0xffff_9999_1234_5678n],
    ['no address', 0x1234n],
    ['the middle of the cgroup', null],
  ])(
    'has a page that names %s: it is counted apart, and nothing else is certain',
    async (_, value) => {
      const web = await addressOf('/web');
      const { status, report, err } = await changed(dump.word(wordNaming(web), value ?? web + 64n));
      expect(status).toBe(3);
      expect(report.complete).toBe(false);
      expect(err).toMatch(/bytes are charged to something that is no cgroup/);
      const { unlisted, countExact } = report.cgroups ?? {};
      expect(unlisted?.bytes).toBeGreaterThanOrEqual(4096);
      expect(countExact).toBe(false);
      expect(rowOf(report, '/web')?.total).toMatchObject({ bytes: null, atLeast: { slab: 17152 } });
    },
    LONG,
  );

  it(
    'has a directory that is its own parent: its cgroup has no name',
    async () => {
      const web = await addressOf('/web');
      const cgroup = typed.space.u64(web + memcg('css.cgroup'));
      const kn = typed.read('cgroup', cgroup, 'kn').big('kn');
      const parent = kn + BigInt(typed.types.struct('kernfs_node').offsetOf('parent'));
      const { status, report, err } = await changed(dump.word(parent, kn));
      expect(status).toBe(3);
      expect(err).toMatch(/the parents of the kernfs_node at 0x[0-9a-f]+ run in a circle/);
      expect(rowOf(report, '/web')).toBeUndefined();
      const nameless = report.cgroups?.largest.find(({ address }) => BigInt(address) === web);
      expect(nameless).toMatchObject({ path: null });
    },
    LONG,
  );

  it(
    'has a cgroup that leads to itself in their list: the others are found from its other end',
    async () => {
      const own = (await addressOf('/batch/files')) + memcg('css.sibling');
      const { status, report, err } = await changed(dump.word(own, own), dump.word(own + 8n, own));
      expect(status).toBe(0);
      expect(err).toMatch(/the list of cgroups is broken at 0x[0-9a-f]+: /);
      expect(report.cgroups?.largest).toEqual((await changed()).report.cgroups?.largest);
    },
    LONG,
  );

  it(
    'has a cgroup with another parent: it is not believed, and nothing is certain',
    async () => {
      const child = await addressOf('/batch/files');
      const wrong = (await addressOf('/batch')) + 8n;
      const { status, report, err } = await changed(dump.word(child + memcg('css.parent'), wrong));
      expect(status).toBe(3);
      expect(err).toMatch(/the cgroup at 0x[0-9a-f]+: its parent is 0x[0-9a-f]+, not 0x[0-9a-f]+/);
      expect(report).toMatchObject({ complete: false, cgroups: { countExact: false } });
      expect(report.cgroups?.unlisted.bytes).toBeGreaterThan(1 << 20);
      expect(rowOf(report, '/batch')?.total.bytes).toBeNull();
    },
    LONG,
  );

  it(
    'has a counter of charges that is off by one page: the cgroup is named',
    async () => {
      const usage = (await addressOf('/web')) + memcg('memory.usage');
      const { status, report, err } = await changed(dump.word(usage, typed.space.u64(usage) + 1n));
      expect(status).toBe(3);
      expect(report).toMatchObject({ complete: true, consistent: false });
      const wrong = report.checks.filter(({ verdict }) => verdict === 'contradicted');
      expect(wrong.map(({ name, cgroup }) => [name, cgroup])).toEqual([['memory.current', '/web']]);
      expect(err).toMatch(/cgroup \/web memory\.current: .* nothing explains 4096 of them/);
    },
    LONG,
  );

  it(
    'has a page in use where a top page table would have its second one: none has a second one',
    async () => {
      const { out } = await dump.ask(['ps', '--user'], []);
      const { tasks } = JSON.parse(out) as PsReport;
      const last = tasks.findLast(({ comm, memory }) => comm === 'sleep' && memory !== null);
      const mm = typed.read('task_struct', BigInt(last?.task ?? 0), 'mm').big('mm');
      const table = typed.space.translate(typed.read('mm_struct', mm, 'pgd').big('pgd'));
      const next = new StructPages(typed.kernel).addressOf(table / 4096 + 1) ?? 0n;
      const refcount = next + BigInt(typed.types.struct('page').offsetOf('_refcount'));
      const { status, report } = await changed(dump.word(refcount, typed.space.u64(refcount) + 1n));
      expect(status).toBe(3);
      const processes = report.cgroups?.largest.filter(({ path }) => path !== '/') ?? [];
      const pages = processes.reduce((sum, row) => sum + (row.processes ?? 0), 0);
      expect(pages).toBeGreaterThan(3);
      const all = report.checks.find(({ name, cgroup }) => name === 'memory.current' && cgroup === '/');
      expect(all).toMatchObject({ verdict: 'contradicted' });
      expect(all && unexplained(all)).toBe(-4096 * pages);
    },
    LONG,
  );
});
