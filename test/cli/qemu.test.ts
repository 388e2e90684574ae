import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InfoReport } from '../../src/report/info-report.ts';
import type { LayoutReport } from '../../src/report/layout-report.ts';
import type { PagesReport } from '../../src/report/pages-report.ts';
import type { SegmentsReport } from '../../src/report/segments-report.ts';
import type { TranslateReport } from '../../src/report/translate-report.ts';
import type { VmcoreinfoReport } from '../../src/report/vmcoreinfo-report.ts';
import { elfBytes } from '../builders/elf.ts';
import { type BuiltKernel, IN_IMAGE } from '../builders/kernel.ts';
import { noteSegment, vmcoreinfo } from '../builders/notes.ts';
import {
  ATTIC,
  CRASH_MEMORY,
  captureKernel,
  inOrder,
  keepPage,
  plant,
  provableKernel,
  secondKernel,
  textOf,
} from '../builders/provable-kernel.ts';
import { qemuDump } from '../builders/qemu-dump.ts';
import { dumpOf } from '../support/fixture.ts';
import { runMain } from '../support/run-main.ts';
import { saidIn } from '../support/said.ts';
import { violations } from '../support/schema.ts';

const KASLR = { kernelOffset: 0x1a00_0000n, physBase: -0x1900_0000n };
const cr3 = (built: BuiltKernel) => BigInt(built.imageAt + IN_IMAGE.root);
const hex = (address: bigint | number) => `0x${address.toString(16)}`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'qemu-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file as QEMU writes it for the kernel's machine, whose CPUs have these CR3. */
function dumped(name: string, built: BuiltKernel, cr3s: readonly bigint[]): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    elfBytes(
      qemuDump(
        built,
        cr3s.map((cr3) => ({ cr3 })),
      ),
    ),
  );
  return path;
}

async function json<T>(args: readonly string[], status = 0): Promise<{ report: T; stderr: string }> {
  const ran = await runMain([...args, '--json']);
  expect(ran.status).toBe(status);
  const report = JSON.parse(ran.stdout) as T;
  expect(violations(args[0] ?? '', report)).toEqual([]);
  return { report, stderr: saidIn(ran) };
}

describe('a dump of QEMU without its vmcoreinfo device', () => {
  const built = provableKernel(KASLR);
  plant(built, ATTIC.start, textOf(built));

  it('is read with the VMCOREINFO in its memory, and says so', async () => {
    const path = dumped('without', built, [cr3(built)]);
    const { report, stderr } = await json<VmcoreinfoReport>(['vmcoreinfo', path]);
    expect(report.source).toBe(`found in memory at physical ${hex(ATTIC.start)}`);
    expect(stderr).toBe('');
    expect((await runMain(['vmcoreinfo', path, '--raw'])).stdout).toBe(inOrder(textOf(built)));
    const { report: layout } = await json<LayoutReport>(['layout', path]);
    expect(layout.pageOffset.value).toBe(hex(built.pageOffset));
    expect(layout.physBase.candidates.map((c) => [c.source, c.verdict])).toEqual([
      ['vmcoreinfo', 'believed'],
      ['registers', 'agrees'],
      ['pt-load', 'unavailable'],
    ]);
    const { report: pages } = await json<PagesReport>(['pages', path]);
    expect(pages.kernel.release).toBe('6.12.0');
  });

  it('is not searched by segments, and its addresses are physical', async () => {
    const { report } = await json<SegmentsReport>(['segments', dumped('segments', built, [cr3(built)])]);
    expect(new Set(report.segments.map((s) => s.region))).toEqual(new Set(['physical']));
  });

  it('can be read with --vmcoreinfo instead', async () => {
    const other = join(folder, 'text');
    writeFileSync(other, `OSRELEASE=6.12.0\n${textOf(built)}`);
    const path = dumped('given', built, [cr3(built)]);
    const { report } = await json<VmcoreinfoReport>(['vmcoreinfo', path, '--vmcoreinfo', other]);
    expect(report.source).toBe(`--vmcoreinfo ${other}`);
  });
});

