import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openImage } from '../../src/formats/open.ts';
import { listModuleBtf } from '../../src/kernel/modules/module-btf.ts';
import { openKernel } from '../../src/kernel/open/kernel.ts';
import { TypedKernel } from '../../src/kernel/types/typed-kernel.ts';
import { COUNTED } from '../support/fixture.ts';
import { run } from '../support/run.ts';
import { distinctPages, readAt, readLoads, readVariable } from './elf.ts';
import { addressOf, poisonedPagesIn } from './guest-facts.ts';
import { testCrashedLog } from './kernel-log.ts';
import { compoundKeyOf } from './kernel-release.ts';
import { balloonPages, has, hasVariables, type Kernel } from './kernels.ts';
import type { CrashedGuest } from './machine.ts';
import { countDump, makedumpfileOf, releasedMakedumpfile } from './makedumpfile.ts';
import { hexValue, inspect, pagesOf, readReport, sumOfClasses } from './reports.ts';
import { testCrashedUsage } from './usage.ts';

const headBytes = 4096;

/**
 * Compares what the program says about the saved memory. Nothing moves in it any more, so all counts must
 * match exactly.
 */
export function testVmcore(kernel: Kernel, guest: () => CrashedGuest): void {
  testPages(kernel, guest);
  testLayout(kernel, guest);
  testCrashedLog(kernel, guest);
  if (!hasVariables(kernel)) return;
  testTypes(guest);
  testCrashedUsage(guest);
}

/** Checksums of the files in /sys/kernel/btf, by module name or vmlinux. */
function sumsIn(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^(\w+) +\/sys\/kernel\/btf\/(\S+)$/gm)].map(([, sum = '', of = '']) => [of, sum]),
  );
}

function testTypes(guest: () => CrashedGuest): void {
  it('holds the types that /sys/kernel/btf had, of the kernel and of each module', async () => {
    const image = await openImage([guest().vmcore]);
    const typed = new TypedKernel(openKernel(image));
    const sum = (address: bigint, size: number) =>
      createHash('sha1').update(typed.space.bytes(address, size)).digest('hex');
    const start = typed.symbol('__start_BTF');
    const found = new Map([['vmlinux', sum(start, Number(typed.symbol('__stop_BTF') - start))]]);
    for (const { module, data, size } of listModuleBtf(typed).modules) found.set(module, sum(data, size));
    image.close();
    expect(found).toEqual(sumsIn(guest().answers.text('btfSums')));
  });
}

function testPages(kernel: Kernel, guest: () => CrashedGuest): void {
  it('counts each page of the segments once', () => {
    const { vmcore } = guest();
    const report = inspect('pages', vmcore);
    expect(report.total.pages).toBe(distinctPages(readLoads(readAt(vmcore, headBytes, 0n))));
    expect(sumOfClasses(report)).toBe(report.total.pages);
    expect(report).toMatchObject({ complete: true, warnings: [] });
  });

  it.each([
    ['as it is', []],
    ['as makedumpfile reads it', ['--compat', 'makedumpfile']],
  ])("has exactly makedumpfile's rows: the dump %s", (_, options) => {
    const { vmcore } = guest();
    const rows = pagesOf(inspect('pages', vmcore, ...options));
    const reference = countDump(makedumpfileOf(kernel), vmcore);
    expect(COUNTED.map((row) => [row, rows[row]])).toEqual(COUNTED.map((row) => [row, reference[row]]));
  });

  it("has makedumpfile's totals with --compat makedumpfile", () => {
    const { vmcore } = guest();
    const report = inspect('pages', vmcore, '--compat', 'makedumpfile');
    const reference = countDump(makedumpfileOf(kernel), vmcore);
    expect(report.total.pages).toBe(reference.total);
    expect(pagesOf(report).kernelData).toBe(reference.kernelData);
  });

  it('counts the pages of the balloon and the poisoned ones', () => {
    const { offline, hwpoison } = pagesOf(inspect('pages', guest().vmcore));
    expect({ offline, hwpoison }).toEqual({
      offline: balloonPages,
      hwpoison: poisonedPagesIn(guest().answers.text('meminfo')),
    });
  });

  it("counts in every zone as many free pages as the kernel's own lists have", () => {
    const { freeCheck } = inspect('pages', guest().vmcore);
    if (freeCheck === null || !('zones' in freeCheck)) throw new Error('the free lists were not checked');
    expect(freeCheck.zones.length).toBeGreaterThan(0);
    expect(freeCheck.zones.map((zone) => zone.counted)).toEqual(freeCheck.zones.map((zone) => zone.freeArea));
  });

  if (compoundKeyOf(kernel) === 'compound_info') testReleasedMakedumpfile(guest);
}

/**
 * Debian's makedumpfile does not know compound_info, so it takes the tail pages of a compound for separate
 * pages. Tails of user and cache memory still go with their head. Where the kernel keeps the compound (slabs,
 * large kmalloc), the word that is `mapping` in a page is _entire_mapcount in the first tail: -1, whose bit 0
 * reads as "anonymous". Each such compound moves one page from ZERO or KERN_DATA to USER. In a 7.3 guest
 * whose slabs were counted by hand, this was 311 of 311 pages. No other row can change.
 */
