import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileSource } from '../src/bytes/file-source.ts';
import type { ByteSource } from '../src/bytes/source.ts';
import { InspectError } from '../src/errors.ts';
import type { Segment } from '../src/formats/image/image.ts';
import { openSources } from '../src/formats/open.ts';
import { AVML_BLOCK, type AvmlForm, asAvml } from './builders/avml.ts';
import { asLime } from './builders/containers.ts';
import { openSource } from './builders/open-source.ts';
import { CutSource } from './builders/parts-source.ts';
import { type Asked, reportOf } from './support/cut.ts';
import { dumpOf, expectedOf } from './support/fixture.ts';
import { runMain } from './support/run-main.ts';
import { violations } from './support/schema.ts';

/** Fixtures that keep what the kernel says of the crash kernel's memory, which their dumps do not have. */
const MEMORIES = ['linux-5.10', 'linux-6.12-numa', 'linux-7.3-5level'] as const;
const FORMS: readonly AvmlForm[] = ['avml', 'lime'];

const folder = mkdtempSync(join(tmpdir(), 'avml-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file that is only described. */
function written(source: ByteSource, name: string): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  const bytes = new Uint8Array(1 << 20);
  for (let at = 0; at < source.size; at += bytes.length)
    writeSync(file, bytes.subarray(0, source.read(at, bytes)));
  closeSync(file);
  return path;
}

async function jsonOf(command: string, path: string, ...options: string[]): Promise<Record<string, unknown>> {
  const { status, stdout } = await runMain([command, path, ...options, '--json']);
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

/** Without the name of the format and what only notes tell: when it was, and checks by the number of CPUs. */
function figures({ file: _, checks: __, warnings: ___, kernel, ...rest }: Record<string, unknown>) {
  const { crashTime: ____, ...told } = { ...(kernel as Record<string, unknown>) };
  return { ...rest, kernel: told };
}

describe.each(MEMORIES)('the memory of %s', (name) => {
  const dump = dumpOf(name);
  const file = new FileSource(dump);
  const image = openSource(file);
  afterAll(() => image.close());

  describe.each(FORMS)('as AVML writes it, form %s', (form) => {
    let path = '';
    beforeAll(() => {
      path = written(asAvml(file, [...image.segments], form), `${name}.${form}`);
    }, 120_000);
    afterAll(() => rmSync(path));

    it('lacks blocks of zeros', async () => {
      const saved = await openSources([new FileSource(path)]);
      expect(image.memory.amounts.stored - saved.memory.amounts.stored).toBeGreaterThanOrEqual(AVML_BLOCK);
    });

    it('has holes in its map that may be such blocks', async () => {
      const map = await jsonOf('segments', path);
      expect([violations('segments', map), map.holesMayBeZero]).toEqual([[], true]);
      const { stdout } = await runMain(['segments', path]);
      expect(stdout).toContain('Holes, or RAM that was left out because it is all zero:');
    });

    it.each([[[]], [['--jobs', '2']]])('has the same pages, %j', async (options) => {
      expect(figures(await jsonOf('pages', path, ...options))).toEqual(figures(await jsonOf('pages', dump)));
    });

    it('has the same users of memory', async () => {
      const top = ['--top', '100000'];
      expect(figures(await jsonOf('usage', path, ...top))).toEqual(
        figures(await jsonOf('usage', dump, ...top)),
      );
    });

    it('has the same rows for makedumpfile, which does not count the kernel image twice here', async () => {
      const rows = async (at: string) => {
        const { classes } = await jsonOf('pages', at, '--compat', 'makedumpfile');
        const { kernelData: _, ...others } = classes as Record<string, unknown>;
        return others;
      };
      expect(await rows(path)).toEqual(await rows(dump));
    });

    it('has the same tasks, and lies at the same addresses', async () => {
      expect(figures(await jsonOf('ps', path, '--threads'))).toEqual(
        figures(await jsonOf('ps', dump, '--threads')),
      );
      const values = async (at: string) =>
        Object.entries(await jsonOf('layout', at)).map(([key, entry]) => [
          key,
          (entry as { value?: unknown } | null)?.value,
        ]);
      expect(await values(path)).toEqual(await values(dump));
    });
  });
});

const honest = async (source: ByteSource, asked: Asked) => {
  const report = await reportOf([source], asked);
  const exact = Object.entries(report.classes).filter(([, row]) => row.pages !== null);
  return { complete: report.complete, total: report.total.pages, exact: exact.map(([name]) => name), report };
};

describe('a kernel that does not tell which memory the crash kernel has', () => {
  const file = new FileSource(dumpOf('linux-6.1'));
  const image = openSource(file);
  afterAll(() => image.close());
  const expected = expectedOf('linux-6.1');

  it.each(FORMS)('leaves only ZERO and the total in doubt, form %s', async (form) => {
    const source = asAvml(file, [...image.segments], form);
    const asked = image.vmcoreinfo ? { vmcoreinfo: image.vmcoreinfo } : {};
    const { classes, total, complete, warnings } = await reportOf([source], asked);
    expect([complete, warnings]).toEqual([false, [expect.stringContaining('reserved at boot')]]);
    expect([total.pages, total.atLeast?.pages]).toEqual([null, expected.distinctPagesInLoads]);
    expect([classes.zero.pages, classes.zero.atLeast?.pages]).toEqual([null, expected.makedumpfile.zero]);
    for (const row of ['nonPrivateCache', 'privateCache', 'user', 'free'] as const)
      expect([row, classes[row].pages]).toEqual([row, expected.makedumpfile[row]]);
    expect(classes.kernelData.pages).toBe(expected.kernelDataDistinct);
  });
});

describe('memory that is missing in an image', () => {
  const file = new FileSource(dumpOf('linux-5.10'));
  const image = openSource(file);
  afterAll(() => image.close());
  const asked: Asked = image.vmcoreinfo ? { vmcoreinfo: image.vmcoreinfo } : {};
  const nothing = { complete: false, total: null, exact: [] };

  /** The same segments without what lies in [start, end). */
  const without = (start: number, end: number): Segment[] =>
    [...image.segments].flatMap((segment) => {
      const { physical, fileSize, offset } = segment;
      if (physical === null) return [];
      const last = physical + Number(fileSize);
      const part = (from: number, to: number) =>
        to <= from
          ? []
          : [
              {
                ...segment,
                physical: from,
                fileSize: BigInt(to - from),
                offset: offset + BigInt(from - physical),
              },
            ];
      return [...part(physical, Math.min(last, start)), ...part(Math.max(physical, end), last)];
    });

  it('is told with where it is, and no figure is exact', async () => {
    const [start, end] = [0x900_0000, 0xb00_0000];
    const { report, ...figures } = await honest(asLime(file, without(start, end)), asked);
    expect(figures).toEqual(nothing);
    expect(report.warnings.join('\n')).toMatch(/at least \d+ pages that the kernel uses are in no segment/);
    expect(report.total.atLeast?.pages).toBe(
      expectedOf('linux-5.10').distinctPagesInLoads - (end - start) / 4096,
    );
  });

  it.each(FORMS)('is in doubt where AVML wrote none of the last blocks, form %s', async (form) => {
    const whole = asAvml(file, [...image.segments], form);
    const blocks = [...(await openSources([whole])).segments];
    for (const { offset } of blocks.slice(-4)) {
      const cut = new CutSource(whole, Number(offset) - 32);
      const outcome = await honest(cut, asked).catch((error) => error);
      // The memory map is at the end of memory, and without it there is no report at all.
      if (!(outcome instanceof InspectError)) expect(outcome).toMatchObject(nothing);
    }
  });
});
