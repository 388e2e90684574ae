import { expect, it } from 'vitest';
import type { PagesReport } from '../../src/report/pages-report.ts';
import type { Answers } from './answers.ts';
import { directMapStart, distinctPages, imageMapping, imageShift, readLoads } from './elf.ts';
import { addressOf, freePagesIn, pagesInMeminfo, poisonedPagesIn } from './guest-facts.ts';
import { testLiveLog } from './kernel-log.ts';
import { compoundKeyOf, releaseOf } from './kernel-release.ts';
import { balloonPages, has, hasVariables, type Kernel } from './kernels.ts';
import { parseMemUsage } from './makedumpfile.ts';
import type { KernelSymbol } from './questions.ts';
import { hexValue, pagesOf, readReport, sumOfClasses } from './reports.ts';
import { testLiveUsage } from './usage.ts';

/**
 * How many pages two counts of a running guest may differ. They cannot be equal: each counter is itself a
 * process of the guest, whose memory changes while it counts, and it looks at one page after the other for
 * some seconds. To keep the difference small, makedumpfile and /proc/zoneinfo count while the inspector's
 * memory is still in use (count-at-exit.mjs), because otherwise USER alone would be off by the 3,000 to 4,000
 * pages of a Node process; and the guest keeps its per-CPU lists of free pages short and khugepaged asleep
 * (init.sh). What remains is the growth of Node's heap after a page was looked at, makedumpfile's own memory,
 * and what the kernel puts on its lists meanwhile: up to 432 pages in 20 guests. 1,024 pages are 4 MiB, 0.5 %
 * of the memory.
 */
const tolerance = 1024;

/** The page cache changes less: only the files in which the answers are collected are written then. */
const cacheTolerance = 64;

/**
 * Compares what the program says about the running kernel with makedumpfile and the kernel's own files in the
 * same guest.
 */
export function testLiveKernel(kernel: Kernel, answers: () => Answers): void {
  testLayout(kernel, answers);
  testSymbols(kernel, answers);
  if (hasVariables(kernel)) testTypes(answers);
  testPages(answers);
  testLiveLog(answers);
  if (hasVariables(kernel)) testLiveUsage(kernel, answers);
  testPermissions(answers);
}

function testLayout(kernel: Kernel, answers: () => Answers): void {
  const loads = () => readLoads(answers().bytes('kcoreHead'));
  const address = (symbol: KernelSymbol) => addressOf(kernel, answers().text('kallsyms'), symbol);

  it('reads the note of the running kernel', () => {
    const release = answers().text('release').trim();
    const { entries } = readReport('vmcoreinfo', answers().text('vmcoreinfo'));
    expect(release).toBe(releaseOf(kernel));
    expect(entries.OSRELEASE).toBe(release);
    expect(entries).toHaveProperty([`OFFSET(page.${compoundKeyOf(kernel)})`]);
  });

  it('lists the segments of the ELF header, also past 2^53', () => {
    const { segments } = readReport('segments', answers().text('segments'));
    const listed = segments.filter(({ type }) => type === 'LOAD');
    expect(listed.map((row) => [row.offset, row.virtual ?? '', row.fileSize].map(BigInt))).toEqual(
      loads().map((load) => [load.offset, load.virtual, load.fileSize]),
    );
  });

  it('finds the direct map where the RAM segments have it', () => {
    const { pageOffset } = readReport('layout', answers().text('layout'));
    expect(hexValue(pageOffset.value)).toBe(directMapStart(loads()));
  });

  it('finds the kernel image and the page tables where /proc/kallsyms has them', () => {
    const layout = readReport('layout', answers().text('layout'));
    const shift = imageShift(loads());
    expect(hexValue(layout.physBase.value)).toBe(imageMapping + shift);
    expect(hexValue(layout.kernelOffset.value)).toBe(address('_stext') - defaultStext);
    expect(hexValue(layout.pageTableRoot.value)).toBe(address('init_top_pgt') + shift);
    expect(layout.pagingLevels).toBe(kernel.pagingLevels);
  });

  if (!has(kernel, 'dataSymbols')) return;
  it('finds in memory the symbol that /proc/kallsyms lists', () => {
    const { symbols } = readReport('symbols', answers().text('symbols'));
    expect(symbols.map(({ name }) => name)).toEqual(['page_offset_base']);
    expect(symbols.map((symbol) => BigInt(symbol.address))).toEqual([address('page_offset_base')]);
  });
}

