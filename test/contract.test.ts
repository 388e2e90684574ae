import { describe, expect, it } from 'vitest';
import type { LayoutReport } from '../src/report/layout-report.ts';
import type { PageReport } from '../src/report/page-report.ts';
import type { PagesReport } from '../src/report/pages-report.ts';
import type { SegmentsReport } from '../src/report/segments-report.ts';
import { COUNTED, dumpOf, expectedOf } from './support/fixture.ts';
import { type Form, filesOf, forms } from './support/form.ts';
import { runMain } from './support/run-main.ts';
import { violations } from './support/schema.ts';

const ALL = forms();
const byStructPage = ['nonPrivateCache', 'privateCache', 'user', 'free', 'hwpoison', 'offline'] as const;

/** Symbols of modules are blank in these memories, also in the ELF files. */
const statusOf = (command: string) => (command === 'symbols' ? 3 : 0);

/** A command on all files of a form: operands follow the first, the others are parts. */
async function ask<T>(form: Form, command: string, ...operands: string[]): Promise<T> {
  const [first, ...others] = filesOf(form);
  const parts = others.flatMap((file) => ['--part', file]);
  const ran = await runMain([command, first as string, ...operands, ...parts, '--json', '--quiet']);
  expect(ran.stderr).toBe('');
  expect(ran.status).toBe(statusOf(command));
  const report = JSON.parse(ran.stdout) as T;
  expect(violations(command, report)).toEqual([]);
  return report;
}

/** The same command on the same memory in an ELF file. */
async function asked<T>(form: Form, command: string, ...operands: string[]): Promise<T> {
  const ran = await runMain([command, dumpOf(form.memoryOf), ...operands, '--json', '--quiet']);
  expect(ran.status).toBe(statusOf(command));
  return JSON.parse(ran.stdout) as T;
}

/** Reports without what they say about the file itself. */
const withoutFile = <T extends { file: unknown }>({ file: _, ...rest }: T) => rest;

describe.each(ALL.map((form) => [form.name, form] as const))('%s', (_, form) => {
  const expected = expectedOf(form.memoryOf);

  it('has each page in the class that its struct page implies', async () => {
    const { classes } = await ask<PagesReport>(form, 'pages');
    const counted = Object.fromEntries(byStructPage.map((row) => [row, classes[row].pages]));
    expect(counted).toEqual(Object.fromEntries(byStructPage.map((row) => [row, expected.makedumpfile[row]])));
  });

  it('has the VMCOREINFO of the memory, every line', async () => {
    type Entries = { entries: Record<string, unknown> };
    expect((await ask<Entries>(form, 'vmcoreinfo')).entries).toEqual(
      (await asked<Entries>(form, 'vmcoreinfo')).entries,
    );
  });

  it('has the layout of the memory', async () => {
    const values = (report: LayoutReport) => [
      report.pageOffset.value,
      report.physBase.value,
      report.vmemmap.value,
      report.vmallocStart.value,
      report.kernelOffset.value,
      report.pagingLevels,
    ];
    expect(values(await ask(form, 'layout'))).toEqual(values(await asked(form, 'layout')));
  });

  it('has the symbols of the memory', async () => {
    type Symbols = { file: unknown; symbols: unknown[] };
    const found = await ask<Symbols>(form, 'symbols', '*_base');
    expect(found.symbols.length).toBeGreaterThan(3);
    expect(withoutFile(found)).toEqual(withoutFile(await asked<Symbols>(form, 'symbols', '*_base')));
  });

  it('walks the page tables to the same place', async () => {
    type Translate = { file: unknown; translations: unknown[] };
    // The kernel's own data, which no filter leaves out.
    const { stdout } = await runMain(['vmcoreinfo', dumpOf(form.memoryOf), '--get', 'SYMBOL(init_uts_ns)']);
    const address = `0x${stdout.trim()}`;
    expect(withoutFile(await ask<Translate>(form, 'translate', address))).toEqual(
      withoutFile(await asked<Translate>(form, 'translate', address)),
    );
  });

  it('explains pages like the whole memory, except for contents that a filter left out', async () => {
    for (const pfn of ['256', '4096', '16384', '30000', '49152']) {
      const { contents, zero, file: _f, class: held, ...rest } = await ask<PageReport>(form, 'page', pfn);
      const {
        contents: _c,
        zero: wasZero,
        file: _g,
        class: was,
        ...whole
      } = await asked<PageReport>(form, 'page', pfn);
      expect(rest).toEqual(whole);
      expect(['stored', 'notStored']).toContain(contents);
      expect(zero === null ? contents : zero).toEqual(zero === null ? 'notStored' : wasZero);
      expect([was, null]).toContain(held);
    }
  });

  it('shows the map of its file, and the memory that it covers', async () => {
    const report = await ask<SegmentsReport>(form, 'segments');
    const whole = await asked<SegmentsReport>(form, 'segments');
    expect(report.complete).toBe(true);
    expect(report.segments.length).toBeGreaterThan(0);
    // makedumpfile leaves a page out of its bitmap if the memory ends inside it (0x9fc00). The machine that
    // QEMU wrote had different video RAM and ROM.
    const fewer = whole.described.bytes - report.described.bytes;
    if (form.makedumpfile) expect(fewer).toBeLessThanOrEqual(4096);
    else expect(report.described.bytes).toBeGreaterThanOrEqual(0x1000_0000);
  });
});

/** makedumpfile counts the excluded pages of ELF files as kernel data (see README, accuracy). */
const COUNTABLE = ALL.filter((form) => form.makedumpfile && !form.writtenBy.includes('-E'));

describe.each(COUNTABLE.map((form) => [form.name, form] as const))('%s', (_, form) => {
  const counts = form.makedumpfile as NonNullable<Form['makedumpfile']>;
  const wanted = Object.fromEntries(COUNTED.map((row) => [row, counts[row]]));
  const rows = ({ classes }: PagesReport) =>
    Object.fromEntries(COUNTED.map((row) => [row, classes[row].pages]));

  it.each([[[]], [['--compat', 'makedumpfile']]])(
    "has makedumpfile's counts of the same file %s",
    async (options) => {
      const report = await ask<PagesReport>(form, 'pages', ...options);
      expect(rows(report)).toEqual(wanted);
      expect(report.classes.kernelData.pages).toBe(counts.remaining);
      expect(report.total.pages).toBe(counts.original);
      expect(report.complete).toBe(true);
    },
  );
});

describe('a dump from which a filter left out pages, without a bitmap', () => {
  const form = ALL.find((f) => f.writtenBy.includes('-E')) as Form;

  it('says which rows are not known, and why, and is not incomplete', async () => {
    const report = await ask<PagesReport>(form, 'pages');
    expect(report.classes.zero.pages).toBeNull();
    expect(report.complete).toBe(true);
    expect(report.warnings.join('\n')).toMatch(/ZERO or KERN_DATA/);
  });
});
