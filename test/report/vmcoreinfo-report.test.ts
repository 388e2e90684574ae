import { describe, expect, it } from 'vitest';
import { Vmcoreinfo } from '../../src/kernel/vmcoreinfo/vmcoreinfo.ts';
import { vmcoreinfoReport } from '../../src/report/vmcoreinfo-report.ts';
import { violations } from '../support/schema.ts';

const reportOf = (text: string) =>
  vmcoreinfoReport(new Vmcoreinfo({ text, source: 'made up' }), { path: 'core', format: 'ELF64 vmcore' });

describe('the report on a note', () => {
  it('is complete where its last line has an end', () => {
    const report = reportOf('OSRELEASE=6.12.0\nPAGESIZE=4096\n');
    expect(report).toMatchObject({ warnings: [], complete: true, entries: { PAGESIZE: 4096 } });
    expect(violations('vmcoreinfo', report)).toEqual([]);
  });

  it('is not where that is cut, and leaves it out', () => {
    const { warnings, complete, entries } = reportOf('OSRELEASE=6.12.0\nPAGESIZE=40');
    expect({ complete, entries }).toEqual({ complete: false, entries: { OSRELEASE: '6.12.0' } });
    expect(warnings).toEqual(['the last line is cut off and was ignored: PAGESIZE=40']);
  });
});
