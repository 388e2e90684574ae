import { afterAll, describe, expect, it } from 'vitest';
import { FileSource } from '../../../src/bytes/file-source.ts';
import { InspectError } from '../../../src/errors.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { readBuildId } from '../../../src/kernel/system/build-id.ts';
import { inspectSystem } from '../../../src/kernel/system/system.ts';
import { countTasks } from '../../../src/kernel/tasks/task-counts.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { Vmcoreinfo } from '../../../src/kernel/vmcoreinfo/vmcoreinfo.ts';
import { infoReport } from '../../../src/report/info-report.ts';
import { vmcoreinfoReport } from '../../../src/report/vmcoreinfo-report.ts';
import { openSource } from '../../builders/open-source.ts';
import { changed } from '../../builders/provable-kernel.ts';
import { dumpOf } from '../../support/fixture.ts';
import { violations } from '../../support/schema.ts';

/** The header of the note that holds an id of 20 bytes. */
const HEADER = '040000001400000003000000474e5500';

describe.each(['linux-5.10', 'linux-6.12-numa'])('the build id of %s', (name) => {
  const image = openSource(new FileSource(dumpOf(name)));
  afterAll(() => image.close());
  const text = image.vmcoreinfo?.text ?? '';
  const id = /^BUILD-ID=(.*)$/m.exec(text)?.[1] ?? '';
  /** As stable kernels wrote it: 20 bytes from a place in the header on. */
  const copiedFrom = (byte: number) => `${HEADER}${id}`.slice(2 * byte, 2 * byte + 40);

  const kernelWith = (buildId: string) =>
    openKernel(image, { vmcoreinfo: { text: changed(text, { 'BUILD-ID': buildId }), source: 'test' } });

  function kernelIn(buildId: string) {
    const kernel = kernelWith(buildId);
    const report = infoReport({
      ...{ image, amounts: image.memory.amounts, info: kernel.info, missing: null },
      system: inspectSystem({ value: kernel }),
      counts: ({ tasks }) => countTasks(tasks),
    });
    expect(violations('info', report)).toEqual([]);
    return report;
  }

  it('is the one that VMCOREINFO has', () => {
    expect(id).toMatch(/^[0-9a-f]{40}$/);
    expect(kernelIn(id)).toMatchObject({
      complete: true,
      kernel: { buildId: id, buildIdSource: 'vmcoreinfo' },
    });
  });

  it.each([0, 1, 4, 8, 12])(
    'is that of the image if VMCOREINFO has it from byte %i of its note on',
    (byte) => {
      const { kernel, complete } = kernelIn(copiedFrom(byte));
      expect([kernel.buildId, kernel.buildIdSource, complete]).toEqual([id, 'image', true]);
    },
  );

  it('is not said if the image has another one than the bytes after the header', () => {
    const other = `${copiedFrom(4).slice(0, 24)}${'0'.repeat(16)}`;
    const { kernel, unavailable } = kernelIn(other);
    expect([kernel.buildId, kernel.buildIdSource]).toEqual([null, null]);
    expect(unavailable['kernel.buildId']).toContain(`BUILD-ID=${other}, and the notes of the kernel's image`);
  });

  it('is found in the image by its first bytes if no symbol says where the notes are', () => {
    const findSymbol = (): never => {
      throw new InspectError('missingInfo', 'the symbol table has functions only');
    };
    const read = (buildId: string) => {
      const typed = new TypedKernel(kernelWith(buildId));
      return readBuildId({ kernel: typed.kernel, space: typed.space, findSymbol });
    };
    expect(read(copiedFrom(4))).toBe(id);
    expect(read(`${copiedFrom(4).slice(0, 24)}${'0'.repeat(16)}`)).toBeUndefined();
    expect(() => read(id)).toThrow(/functions only/);
  });

  it('is kept as it is in the lines of vmcoreinfo, with a warning', () => {
    const file = { path: 'core', format: 'ELF64 vmcore' };
    const warnings = (buildId: string) => {
      const report = vmcoreinfoReport(new Vmcoreinfo(kernelWith(buildId).info), file);
      expect(report.entries['BUILD-ID']).toBe(buildId);
      return report.warnings;
    };
    expect(warnings(id)).toEqual([]);
    const begins = new RegExp(`^BUILD-ID is not the build id: .* the id begins with ${id.slice(0, 16)}$`);
    expect(warnings(copiedFrom(4))).toEqual([expect.stringMatching(begins)]);
  });
});
