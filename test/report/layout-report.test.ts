import { describe, expect, it } from 'vitest';
import type { ErrorKind } from '../../src/errors.ts';
import { findLayout } from '../../src/kernel/layout/layout.ts';
import { openKernel } from '../../src/kernel/open/kernel.ts';
import { layoutReport } from '../../src/report/layout-report.ts';
import { BuiltKernel } from '../builders/kernel.ts';
import { violations } from '../support/schema.ts';

const layout = findLayout(openKernel(new BuiltKernel().image));
const UNKNOWN = { value: null, source: null };
const FACTS = {
  ...{ file: { path: 'core', format: 'ELF64 vmcore' }, kernel: { release: '6.12.0' }, doubts: [] },
  vmcoreinfo: { source: 'a note', candidates: [] },
  isLost: (kind: ErrorKind) => kind === 'io' || kind === 'corrupt',
};

/** The report where vmemmap is unknown for these reasons. */
function without(...failures: ErrorKind[]) {
  const candidates = failures.map(
    () => ({ source: 'kallsyms', value: null, verdict: 'unavailable', reason: 'why' }) as const,
  );
  const report = layoutReport({ ...layout, vmemmap: { ...UNKNOWN, candidates, failures } }, FACTS);
  expect(violations('layout', report)).toEqual([]);
  return report;
}

describe('the report on a layout', () => {
  it('is not complete where a value is unknown because the dump has lost what tells it', () => {
    expect(without('missingInfo', 'corrupt')).toMatchObject({
      ...{ complete: false, warnings: ['vmemmap: it is unknown because the dump is damaged or truncated'] },
    });
  });

  it('is complete where a kernel does not tell a value, or another method found it', () => {
    expect(without('missingInfo')).toMatchObject({ complete: true, warnings: [] });
    const found = { ...layout.pageOffset, failures: ['io'] as const };
    expect(layoutReport({ ...layout, pageOffset: found }, FACTS)).toMatchObject({ complete: true });
  });
});
