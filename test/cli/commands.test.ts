import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { PageReport } from '../../src/report/page-report.ts';
import type { SegmentsReport } from '../../src/report/segments-report.ts';
import type { SymbolsReport } from '../../src/report/symbols-report.ts';
import type { TranslateReport } from '../../src/report/translate-report.ts';
import type { VmcoreinfoReport } from '../../src/report/vmcoreinfo-report.ts';
import { dumpOf, expectedOf } from '../support/fixture.ts';
import { run } from '../support/run.ts';
import { runMain } from '../support/run-main.ts';
import { saidIn } from '../support/said.ts';
import { violations } from '../support/schema.ts';

const NUMA = dumpOf('linux-6.12-numa');
const FIVE = dumpOf('linux-7.3-5level');
const QEMU = dumpOf('qemu-6.1');
const folder = mkdtempSync(join(tmpdir(), 'kdump-inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function json<T>(args: readonly string[], status = 0): Promise<T> {
  const ran = await runMain([...args, '--json']);
  expect(ran.status).toBe(status);
  const document = JSON.parse(ran.stdout) as T;
  expect(violations(args[0] ?? '', document)).toEqual([]);
  return document;
}

describe('vmcoreinfo', () => {
  it('has every line of the note, in its order', async () => {
    const raw = (await runMain(['vmcoreinfo', NUMA, '--raw'])).stdout;
    const { entries } = await json<VmcoreinfoReport>(['vmcoreinfo', NUMA]);
    const keys = raw
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, line.indexOf('=')));
    expect(Object.keys(entries)).toEqual(keys);
    expect(entries.OSRELEASE).toBe('6.12.107+deb13-cloud-amd64');
    expect(entries.PAGESIZE).toBe(4096);
    expect(entries['NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)']).toBe(-268435456);
    expect(entries['SYMBOL(init_top_pgt)']).toBe('0xffffffff91222000');
    expect(entries['NUMBER(VMALLOC_START)']).toMatch(/^0x[0-9a-f]{16}$/);
  });

  it('prints the note unchanged', async () => {
    const raw = (await runMain(['vmcoreinfo', FIVE, '--raw'])).stdout;
    expect(
      readFileSync(FIVE)
        .subarray(4096, 4096 + 4096)
        .includes(raw),
    ).toBe(true);
  });

  it('prints one value for a script, and suggests similar keys if there is none', async () => {
    expect((await runMain(['vmcoreinfo', NUMA, '--get', 'OSRELEASE'])).stdout).toBe(
      '6.12.107+deb13-cloud-amd64\n',
    );
    const none = await runMain(['vmcoreinfo', NUMA, '--get', 'init_top_pgt']);
    expect(none.status).toBe(1);
    expect(none.stderr).toContain('did you mean SYMBOL(init_top_pgt)?');
  });
});

describe('segments', () => {
  it('shows the kernel image in two segments, and the holes', async () => {
    const report = await json<SegmentsReport>(['segments', NUMA]);
    expect(report.segments.map((s) => s.region)).toEqual([
      'kernel image',
      'direct map',
      'direct map',
      'direct map',
    ]);
    expect(report.overlaps).toEqual([
      { start: '0x11a00000', end: '0x14630000', bytes: 0x2c30000, segments: [0, 3] },
    ]);
    expect(report.holes.map((h) => [h.start, h.end])).toEqual([
      ['0x0', '0x1000'],
      ['0x9fc00', '0x100000'],
      ['0x3000000', '0xb000000'],
    ]);
  });

  it('shows QEMU segments, whose headers are not at 64 and whose addresses are physical', async () => {
    const report = await json<SegmentsReport>(['segments', QEMU]);
    expect(report.segments.map((s) => [s.physical, s.memorySize, s.offset, s.region])).toEqual([
      ['0x0', 0xa0000, '0x11e0', 'physical'],
      ['0xc0000', 0xff40000, '0xa11e0', 'physical'],
      ['0xfd000000', 0x1000000, '0xffe11e0', 'physical'],
      ['0xfffc0000', 0x40000, '0x10fe11e0', 'physical'],
    ]);
  });
});

