import { describe, expect, it } from 'vitest';
import { fixtureNames } from '../fixtures/expand.ts';
import { FileSource } from '../src/bytes/file-source.ts';
import type { ByteSource } from '../src/bytes/source.ts';
import type { PagesReport } from '../src/report/pages-report.ts';
import { asLime, asRaw } from './builders/containers.ts';
import { flattened } from './builders/flattened.ts';
import { openSource } from './builders/open-source.ts';
import { type Asked, reportOf } from './support/cut.ts';
import { COUNTED, dumpOf, expectedOf } from './support/fixture.ts';

/** Without QEMU's, which has no VMCOREINFO: these formats have no place for it. */
const MEMORIES = fixtureNames().filter((name) => !name.startsWith('qemu'));

const rowsOf = ({ classes }: PagesReport) =>
  Object.fromEntries(COUNTED.map((row) => [row, classes[row].pages]));

/** The kernel image's segment lies inside another, so RAM ends where the highest segment does. */
const pagesTo = (source: ByteSource) => Math.ceil(source.size / 4096);

describe.each(MEMORIES)('the memory of %s', (name) => {
  const file = new FileSource(dumpOf(name));
  const image = openSource(file);
  const expected = expectedOf(name);
  const asked: Asked = image.vmcoreinfo ? { vmcoreinfo: image.vmcoreinfo } : {};
  const wanted = Object.fromEntries(COUNTED.map((row) => [row, expected.makedumpfile[row]]));

  it('is the same in a LiME image', async () => {
    const report = await reportOf([asLime(file, [...image.segments])], asked);
    expect(rowsOf(report)).toEqual(wanted);
    expect(report.classes.kernelData.pages).toBe(expected.kernelDataDistinct);
    expect([report.total.pages, report.complete]).toEqual([expected.distinctPagesInLoads, true]);
  });

  it('is the same in a raw image, where holes are pages of zeros', async () => {
    const source = asRaw(file, [...image.segments]);
    const report = await reportOf([source], { ...asked, format: 'raw' });
    const holes = pagesTo(source) - expected.distinctPagesInLoads;
    // The fixtures are blank where no command reads them, including the struct pages of holes: some look like
    // cache, most as if they had never been written, which cannot happen in a real kernel.
    const { zero, privateCache, ...others } = rowsOf(report);
    const unwritten = report.classes.uninitialized?.pages ?? 0;
    expect({ ...wanted, ...others }).toEqual(wanted);
    expect(Number(zero) + Number(privateCache) + unwritten).toBe(
      expected.makedumpfile.zero + expected.makedumpfile.privateCache + holes,
    );
    expect(report.classes.kernelData.pages).toBe(expected.kernelDataDistinct);
    expect([report.total.pages, report.complete]).toEqual([pagesTo(source), true]);
  });

  it('is the same in a flattened file with its records in any order', async () => {
    const MIB = 1 << 20;
    const pieces = Array.from({ length: Math.ceil(file.size / MIB) }, (_, i) => ({
      start: i * MIB,
      end: Math.min(file.size, (i + 1) * MIB),
    }));
    const report = await reportOf([flattened(file, pieces.reverse(), 10_000)]);
    expect(rowsOf(report)).toEqual(wanted);
    expect([report.total.pages, report.complete]).toEqual([expected.distinctPagesInLoads, true]);
  });
});
