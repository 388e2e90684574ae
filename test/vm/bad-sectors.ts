import { expect, it } from 'vitest';
import type { PagesReport } from '../../src/report/pages-report.ts';
import { dumpOf } from '../support/fixture.ts';
import type { Answers } from './answers.ts';
import type { BadPart } from './bad-disk.ts';
import { readAt, readLoads } from './elf.ts';
import type { Questions } from './guest-image.ts';
import { inspect, readReport, sumOfClasses, sumOfFigures } from './reports.ts';

const page = 4096;
const elf = dumpOf('linux-6.12-numa');
const kdump = dumpOf('linux-6.1-zlib').replace(/elf$/, 'kdump');
/** Slab pages of the ELF dump, so their contents are needed to know whether they are ZERO. */
const bad = { pfn: 0xc000, pages: 16 };

/** Where the ELF dump has those pages, and the middle of a compressed dump. */
export function badParts(): BadPart[] {
  const load = readLoads(readAt(elf, page, 0n)).findLast(
    ({ physical }) => Number(physical) <= bad.pfn * page,
  );
  if (load === undefined) throw new Error('the dump lacks the pages');
  const start = Number(load.offset - load.physical) + bad.pfn * page;
  return [
    { name: 'elf', from: elf, start, length: bad.pages * page },
    { name: 'kdump', from: kdump, start: 256 * page, length: 8 * page },
  ];
}

export const badSectorQuestions = {
  elf: 'kdump-inspect pages /mnt/elf --json',
  kdump: 'kdump-inspect pages /mnt/kdump --json',
  badPage: `kdump-inspect page /mnt/elf ${bad.pfn} --json`,
  nextPage: `kdump-inspect page /mnt/elf ${bad.pfn + bad.pages} --json`,
} as const satisfies Questions;

export type BadSectorAnswer = keyof typeof badSectorQuestions;

/** Dumps on a disk with sectors that the guest's kernel cannot read (EIO). */
export function testBadSectors(answers: () => Answers<BadSectorAnswer>): void {
  const report = (name: 'elf' | 'kdump'): PagesReport =>
    readReport('pages', answers().answer(name).stdout.toString());

  it('counts exactly the pages that could not be read of a dump on a disk with bad sectors', () => {
    const whole = inspect('pages', elf);
    const { unknown, classes, total, complete, warnings } = report('elf');
    expect(answers().answer('elf')).toMatchObject({ status: 3 });
    expect({ complete, total }).toEqual({ complete: false, total: whole.total });
    expect(unknown.pages).toBe(bad.pages);
    expect(warnings).toContainEqual(expect.stringContaining(`they could not be read (${bad.pages})`));
    expect(classes.kernelData.atLeast?.pages).toBe((whole.classes.kernelData.pages ?? 0) - bad.pages);
    const { zero, kernelData, ...others } = whole.classes;
    expect(classes).toMatchObject({ ...others, zero: { atLeast: { pages: zero.pages } } });
  });

  it('reports the same for a compressed dump, which has many pages on few sectors', () => {
    const { unknown, total, complete } = report('kdump');
    const whole = inspect('pages', kdump);
    expect(answers().answer('kdump')).toMatchObject({ status: 3 });
    expect({ complete, total }).toEqual({ complete: false, total: whole.total });
    expect(unknown.pages).toBeGreaterThan(8);
    expect(sumOfFigures(report('kdump'))).toBe(sumOfClasses(whole));
  });

  it('shows the struct page of a page on a bad sector, and that its contents could not be read', () => {
    const [of, next] = (['badPage', 'nextPage'] as const).map((name) =>
      readReport('page', answers().answer(name).stdout.toString()),
    );
    expect(of).toMatchObject({ class: null, contents: 'unreadable', zero: null });
    expect(next).toMatchObject({ contents: 'stored', zero: false });
  });
}
