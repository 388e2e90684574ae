import { describe, expect, test } from 'vitest';
import { InspectError } from '../src/errors.ts';
import type { MemoryImage } from '../src/formats/image/image.ts';
import { openImage } from '../src/formats/open.ts';
import { searchVmcoreinfo } from '../src/kernel/identity/vmcoreinfo-search.ts';
import { completed } from '../src/kernel/keys/second-source.ts';
import { openKernel } from '../src/kernel/open/kernel.ts';
import { EXCLUDABLE } from '../src/pages/classify/page-class.ts';
import { type PagesReport, pagesReport } from '../src/report/pages-report.ts';
import { censusOf } from './builders/census.ts';
import { figureFaults } from './support/cut.ts';
import { dumpOf, TYPED } from './support/fixture.ts';
import { violations } from './support/schema.ts';

/** The report of `pages` with the given VMCOREINFO. */
function reportOf(image: MemoryImage, text: string): PagesReport {
  const kernel = completed(openKernel(image, { vmcoreinfo: { text, source: 'test' } }));
  return pagesReport({ image, info: kernel.info, excludable: EXCLUDABLE }, censusOf(kernel));
}

/** A missing key never silently changes a figure: each is equal or unknown, or the dump is refused. */
describe.each([...TYPED, 'linux-6.1', 'linux-6.12-hwpoison', 'qemu-6.1'])(
  '%s without a line of VMCOREINFO',
  async (name) => {
    const image = await openImage([dumpOf(name)]);
    const { text } = image.vmcoreinfo ?? searchVmcoreinfo(image);
    const whole = reportOf(image, text);
    const lines = text.split('\n').filter((line) => line !== '');

    test.each(lines.map((line) => [line.slice(0, line.indexOf('='))]))('%s', (key) => {
      const without = lines.filter((line) => !line.startsWith(`${key}=`)).map((line) => `${line}\n`);
      let report: PagesReport;
      try {
        report = reportOf(image, without.join(''));
      } catch (error) {
        expect(error).toBeInstanceOf(InspectError);
        return;
      }
      const faults = figureFaults(report, whole);
      const isSilent = report.complete && report.consistent;
      expect(faults, 'figures').toEqual([]);
      expect(violations('pages', report)).toEqual([]);
      if (isSilent) expect(report.freeCheck).toEqual(whole.freeCheck);
      if (!isSilent) expect(report.warnings).not.toEqual([]);
    });
  },
);