function testSymbols(kernel: Kernel, answers: () => Answers): void {
  it('lists every symbol that /proc/kallsyms lists, including those of modules, in its order and with its letters', () => {
    expect(answers().text('symbolsDifference')).toBe('');
    const ofModules = Number(answers().text('symbolsOfModules'));
    if (has(kernel, 'modules')) expect(ofModules).toBeGreaterThan(100);
    else expect(ofModules).toBe(0);
  });
}

function testTypes(answers: () => Answers): void {
  it('reads values by the types of the running kernel', () => {
    const { value } = readReport('struct', answers().text('structRelease'));
    expect(value).toBe(answers().text('release').trim());
    // init/init_task.c: the task with which a CPU starts.
    expect(readReport('struct', answers().text('structComm')).value).toMatch(/^swapper(\/0)?$/);
  });
}

/** Where _stext lies without KASLR. */
const defaultStext = 0xffffffff81000000n;

function testPages(answers: () => Answers): void {
  const pages = (name: 'pages' | 'compat'): PagesReport => readReport('pages', answers().text(name));

  it('counts each page of the RAM segments once', () => {
    const report = pages('pages');
    expect(report.total.pages).toBe(distinctPages(readLoads(answers().bytes('kcoreHead'))));
    expect(sumOfClasses(report)).toBe(report.total.pages);
    expect(report.complete).toBe(true);
  });

  it("has makedumpfile's total, which does not move", () => {
    const { total } = pages('compat');
    for (const run of ['makedumpfileBefore', 'makedumpfileAtExit', 'makedumpfileAfter'] as const) {
      expect(parseMemUsage(answers().text(run)).total).toBe(total.pages);
    }
  });

  it("measures in a quiet guest: makedumpfile counts the same before and after the inspector's run", () => {
    const before = parseMemUsage(answers().text('makedumpfileBefore'));
    const after = parseMemUsage(answers().text('makedumpfileAfter'));
    for (const row of Object.keys(before) as (keyof typeof before)[]) {
      expect(Math.abs(after[row] - before[row]), row).toBeLessThanOrEqual(tolerance);
    }
  });

  it.each([
    ['zero', tolerance],
    ['nonPrivateCache', cacheTolerance],
    ['privateCache', cacheTolerance],
    ['user', tolerance],
    ['free', tolerance],
    ['kernelData', tolerance],
  ] as const)("has makedumpfile's row %s within %i pages", (row, allowed) => {
    const atExit = parseMemUsage(answers().text('makedumpfileAtExit'));
    expect(Math.abs(pagesOf(pages('compat'))[row] - atExit[row])).toBeLessThanOrEqual(allowed);
  });

  it("has the kernel's own number of free pages, within the tolerance", () => {
    const atExit = freePagesIn(answers().text('zoneinfoAtExit'));
    expect(Math.abs(pagesOf(pages('pages')).free - atExit)).toBeLessThanOrEqual(tolerance);
  });

  it('counts the pages of the balloon and the poisoned ones, which do not change', () => {
    const { offline, hwpoison } = pagesOf(pages('pages'));
    expect(offline).toBe(balloonPages);
    const meminfo = answers().text('meminfo');
    expect(hwpoison).toBe(poisonedPagesIn(meminfo));
    expect(pagesInMeminfo(meminfo, 'HardwareCorrupted')).toBe(poisonedPagesIn(meminfo));
  });
}

function testPermissions(answers: () => Answers): void {
  it.each([
    ['to an ordinary user', 'asOrdinaryUser', /permission denied/],
    ['to root without the capability', 'withoutRawio', /CAP_SYS_RAWIO/],
    ['to anybody under lockdown', 'underLockdown', /confidentiality/],
  ] as const)('says what is missing if the kernel denies /proc/kcore %s', (_, name, message) => {
    const { status, stdout, stderr } = answers().answer(name);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('/proc/kcore');
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stdout.toString()).toBe('');
    expect(status).toBe(1);
  });
}