describe('translate', () => {
  it('walks five levels to the physical address in the segment of the kernel image', async () => {
    // The LOAD of the image: 0xffffffff90a00000 at physical 0x6600000.
    const report = await json<TranslateReport>(['translate', FIVE, '0xffffffff90a01234']);
    const [walk] = report.translations;
    expect(walk?.steps.map((s) => s.level)).toEqual(['pgd', 'p4d', 'pud', 'pmd']);
    expect(walk).toMatchObject({
      result: 'mapped',
      physical: '0x6601234',
      pageSize: 2 ** 21,
      contents: 'stored',
    });
    expect(walk?.steps[0]?.table).toBe('0x862a000');
  });

  it('walks four levels through the direct map', async () => {
    const { pageOffset } = expectedOf('linux-6.12-numa');
    const address = `0x${(BigInt(pageOffset) + 0xc000123n).toString(16)}`;
    const [walk] = (await json<TranslateReport>(['translate', NUMA, address])).translations;
    expect(walk).toMatchObject({ result: 'mapped', physical: '0xc000123', region: 'direct map' });
    expect(walk?.steps[0]?.level).toBe('pgd');
  });

  it('distinguishes not mapped from not canonical, and ends with status 1', async () => {
    const report = await json<TranslateReport>(['translate', NUMA, '0x0', '0x8000000000000000'], 1);
    expect(report.translations.map((t) => t.result)).toEqual(['notMapped', 'notCanonical']);
  });

  it("says that the kernel's tables cannot map an address of a process, but not for NULL", async () => {
    const report = await json<TranslateReport>(['translate', NUMA, '0x7f0012345678', '0x18'], 1);
    expect(report.translations).toMatchObject([
      {
        region: 'user',
        result: 'notMapped',
        explanation: "is a process's address: the page tables of its process map it, not the kernel's",
      },
      { result: 'notMapped', explanation: 'is not mapped (empty pgd entry)' },
    ]);
  });

  it('says that memory of the crash kernel is not in the dump', async () => {
    const { pageOffset } = expectedOf('linux-6.12-numa');
    const address = `0x${(BigInt(pageOffset) + 0x4000000n).toString(16)}`;
    const [walk] = (await json<TranslateReport>(['translate', NUMA, address])).translations;
    expect(walk).toMatchObject({
      result: 'mapped',
      contents: 'hole',
      explanation: 'its memory is not in the dump',
    });
  });
});