function testReleasedMakedumpfile(guest: () => CrashedGuest): void {
  it('differs from the released makedumpfile only in tail pages that it takes for user pages', () => {
    const { vmcore } = guest();
    const rows = pagesOf(inspect('pages', vmcore, '--compat', 'makedumpfile'));
    const released = countDump(releasedMakedumpfile, vmcore);
    const { zero, user, kernelData, ...others } = rows;
    expect(released).toMatchObject(others);
    expect(released.user - user).toBe(zero + kernelData - (released.zero + released.kernelData));
    expect(released.user).toBeGreaterThanOrEqual(user);
  });

  it("has exactly the released makedumpfile's figures without the line that it does not know", () => {
    const { vmcore } = guest();
    const note = run(['vmcoreinfo', vmcore, '--raw']).stdout;
    const known = note.split('\n').filter((line) => !line.startsWith('OFFSET(page.compound_info)='));
    const file = `${vmcore}.vmcoreinfo`;
    writeFileSync(file, known.join('\n'));
    const report = inspect('pages', vmcore, '--vmcoreinfo', file, '--compat', 'makedumpfile');
    expect(known).toHaveLength(note.split('\n').length - 1);
    expect({ ...pagesOf(report), total: report.total.pages }).toEqual(
      countDump(releasedMakedumpfile, vmcore),
    );
  });
}

function testChosenBases(kernel: Kernel, guest: () => CrashedGuest): void {
  const bases = [
    ['pageOffset', 'page_offset_base'],
    ['vmemmap', 'vmemmap_base'],
    ['vmallocStart', 'vmalloc_base'],
  ] as const;
  // The variable is there, but nothing is at that address.
  const used = bases.filter(([name]) => name !== 'vmemmap' || has(kernel, 'vmemmap'));
  it.each(used)('has the %s that the kernel keeps in %s, live and crashed', (name, symbol) => {
    const { answers, vmcore } = guest();
    const loads = readLoads(readAt(vmcore, headBytes, 0n));
    const kept = readVariable(vmcore, loads, addressOf(kernel, answers.text('kallsyms'), symbol));
    expect(hexValue(inspect('layout', vmcore)[name].value)).toBe(kept);
    expect(hexValue(readReport('layout', answers.text('layout'))[name].value)).toBe(kept);
  });
}

function testNoVmemmap(guest: () => CrashedGuest): void {
  it('has no vmemmap, live and crashed', () => {
    const { answers, vmcore } = guest();
    for (const report of [inspect('layout', vmcore), readReport('layout', answers.text('layout'))])
      expect(report.vmemmap.value).toBeNull();
  });
}

/** Documentation/arch/x86/x86_64/mm.rst, four levels. */
function testConstantBases(guest: () => CrashedGuest): void {
  it.each([
    ['pageOffset', 0xffff888000000000n],
    ['vmemmap', 0xffffea0000000000n],
    ['vmallocStart', 0xffffc90000000000n],
  ] as const)('has the constant %s, live and crashed', (name, constant) => {
    const { answers, vmcore } = guest();
    expect(hexValue(inspect('layout', vmcore)[name].value)).toBe(constant);
    expect(hexValue(readReport('layout', answers.text('layout'))[name].value)).toBe(constant);
  });
}

function testLayout(kernel: Kernel, guest: () => CrashedGuest): void {
  it('has the note of the live kernel, and when it crashed', () => {
    const live = readReport('vmcoreinfo', guest().answers.text('vmcoreinfo'));
    const { CRASHTIME, ...entries } = inspect('vmcoreinfo', guest().vmcore).entries;
    expect(CRASHTIME).toBeTypeOf('number');
    expect(entries).toEqual(live.entries);
  });

  if (!has(kernel, 'vmemmap')) testNoVmemmap(guest);
  if (has(kernel, 'random')) testChosenBases(kernel, guest);
  else testConstantBases(guest);

  it('finds everything where the live kernel had it, and no method disagrees', () => {
    const live = readReport('layout', guest().answers.text('layout'));
    const crashed = inspect('layout', guest().vmcore);
    for (const name of ['physBase', 'kernelOffset', 'pageTableRoot'] as const) {
      expect(crashed[name].value).toBe(live[name].value);
    }
    for (const { pageOffset } of [live, crashed]) {
      const kallsyms = pageOffset.candidates.find(({ source }) => source === 'kallsyms');
      if (has(kernel, 'random')) expect(kallsyms?.value).toBe(pageOffset.value);
      for (const { verdict } of pageOffset.candidates)
        expect(['believed', 'agrees', 'unavailable']).toContain(verdict);
    }
  });

  if (!has(kernel, 'dataSymbols')) return;
  it('finds the symbol that /proc/kallsyms listed', () => {
    const { symbols } = inspect('symbols', guest().vmcore, 'page_offset_base');
    const listed = addressOf(kernel, guest().answers.text('kallsyms'), 'page_offset_base');
    expect(symbols.map((symbol) => BigInt(symbol.address))).toEqual([listed]);
  });
}
