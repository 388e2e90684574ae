import { describe, expect, it } from 'vitest';
import type { PageReport } from '../../src/report/page-report.ts';
import { faultyDisk } from '../support/faulty-disk.ts';
import { dumpOf } from '../support/fixture.ts';
import { filesOf, forms } from '../support/form.ts';
import { kdumpPage } from '../support/kdump-page.ts';
import { runMain } from '../support/run-main.ts';
import { violations } from '../support/schema.ts';

const LZO = forms().flatMap((form) => (form.name.endsWith('-lzo') ? filesOf(form) : []))[0] ?? '';
/** In the kernel image, and anonymous memory of a process. */
const [KERNEL, USER] = [4096, 20_000];

/** What `page` says about a page whose compressed bytes are all 0xff. */
async function damaged(pfn: number, ...options: string[]) {
  const { start, end } = kdumpPage(LZO, pfn);
  const changed = [{ at: start, bytes: new Uint8Array(end - start).fill(0xff) }];
  const { release } = faultyDisk(LZO, { changed });
  try {
    return await runMain(['page', LZO, String(pfn), ...options]);
  } finally {
    release();
  }
}

function reportOf(stdout: string): PageReport {
  const report = JSON.parse(stdout) as PageReport;
  expect(violations('page', report)).toEqual([]);
  return report;
}

describe('a page whose contents are damaged', () => {
  it('is complete without damage', async () => {
    const { status, stdout, stderr } = await runMain(['page', LZO, String(KERNEL), '--json']);
    expect([status, stderr]).toEqual([0, '']);
    expect(reportOf(stdout)).toMatchObject({ class: 'kernelData', warnings: [], complete: true });
  });

  it('may be ZERO or KERN_DATA if the contents decide, and the report says what is damaged', async () => {
    const warning =
      'the contents of the page are damaged in the dump, so whether it is ZERO or KERN_DATA is unknown';
    const { status, stdout, stderr } = await damaged(KERNEL, '--json');
    expect([status, stderr]).toEqual([3, '']);
    expect(reportOf(stdout)).toMatchObject({
      ...{ class: null, rule: 'kernel', contents: 'corrupt', warnings: [warning], complete: false },
    });
    const told = await damaged(KERNEL);
    expect(told.stderr).toBe(`kdump-inspect: warning: ${warning}\n`);
    const text = told.stdout.replace(/\s+/g, ' ');
    expect(text).toContain('it is ZERO or KERN_DATA by its contents, which are damaged in the dump');
  });

  it('stays in the class that its struct page gives it', async () => {
    const warning = 'the contents of the page are damaged in the dump';
    const { status, stdout, stderr } = await damaged(USER, '--json');
    expect([status, stderr]).toEqual([3, '']);
    expect(reportOf(stdout)).toMatchObject({
      ...{ class: 'user', rule: 'anonymous', contents: 'corrupt', warnings: [warning], complete: false },
    });
    const told = await damaged(USER);
    expect(told.stderr).toBe(`kdump-inspect: warning: ${warning}\n`);
    expect(told.stdout).toMatch(/^ {2}class +USER$/m);
  });
});

describe('a page whose struct page cannot be read', () => {
  const dump = dumpOf('linux-6.12-numa');

  it('has an unknown use, also in JSON', async () => {
    const whole = reportOf((await runMain(['page', dump, '49152', '--json'])).stdout);
    const table = (await runMain(['translate', dump, whole.structPage?.address ?? '', '--json'])).stdout;
    const { physical } =
      (JSON.parse(table) as { translations: { physical: string }[] }).translations[0] ?? {};
    const segments = JSON.parse((await runMain(['segments', dump, '--json'])).stdout) as {
      segments: { physical: string; memorySize: number; offset: string }[];
    };
    const within = segments.segments.find(
      (one) =>
        Number(physical) - Number(one.physical) < one.memorySize && Number(physical) >= Number(one.physical),
    );
    const at = Number(within?.offset) + Number(physical) - Number(within?.physical);
    const { release } = faultyDisk(dump, { bad: { start: at, end: at + 1 } });
    try {
      const { status, stdout } = await runMain(['page', dump, '49152', '--json', '--quiet']);
      const report = reportOf(stdout);
      expect([status, report.class, report.complete]).toEqual([3, null, false]);
      expect(report.warnings).toContainEqual(expect.stringMatching(/^the use of the page is unknown: /));
    } finally {
      release();
    }
  });
});
