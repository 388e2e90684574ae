import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentsReport } from '../../src/report/segments-report.ts';
import type { VmcoreinfoReport } from '../../src/report/vmcoreinfo-report.ts';
import { type BuiltKernel, pfns } from '../builders/kernel.ts';
import { placeAround } from '../builders/memory-file.ts';
import { MIB2 } from '../builders/page-tables.ts';
import { keepPage, plant, provableKernel, textOf } from '../builders/provable-kernel.ts';
import { runMain } from '../support/run-main.ts';

/** That of QEMU's q35. */
const HOLE = { start: 0x8000_0000, end: 2 ** 32 };
/** RAM above the hole, with the kernel's page tables, struct pages and VMCOREINFO. */
const HIGH = pfns(HOLE.end / 4096, 0x1000);
const TEXT_AT = HIGH.start + 0x80_0000;
const SIZE = HOLE.start + HIGH.end - HIGH.start;

/** A sparse file of that memory as a virtual machine keeps it: only pages that were written take space. */
function writeMemoryFile(path: string, { memory }: BuiltKernel): void {
  const file = openSync(path, 'w');
  try {
    for (const { pfn, bytes } of memory.pages()) {
      const at = placeAround(HOLE, pfn * 4096);
      if (at !== undefined) writeSync(file, bytes, 0, bytes.length, at);
    }
    ftruncateSync(file, SIZE);
  } finally {
    closeSync(file);
  }
}

describe('a memory file with RAM above the hole', () => {
  let folder = '';
  let path = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hole-'));
    path = join(folder, 'machine.mem');
    const built = provableKernel({ arena: { start: HIGH.start, end: HIGH.start + MIB2 }, ram: [HIGH] });
    for (let block = 0; block < 4; block++) keepPage(built, HIGH.start / 4096 + 1024 * block);
    plant(built, TEXT_AT, textOf(built));
    writeMemoryFile(path, built);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (command: string, ...options: string[]) => runMain([command, path, '--json', ...options]);

  it('is read with the hole that its kernel proves, and each report names it', async () => {
    const { status, stdout } = await run('segments', '--format', 'raw');
    const report = JSON.parse(stdout) as SegmentsReport;
    expect(status).toBe(0);
    expect(report.file.format).toBe('raw memory image with proved hole 0x80000000-0x100000000');
    expect(report.holes).toEqual([{ start: '0x80000000', end: '0x100000000', bytes: 2 ** 31 }]);
    const found = JSON.parse((await run('vmcoreinfo', '--format', 'raw')).stdout) as VmcoreinfoReport;
    expect(found.source).toBe(`found in memory at physical 0x${TEXT_AT.toString(16)}`);
  });

  it('is read with the hole that is given', async () => {
    const given = ['--format', 'raw', '--hole', '0x80000000-0x100000000'];
    const report = JSON.parse((await run('segments', ...given)).stdout) as SegmentsReport;
    expect(report.file.format).toBe('raw memory image with given hole 0x80000000-0x100000000');
    expect(report.described.bytes).toBe(SIZE);
  });

  it('has no kernel around another hole, and says what to look at', async () => {
    const { status, stderr } = await run('vmcoreinfo', '--format', 'raw', '--hole', '0x70000000-0x100000000');
    expect([status, stderr]).toEqual([1, expect.stringContaining('is --hole right?')]);
  });

  it('is not a dump without --format raw', async () => {
    expect(await run('pages')).toMatchObject({ status: 1, stdout: '' });
    const { status, stderr } = await run('pages', '--hole', '0xc0000000-0x100000000');
    expect([status, stderr]).toEqual([2, expect.stringContaining('--format raw')]);
  });

  it.each(['0xc0000000', '3G-4G', '0x100000000-0xc0000000', '0x1-0x1000', '0x0-0x10000000000000'])(
    'has no hole %s',
    async (hole) => {
      const { status, stderr } = await run('pages', '--format', 'raw', '--hole', hole);
      expect([status, stderr]).toEqual([2, expect.stringContaining('0xc0000000-0x100000000')]);
    },
  );
});
