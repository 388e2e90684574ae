import { describe, expect, it } from 'vitest';
import { bad, numbers } from '../../../src/report/view.ts';
import { filledTable } from '../../../src/report/views/filled-table.ts';

describe('a table without empty columns', () => {
  const COLUMNS = [numbers('#'), 'VIRTUAL', 'SIZE', 'REGION'];
  const cut = (rows: Parameters<typeof filledTable>[1]) => {
    const { columns, rows: kept } = filledTable(COLUMNS, rows);
    // A renderer goes through the rows twice.
    expect([...kept]).toEqual([...kept]);
    return { titles: columns.map(({ title }) => title), rows: [...kept] };
  };

  it('lacks those without a value in any row', () => {
    expect(
      cut([
        ['0', '-', '1 MiB', ''],
        ['1', '-', '2 MiB', '-'],
      ]),
    ).toEqual({
      titles: ['#', 'SIZE'],
      rows: [
        ['0', '1 MiB'],
        ['1', '2 MiB'],
      ],
    });
  });

  it('has those with a value in one row', () => {
    const rows = [
      ['0', '-', '1 MiB', '-'],
      ['1', '0x1000', '2 MiB', bad('none')],
    ];
    expect(cut(rows)).toEqual({ titles: ['#', 'VIRTUAL', 'SIZE', 'REGION'], rows });
  });

  it('has all of them without any row', () => {
    expect(cut([])).toEqual({ titles: ['#', 'VIRTUAL', 'SIZE', 'REGION'], rows: [] });
  });
});
