import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openImage } from '../../../src/formats/open.ts';
import type { PagesReport } from '../../../src/report/pages-report.ts';
import { type CodecName, type KdumpRecipe, kdumpBytes } from '../../builders/kdump.ts';
import { kdumpOfKernel } from '../../builders/kdump-of-kernel.ts';
import { COUNTED, dumpOf, expectedOf, TYPED } from '../../support/fixture.ts';
import { runMain } from '../../support/run-main.ts';
import { saidIn } from '../../support/said.ts';
import { violations } from '../../support/schema.ts';

const NAMES: readonly CodecName[] = ['none', 'zlib', 'lzo', 'snappy', 'zstd'];
const MIXED = (pfn: number) => NAMES[pfn % NAMES.length] as CodecName;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kdump-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, recipe: KdumpRecipe): string {
  const path = join(folder, name);
  writeFileSync(path, kdumpBytes(recipe));
  return path;
}

async function json(args: readonly string[], status = 0): Promise<{ report: PagesReport; stderr: string }> {
  const ran = await runMain([...args, '--json']);
  expect(ran.status).toBe(status);
  return { report: JSON.parse(ran.stdout) as PagesReport, stderr: saidIn(ran) };
}

/**
 * makedumpfile's counts for the ELF file. That file has one partial page, the last one below the hole under 1
 * MiB. It is all zero, and makedumpfile does not write it to kdump-compressed files.
 */
function wantedOf(name: string): Record<string, number> {
  const { makedumpfile } = expectedOf(name);
  const rows = COUNTED.map((row) => [row, makedumpfile[row]] as const);
  return { ...Object.fromEntries(rows), zero: makedumpfile.zero - 1 };
}

const rowsOf = ({ classes }: PagesReport) =>
  Object.fromEntries(COUNTED.map((row) => [row, classes[row].pages]));

describe.each(['linux-6.1', 'linux-7.3-5level'])('%s, written as a kdump-compressed dump', (name) => {
  let filtered: KdumpRecipe;
  let whole: KdumpRecipe;
  beforeAll(async () => {
    const image = await openImage([dumpOf(name)]);
    filtered = kdumpOfKernel(image, { codec: MIXED, filter: true });
    whole = kdumpOfKernel(image, { codec: () => 'zlib', filter: false });
    image.close();
  }, 60_000);

  it('has the same rows, whole or filtered, with a different codec for each page', async () => {
    const total = expectedOf(name).distinctPagesInLoads - 1;
    for (const [file, recipe] of [
      ['whole', whole],
      ['filtered', filtered],
    ] as const) {
      const { report, stderr } = await json(['pages', written(file, recipe)]);
      expect(stderr).toBe('');
      expect(violations('pages', report)).toEqual([]);
      expect([file, rowsOf(report), report.total.pages]).toEqual([file, wantedOf(name), total]);
      expect(report.complete).toBe(true);
    }
  });

  it('is counted as makedumpfile counts such a file: the kernel image once', async () => {
    const { report } = await json(['pages', written('compat', filtered), '--compat', 'makedumpfile']);
    expect(rowsOf(report)).toEqual(wantedOf(name));
    expect(report.total.pages).toBe(filtered.pages.size);
  });

  it('has its layout and its symbols where the ELF file has them', async () => {
    const path = written('layout', filtered);
    for (const args of [['layout'], ['vmcoreinfo'], ['symbols', '_stext']]) {
      const [command = '', ...rest] = args;
      const said = async (file: string) => {
        const { stdout, status } = await runMain([command, file, ...rest, '--json']);
        // Without its types, the symbols of modules cannot be read.
        expect(status).toBe(command === 'symbols' && !TYPED.some((typed) => typed === name) ? 3 : 0);
        expect(violations(command, JSON.parse(stdout))).toEqual([]);
        const {
          file: _,
          source: __,
          candidates: ___,
          ...document
        } = JSON.parse(stdout) as Record<string, unknown>;
        return document;
      };
      if (command !== 'layout') expect(await said(path)).toEqual(await said(dumpOf(name)));
      else
        expect(await said(path)).toMatchObject({ pagingLevels: expectedOf(name).pagingLevels, warnings: [] });
    }
  });

  it('is read with phys_base from its header alone if VMCOREINFO has none', async () => {
    const vmcoreinfo = (filtered.vmcoreinfo ?? '').replace(/^NUMBER\(phys_base\)=.*\n/m, '');
    const physBase = BigInt(expectedOf(name).physBase);
    const { report } = await json(['pages', written('old', { ...filtered, vmcoreinfo, physBase })]);
    expect(rowsOf(report)).toEqual(wantedOf(name));
    const without = await runMain([
      'pages',
      written('none', { ...filtered, vmcoreinfo, physBase: 0n }),
      '--json',
    ]);
    expect([without.status, without.stdout]).toEqual([1, '']);
    expect(without.stderr).toContain('NUMBER(phys_base)');
  });

  it('is the same memory in three parts, given in any order, and incomplete without one', async () => {
    const last = Math.max(...filtered.pages.keys()) + 1;
    const borders = [0, Math.floor(last / 3), Math.floor((2 * last) / 3), last];
    const parts = [0, 1, 2].map((n) => {
      const split = { start: borders[n] as number, end: borders[n + 1] as number };
      return written(`part-${n}`, { ...filtered, split });
    });
    const [a = '', b = '', c = ''] = parts;
    const { report } = await json(['pages', c, a, '--part', b]);
    expect(rowsOf(report)).toEqual(wantedOf(name));
    const ran = await runMain(['segments', a, c, '--json']);
    expect([ran.status, JSON.parse(ran.stdout).complete]).toEqual([3, false]);
    expect(saidIn(ran)).toMatch(/a part of the split dump is missing: no given file has pfn \d+ to \d+/);
  });
});