describe('a dump of QEMU without any VMCOREINFO', () => {
  const built = provableKernel(KASLR);

  it("is translated with a CPU's page tables, and says so", async () => {
    const path = dumped('tables', built, [cr3(built)]);
    const { report, stderr } = await json<TranslateReport>(['translate', path, hex(built.stext + 0x1234n)]);
    expect(report.pageTableRoot).toBe(hex(cr3(built)));
    expect(report.translations[0]).toMatchObject({ physical: hex(built.imageAt + 0x1234) });
    expect(stderr).toMatch(/warning: .*no VMCOREINFO note, and none in its memory; .* CPU 0 was using/);
    const { report: layout } = await json<LayoutReport>(['layout', path]);
    expect(layout.pageOffset).toMatchObject({ value: hex(built.pageOffset), source: 'page-tables' });
    expect(layout.warnings[0]).toContain('none in its memory');
    expect(layout.kernel.release).toBeNull();
  });

  it.each(['pages', 'vmcoreinfo', 'symbols'])('has no %s, and says what is missing', async (command) => {
    const ran = await runMain([command, dumped('none', built, [cr3(built)])]);
    expect([ran.status, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(/no VMCOREINFO note, and none in its memory\n.*--vmcoreinfo FILE/);
  });

  it('cannot be translated if no CPU had page tables of a kernel', async () => {
    const ran = await runMain(['translate', dumped('nothing', built, [0x7000n]), hex(built.stext)]);
    expect([ran.status, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toContain('none in its memory');
  });
});

describe('a dump in which a second kernel ran', () => {
  it('is of the kernel that crashed, with a warning', async () => {
    const built = provableKernel(KASLR);
    const second = secondKernel(built);
    plant(built, ATTIC.start, second.text);
    plant(built, ATTIC.start + 0x5000, `${textOf(built)}CRASHTIME=1700000000\n`);
    const path = dumped('two', built, [cr3(built), BigInt(second.root)]);
    const { report, stderr } = await json<PagesReport>(['pages', path]);
    expect(report.kernel.crashTime).toBe(1700000000);
    expect(report.warnings[0]).toBe(
      'VMCOREINFO was found in memory, but 1 of 2 CPUs were running that kernel',
    );
    expect(report.warnings[1]).toContain('another kernel is in this memory, too: OSRELEASE=6.12.0');
    expect(stderr).toContain('another kernel is in this memory');
  });
});

describe('a real dump of QEMU with paging', () => {
  it('is read without VMCOREINFO, with LOADs of any region', async () => {
    const path = dumpOf('qemu-6.12-paging');
    const { report } = await json<VmcoreinfoReport>(['vmcoreinfo', path]);
    expect(report.source).toBe('found in memory at physical 0x194c000');
    const { report: segments } = await json<SegmentsReport>(['segments', path]);
    expect(segments.described.bytes).toBe(65474 * 4096);
    expect(segments.overlaps.length).toBeGreaterThan(0);
    const { report: layout } = await json<LayoutReport>(['layout', path]);
    expect(layout.pageOffset.candidates.find((c) => c.source === 'pt-load')?.verdict).toBe('agrees');
  });
});

describe('a dump of QEMU while a capture kernel ran', () => {
  const built = provableKernel({ ...KASLR, ram: [CRASH_MEMORY] });
  for (const address of [built.imageAt, built.imageAt + IN_IMAGE.root]) keepPage(built, address / 4096);
  const capture = captureKernel(built, '6.1.0-capture');
  plant(built, ATTIC.start, capture.text);
  plant(built, ATTIC.start + 0x5000, `${textOf(built)}CRASHTIME=1700000000\n`);
  const cr3s = [BigInt(capture.root)];

  it('is of the crashed kernel, and info names both', async () => {
    const path = dumped('capture', built, cr3s);
    const { report } = await json<InfoReport>(['info', path], 3);
    expect(report.boots).toMatchObject([
      { release: '6.12.0', physical: hex(built.imageAt), taken: true },
      { release: '6.1.0-capture', physical: hex(CRASH_MEMORY.start), taken: false },
    ]);
    expect(report.crash.time).toBe(1700000000);
    const { stdout, stderr } = await runMain(['info', path]);
    expect(stdout).toMatch(/^boot 1 +6\.12\.0 at physical 0x2000000, taken: it crashed/m);
    expect(stdout).toMatch(/^boot 2 +6\.1\.0-capture at physical 0x6000000: the capture kernel/m);
    expect(stderr).toContain('--boot 2 selects it');
  });

  it('is of the capture kernel with --boot 2', async () => {
    const path = dumped('asked', built, cr3s);
    const { report } = await json<VmcoreinfoReport>(['vmcoreinfo', path, '--boot', '2']);
    expect(report.entries.OSRELEASE).toBe('6.1.0-capture');
    expect(report.boots.map(({ taken }) => taken)).toEqual([false, true]);
  });

  it.each([
    [['--boot', '3'], /--boot 3: there are 2 kernels in this memory/],
    [['--boot', '0'], /number of 1 or more/],
    [['--boot', '1', '--vmcoreinfo', 'text'], /--boot and --vmcoreinfo cannot be used together/],
  ])('is wrong usage with %j', async (args, message) => {
    const ran = await runMain(['info', dumped('wrong', built, cr3s), ...args]);
    expect([ran.status, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toMatch(message);
  });
});

describe('a dump of QEMU with the note of an earlier boot', () => {
  const built = provableKernel(KASLR);
  plant(built, ATTIC.start, textOf(built));
  const stale = textOf(provableKernel({ kernelOffset: 0x600_0000n, physBase: 0x200_0000n }));

  it('is read as the kernel that ran, and every command says so', async () => {
    const recipe = qemuDump(built, [{ cr3: cr3(built) }]);
    const path = join(folder, 'stale');
    writeFileSync(
      path,
      elfBytes({ ...recipe, segments: [...recipe.segments, noteSegment([vmcoreinfo(stale)])] }),
    );
    const { report, stderr } = await json<VmcoreinfoReport>(['vmcoreinfo', path]);
    expect(report.entries['SYMBOL(_stext)']).toBe(hex(built.stext));
    expect(report.warnings).toEqual([expect.stringMatching(/^note of an earlier boot: not used \(/)]);
    expect(stderr).toContain('note of an earlier boot: not used');
    const { report: layout } = await json<LayoutReport>(['layout', path]);
    expect(layout.pageOffset.value).toBe(hex(built.pageOffset));
    expect((await runMain(['pages', path])).stderr).toContain('note of an earlier boot: not used');
  });
});
