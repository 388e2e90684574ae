import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { PageReport } from '../../src/report/page-report.ts';
import type { StructReport } from '../../src/report/struct-report.ts';
import type { TranslateReport, TranslationRow } from '../../src/report/translate-report.ts';
import { dumpOf, expectedOf, TINY, TYPED } from '../support/fixture.ts';
import { onlyError } from '../support/only-error.ts';
import type { Ran } from '../support/run.ts';
import { runMain } from '../support/run-main.ts';
import { violations } from '../support/schema.ts';

const NUMA = dumpOf('linux-6.12-numa');
const FIVE = dumpOf('linux-7.3-5level');

/** The log of a kernel as its guest printed it. */
function logOf(name: string): string[] {
  const path = new URL(`../../fixtures/${name}.dmesg`, import.meta.url);
  return readFileSync(fileURLToPath(path), 'utf8').trimEnd().split('\n');
}

async function translated(dump: string, words: readonly string[]): Promise<[Ran, readonly TranslationRow[]]> {
  const ran = await runMain(['translate', dump, ...words, '--json']);
  if (ran.status === 1) expect(onlyError(ran).error.kind).toBe('notMapped');
  else expect(ran.stderr).toBe('');
  const report = JSON.parse(ran.stdout) as TranslateReport;
  expect(violations('translate', report)).toEqual([]);
  return [ran, report.translations];
}

describe.each(TYPED)('what the oops in the log of %s has', (name) => {
  const dump = dumpOf(name);
  const log = logOf(name);

  it('names places in the image, each function as large as the kernel said', async () => {
    const lines = log.filter((line) => /\] +(RIP: 0010:|\? )?[\w.]+\+0x[0-9a-f]+\/0x[0-9a-f]+/.test(line));
    expect(lines.length).toBeGreaterThan(10);
    for (const words of [lines, lines.join(' ').split(/\s+/), [lines.join('\n')]]) {
      const [ran, rows] = await translated(dump, words);
      expect(ran.status).toBe(0);
      expect(rows.map(({ query }) => query)).toEqual(
        lines.map((line) => /[\w.]+\+0x[0-9a-f]+\/0x[0-9a-f]+$/.exec(line.trim())?.[0]),
      );
      expect(new Set(rows.map(({ region }) => region))).toEqual(new Set(['kernel image']));
    }
  });

  it('in registers are addresses, one for each of 16 digits', async () => {
    const lines = log.filter((line) => /\] (RSP|R[A-D]X|R1?\d|FS|CS|CR2):/.test(line));
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) {
      const ran = await runMain(['translate', dump, line, '--json']);
      expect([0, 1]).toContain(ran.status);
      const { translations } = JSON.parse(ran.stdout) as TranslateReport;
      const values = line.match(/\b[0-9a-f]{16}\b/g) ?? [];
      expect(translations.map(({ address }) => BigInt(address))).toEqual(
        values.map((value) => BigInt(`0x${value}`)),
      );
    }
  });
});

