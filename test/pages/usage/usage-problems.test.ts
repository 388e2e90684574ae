import { describe, expect, test } from 'vitest';
import { InspectError } from '../../../src/errors.ts';
import type { Kernel } from '../../../src/kernel/open/kernel.ts';
import { pageDetails } from '../../../src/pages/details/details.ts';
import { explainPage } from '../../../src/pages/explain/explain.ts';
import { Problems } from '../../../src/pages/usage/problems.ts';
import { readUsage } from '../../../src/pages/usage/usage.ts';
import { pageReport } from '../../../src/report/page-report.ts';
import { pageView } from '../../../src/report/views/page-view.ts';
import { ALONE } from '../../builders/census.ts';
import { failureOf, failureOfAsync } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';
import { textOf } from '../../support/text-of.ts';

const kernelOf = (cutShort: boolean, live = false) =>
  ({ image: { live, memory: { cutShort } } }) as unknown as Kernel;

describe('what cannot be read', () => {
  test.each([
    ['corrupt', false, true],
    ['notMapped', false, true],
    ['notStored', false, false],
    ['notStored', true, true],
    ['missingInfo', true, false],
    ['unsupported', false, false],
  ] as const)('is damage or not: %s in a dump that is cut short (%s): %s', (kind, cutShort, damaged) => {
    const problems = new Problems(kernelOf(cutShort));
    const found = problems.attempt('the files', () => {
      throw new InspectError(kind, 'they are gone');
    });
    expect(found).toBeNull();
    expect(problems).toMatchObject({ damaged, warnings: ['the files: they are gone'] });
  });

  test('is reported with the place where a list breaks off', () => {
    const problems = new Problems(kernelOf(false));
    problems.broken('the list', [null, { address: 0x1234n, reason: 'it ends nowhere' }]);
    expect(problems).toMatchObject({
      damaged: true,
      warnings: ['the list is broken at 0x1234: it ends nowhere'],
    });
  });

  test('is not damage in a running kernel, whose lists change while they are followed', () => {
    const problems = new Problems(kernelOf(false, true));
    problems.broken('the list', [{ address: 0x1234n, reason: 'it ends nowhere' }]);
    expect(problems.damaged).toBe(false);
    expect(problems.warnings).toHaveLength(1);
  });

  test('is reported some fifty times, and no more', () => {
    const problems = new Problems(kernelOf(false));
    for (let i = 0; i < 1000; i++) problems.wrong(`${i}`);
    expect(problems.warnings).toHaveLength(50);
  });

  test('is no excuse for a bug', () => {
    const broken = () => {
      throw new TypeError('a bug');
    };
    expect(() => new Problems(kernelOf(false)).attempt('this', broken)).toThrow(TypeError);
  });
});

describe('a kernel without its types', () => {
  const built = new BuiltTypedKernel(null);
  const pfn = built.kernel.imageAt / 4096;
  const explained = explainPage(built.typed.kernel, pfn);

  test('does not say who holds its memory', async () => {
    expect((await failureOfAsync(readUsage(built.typed, 5, ALONE))).kind).toBe('missingInfo');
  });

  test('explains a page as far as VMCOREINFO goes, and says what its types would add', async () => {
    const failure = failureOf(() => pageDetails(built.typed, explained, null));
    expect(failure.kind).toBe('missingInfo');
    const details = { missing: failure.message };
    const report = pageReport(explained, details, {
      ...{ file: { path: 'made-up', format: 'made-up' }, warnings: [], complete: true },
    });
    expect(report).toMatchObject({ pfn, rule: 'kernel', details: null, detailsError: failure.message });
    const text = await textOf(pageView(report), { columns: 400 });
    expect(text).toContain("the names of all flags, the zone and the owner need the kernel's types (BTF)");
    expect(text).toMatch(/^ {2}because +kernel: /m);
  });
});