describe('page', () => {
  it('is the same by pfn, by physical and by virtual address', async () => {
    const { pageOffset } = expectedOf('linux-6.12-numa');
    const pfn = 0xc000;
    const virtual = `0x${(BigInt(pageOffset) + BigInt(pfn * 4096)).toString(16)}`;
    const byPfn = await json<PageReport>(['page', NUMA, String(pfn)]);
    const byPhysical = await json<PageReport>(['page', NUMA, `0x${(pfn * 4096 + 7).toString(16)}`]);
    const byVirtual = await json<PageReport>(['page', NUMA, virtual]);
    // An address is in an object of the slab; a page is not.
    const inside = (report: PageReport, object: unknown) => ({
      ...report,
      details: { ...report.details, owner: { ...report.details?.owner, object } },
    });
    // All objects of this slab are in use, as its own counters say.
    const first = { index: 0, address: virtual, state: 'allocated', waitsOn: null, unknown: null };
    expect(byPhysical).toEqual(inside(byPfn, { ...first, offset: 7 }));
    expect(byVirtual).toEqual(inside(byPfn, { ...first, offset: 0 }));
    expect(byPfn.pfn).toBe(pfn);
  });

  it('says that the kernel text is kernel data', async () => {
    // SYMBOL(_stext) is the start of the image segment, physical 0x11a00000.
    expect(await json<PageReport>(['page', NUMA, '0x11a00000'])).toMatchObject({
      class: 'kernelData',
      rule: 'kernel',
      zero: false,
    });
  });

  it('names the symbol at the address, not the first of its page', async () => {
    const { symbols } = await json<SymbolsReport>(['symbols', NUMA, 'init_task']);
    const address = BigInt(symbols[0]?.address ?? 0) + 0x17cn;
    // Other symbols are between it and the start of its page.
    expect(address % 4096n).toBeGreaterThan(0x17cn);
    const { details } = await json<PageReport>(['page', NUMA, `0x${address.toString(16)}`]);
    expect(details?.owner).toEqual({ kind: 'kernelImage', symbol: 'init_task+0x17c' });
  });

  it('describes memory that is not in the dump by its struct page: the area of the BIOS below 1 MiB', async () => {
    expect(await json<PageReport>(['page', NUMA, '0xa0000'])).toMatchObject({
      contents: 'hole',
      class: null,
      rule: 'kernel',
      structPage: { _refcount: 1, flagNames: ['PG_reserved'] },
      details: { use: 'reserved', zone: 'DMA' },
    });
  });

  it('has an answer for video memory, which has no struct page', async () => {
    expect(await json<PageReport>(['page', QEMU, '0xfd000000'])).toMatchObject({
      rule: 'noStructPage',
      structPage: null,
    });
  });

  it('says that a page is not in the dump', async () => {
    const ran = await runMain(['page', NUMA, '0x4000000']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('pfn 16384 (physical 0x4000000) is in no segment of the dump');
  });
});

describe('symbols', () => {
  it('names the symbol that contains an address, as the kernel prints it', async () => {
    const address = expectedOf('linux-7.3-5level').symbols.page_offset_base ?? '';
    expect((await runMain(['symbols', FIVE, address])).stdout).toBe(`${address} page_offset_base+0x0/0x8\n`);
  });

  it('finds by pattern', async () => {
    const report = await json<SymbolsReport>(['symbols', FIVE, 'page_offset_b?s*']);
    expect(report.symbols).toEqual([
      {
        name: 'page_offset_base',
        type: 'D',
        address: expectedOf('linux-7.3-5level').symbols.page_offset_base,
      },
    ]);
  });

  it('agrees with every symbol that VMCOREINFO names', async () => {
    const { entries } = await json<VmcoreinfoReport>(['vmcoreinfo', NUMA]);
    const table = new Map<string, string[]>();
    for (const { name, address } of (await json<SymbolsReport>(['symbols', NUMA])).symbols) {
      table.set(name, [...(table.get(name) ?? []), address]);
    }
    // The first two are given by value; the others are macros for node_states[N_ONLINE] and init_top_pgt.
    const others = new Set(
      ['mem_section', 'vmemmap', 'node_online_map', 'swapper_pg_dir'].map((s) => `SYMBOL(${s})`),
    );
    const noted = Object.entries(entries).filter(([key]) => key.startsWith('SYMBOL(') && !others.has(key));
    expect(noted.length).toBeGreaterThan(10);
    for (const [key, address] of noted) {
      expect(table.get(key.slice(7, -1)) ?? [], key).toContain(address);
    }
  });

  it('says that a name does not exist', async () => {
    const ran = await runMain(['symbols', FIVE, 'no_such_symbol']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('neither the kernel nor a module has a symbol no_such_symbol');
  });
});

describe('layout', () => {
  it('believes a given page_offset, and says what contradicts it', async () => {
    const ran = await runMain(['layout', NUMA, '--page-offset', '0xffff888000000000', '--json']);
    const report = JSON.parse(ran.stdout) as {
      pageOffset: { source: string; candidates: { verdict: string }[] };
    };
    expect(report.pageOffset.source).toBe('option');
    expect(report.pageOffset.candidates.filter((c) => c.verdict === 'differs').length).toBeGreaterThanOrEqual(
      3,
    );
    expect(saidIn(ran)).toMatch(/warning: page_offset: the given value is not what the dump says/);
  });
});

describe('text', () => {
  const dumps = ['linux-5.10', 'linux-6.12-numa', 'linux-7.3-5level', 'qemu-6.1'].map(dumpOf);
  const commands = [
    ['pages'],
    ['layout'],
    ['segments'],
    ['page', '40000'],
    ['translate', '0xffffffff91222000'],
  ];

  it.each(commands)(
    'of %s fits the columns of COLUMNS, and has no colour in a pipe',
    async (command, ...operands) => {
      for (const dump of dumps) {
        const { stdout } = await runMain([command, dump, ...operands], { COLUMNS: '80' });
        expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
        expect(stdout).not.toContain('\x1b');
      }
    },
  );

  it.each(commands)('of %s is not wrapped in a pipe', async (command, ...operands) => {
    for (const dump of dumps) {
      const inPipe = await runMain([command, dump, ...operands]);
      expect(inPipe).toEqual(await runMain([command, dump, ...operands], { COLUMNS: '9999' }));
    }
  });

  it('has colour with --color, and none with --no-color', async () => {
    expect((await runMain(['pages', NUMA, '--color'])).stdout).toContain('\x1b[1m');
    expect((await runMain(['pages', NUMA, '--no-color'])).stdout).not.toContain('\x1b');
  });

  it('escapes what a hostile VMCOREINFO would do to a terminal', async () => {
    const raw = (await runMain(['vmcoreinfo', NUMA, '--raw'])).stdout;
    const path = join(folder, 'evil');
    writeFileSync(
      path,
      raw.replace(/^OSRELEASE=.*$/m, 'OSRELEASE=6\x1b]0;evil\x07\x9b2J').replace(/$/, 'EVIL\x1b[2J=\x7f\n'),
      'latin1',
    );
    for (const args of [
      ['pages', NUMA],
      ['vmcoreinfo', NUMA],
      ['layout', NUMA],
      ['vmcoreinfo', NUMA, '--json'],
    ]) {
      const { stdout } = await runMain([...args, '--vmcoreinfo', path]);
      expect(stdout).toContain('evil');
      expect([...stdout].filter((c) => c !== '\n' && (c < ' ' || (c >= '\x7f' && c < '\xa0')))).toEqual([]);
    }
  });
});

describe('memory', () => {
  it('stays under 150 MiB, whatever the size of the dump', () => {
    const peak = (args: string[]) =>
      Number(/peak memory (\d+) KiB/.exec(run([...args, '--debug']).stderr)?.[1]);
    // The parent process is large itself, like the one that runs these tests.
    const large = Buffer.alloc(200 << 20, 1);
    for (const dump of [NUMA, FIVE]) {
      const used = peak(['pages', dump]);
      expect(used).toBeGreaterThan(1024);
      expect(used).toBeLessThan(150 * 1024);
    }
    large.fill(0);
  });
});