describe('every form of an address', () => {
  const { symbols } = expectedOf('linux-7.3-5level');
  const address = BigInt(symbols.page_offset_base ?? 0);
  const bare = address.toString(16);

  it.each([
    [[`0x${bare}`], 0n],
    [[bare], 0n],
    [[bare.toUpperCase()], 0n],
    [['page_offset_base'], 0n],
    [['page_offset_base+0x4'], 4n],
    // The next symbol is 8 bytes further.
    [['page_offset_base+0x4/0x8'], 4n],
    [['vmalloc_base+0x8'], 0n],
    [[`0x${bare}`, '<page_offset_base>'], 0n],
    [['RIP:', '0010:page_offset_base+0x4/0x8'], 4n],
  ])('is the same in translate, page and struct: %j', async (words, offset) => {
    const [, rows] = await translated(FIVE, words);
    expect(rows.map((row) => BigInt(row.address))).toEqual([address + offset]);
    const page = JSON.parse((await runMain(['page', FIVE, ...words, '--json'])).stdout) as PageReport;
    expect(violations('page', page)).toEqual([]);
    expect(page.pfn).toBe(rows[0]?.pfn);
    const struct = JSON.parse(
      (await runMain(['struct', FIVE, 'atomic_t', ...words, '--json'])).stdout,
    ) as StructReport;
    expect(violations('struct', struct)).toEqual([]);
    expect(BigInt(struct.address ?? 0)).toBe(address + offset);
  });

  it("leads to a module's function with its module", async () => {
    const dump = FIVE;
    const [, [row]] = await translated(dump, ['virtblk_done+0x4', '[virtio_blk]']);
    expect(row).toMatchObject({
      query: 'virtblk_done+0x4 [virtio_blk]',
      result: 'mapped',
      region: 'modules',
    });
    const other = await runMain(['translate', dump, 'virtblk_done', '[virtio_blkk]']);
    expect(other.stderr).toMatch(/no module virtio_blkk is loaded\n {2}did you mean virtio_blk\?/);
    expect(other.status).toBe(1);
    const wrong = await runMain(['translate', dump, 'panic', '[virtio_blk]']);
    expect(wrong.stderr).toContain('module virtio_blk has no symbol panic');
  });

  it('that was looked up is shown by page, and one that was not is not', async () => {
    const ran = await runMain(['page', FIVE, 'page_offset_base+0x4']);
    expect(ran.stdout).toContain(
      `\n  address      0x${(address + 4n).toString(16)} <page_offset_base+0x4>\n`,
    );
    const page = async (at: string) =>
      JSON.parse((await runMain(['page', FIVE, at, '--json'])).stdout) as PageReport;
    expect((await page('page_offset_base')).query).toEqual({
      name: 'page_offset_base',
      address: `0x${bare}`,
    });
    expect(await page(bare)).not.toHaveProperty('query');
  });

  it('is a symbol before it is hex', async () => {
    // The symbols edd and af of 6.12; none is named bad.
    const [, rows] = await translated(NUMA, ['edd', 'af', '0xedd']);
    expect(rows.map(({ region }) => region)).toEqual(['kernel image', 'kernel image', 'user']);
    const ran = await runMain(['translate', NUMA, 'bad', '--json']);
    expect((JSON.parse(ran.stdout) as TranslateReport).translations[0]).toMatchObject({
      address: '0xbad',
      region: 'user',
    });
    expect(ran.stdout).not.toContain('"query"');
  });

  it.each([
    [
      ['t_next'],
      1,
      /6 symbols are named t_next\n {2}give the address of one of them: 0xffffffff[0-9a-f]{8}, 0x/,
    ],
    [['init_taks'], 1, /this kernel has no symbol init_taks\n {2}did you mean init_task/],
    [['(____ptrval____)'], 2, /stands for an address that the kernel did not print/],
    [['00000000deadbeef'], 1, /warning: 00000000deadbeef may be a hashed pointer/],
    [['[virtio_blk]'], 2, /"\[virtio_blk\]" is not an address/],
    [['init_task+10'], 2, /"init_task\+10" is not an address/],
  ])('that leads nowhere says why: %j', async (words, status, message) => {
    const ran = await runMain(['translate', NUMA, ...words]);
    expect(ran.stderr).toMatch(message);
    expect(ran.status).toBe(status);
  });

  it('of one page only is asked of page', async () => {
    const ran = await runMain(['page', NUMA, 'init_task', 'init_mm']);
    expect(ran.stderr).toContain('one address is needed, but "init_task init_mm" has more');
    expect(ran.status).toBe(2);
    const hashed = await runMain(['page', NUMA, '0000000001000000']);
    expect(hashed.stderr).toContain('0000000001000000 is taken as a physical address');
    expect(hashed.stdout).toMatch(/^pfn 4096 {2}physical 0x1000000\n/);
  });
});

describe('a per-CPU variable', () => {
  const places = TYPED.map((name) => [name, 'runqueues@0', 0] as const);
  const second = ['runqueues@1', 'runqueues:1', '<runqueues@1>'].map(
    (place) => ['linux-6.12-numa', place, 1] as const,
  );

  it.each([...places, ...second])('of %s at %s is the one of CPU %d', async (name, place, cpu) => {
    const dump = dumpOf(name);
    // kernel/sched/sched.h: struct rq has the number of its CPU.
    const ran = await runMain(['struct', dump, 'rq.cpu', place, '--json']);
    expect((JSON.parse(ran.stdout) as StructReport).value).toBe(cpu);
    const [, [row]] = await translated(dump, [place]);
    expect(row).toMatchObject({ region: 'direct map', query: place });
  });

  it.each(['runqueues@1', 'runqueues@1.cpu'])('has its type in BTF: struct %s', async (name) => {
    const of = async (...words: readonly string[]) =>
      JSON.parse((await runMain(['struct', NUMA, ...words, '--json'])).stdout) as StructReport;
    const { value, address } = await of(name);
    const [type = '', ...path] = name.replace('runqueues@1', 'rq').split('.');
    const other = await of([type, ...path].join('.'), 'runqueues@1');
    expect(address).toMatch(/^0xffff/);
    expect({ value, address }).toEqual({ value: other.value, address: other.address });
    const missing = await runMain(['struct', NUMA, name.replace('@1', '@2')]);
    expect(missing.stderr).toContain('CPU 2 has no per-CPU area: this kernel has CPUs 0-1');
    expect((await runMain(['struct', NUMA, name, 'init_task'])).status).toBe(2);
  });

  it.each(TYPED)('of %s needs a CPU', async (name) => {
    const ran = await runMain(['page', dumpOf(name), 'runqueues']);
    expect(ran.stderr).toMatch(
      /runqueues is a per-CPU variable: each CPU has its own\n {2}say of which CPU, as in runqueues@0/,
    );
    expect(ran.status).toBe(1);
  });

  it('of a kernel for one CPU is an ordinary one', async () => {
    const [, rows] = await translated(TINY.path, ['runqueues', 'runqueues@0']);
    expect(rows[0]?.result).toBe('mapped');
    expect(rows[0]?.address).toBe(rows[1]?.address);
    expect((await runMain(['translate', TINY.path, 'runqueues@1'])).stderr).toContain(
      'CPU 0 is the only one',
    );
  });
});
