import { afterEach, describe, expect, it } from 'vitest';
import { openImage } from '../../../src/formats/open.ts';
import { findLayout } from '../../../src/kernel/layout/layout.ts';
import { contradictedBy } from '../../../src/kernel/layout/linear-map.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import type { TranslateReport } from '../../../src/report/translate-report.ts';
import { faultyDisk } from '../../support/faulty-disk.ts';
import { dumpOf } from '../../support/fixture.ts';
import { runMain } from '../../support/run-main.ts';
import { saidIn } from '../../support/said.ts';

const DUMPS = ['linux-5.10', 'linux-6.1', 'linux-6.12-numa', 'linux-7.3-5level', 'qemu-6.1'] as const;
/** Bit 21 of an entry: the next page of 2 MiB. */
const NEXT_PAGE = 0x20;

let release = () => {};
afterEach(() => release());

async function opened(path: string) {
  const image = await openImage([path]);
  const kernel = openKernel(image);
  return { image, kernel, layout: findLayout(kernel) };
}

describe('a walk compared with the arithmetic of the kernel', () => {
  it.each(DUMPS)('agrees for the direct map and the image of %s', async (name) => {
    const { image, kernel, layout } = await opened(dumpOf(name));
    const pageOffset = layout.pageOffset.value ?? 0n;
    let mapped = 0;
    for (const { start, end } of image.memory.described())
      for (let physical = start; physical < Math.min(end, 2 ** 29); physical += 2 ** 18) {
        const walk = kernel.space.walk(pageOffset + BigInt(physical));
        if (walk.result.kind === 'mapped') mapped++;
        expect(contradictedBy(walk, layout, kernel.info)).toBeUndefined();
      }
    expect(mapped).toBeGreaterThan(800);
    const text = kernel.space.walk(kernel.info.symbol('_stext') ?? 0n);
    expect(contradictedBy(text, layout, kernel.info)).toBeUndefined();
    image.close();
  });

  it.each(['direct map', 'kernel image'] as const)(
    'is contradicted after an entry of the %s was changed',
    async (region) => {
      const path = dumpOf('linux-6.12-numa');
      const { image, kernel, layout } = await opened(path);
      const text = kernel.info.symbol('_stext') ?? 0n;
      const address =
        region === 'direct map' ? (layout.pageOffset.value ?? 0n) + 0xc000123n : text + 0x40_0000n;
      const last = kernel.space.walk(address).steps.at(-1);
      const at = (last?.table ?? 0) + 8 * (last?.index ?? 0);
      const segment = [...image.segments].find(
        (s) => s.physical !== null && at >= s.physical && at < s.physical + Number(s.fileSize),
      );
      const position = Number(segment?.offset ?? 0) + at - (segment?.physical ?? 0) + 2;
      const byte = new Uint8Array(1);
      expect(image.memory.read(at + 2, byte)).toBeUndefined();
      image.close();
      ({ release } = faultyDisk(path, {
        changed: [{ at: position, bytes: byte.map((b) => b ^ NEXT_PAGE) }],
      }));
      const ran = await runMain(['translate', path, `0x${address.toString(16)}`, '--json']);
      const report = JSON.parse(ran.stdout) as TranslateReport;
      expect([ran.status, saidIn(ran)]).toEqual([3, expect.stringContaining('the page tables map')]);
      expect(report).toMatchObject({ consistent: false, translations: [{ region, result: 'mapped' }] });
    },
  );
});
