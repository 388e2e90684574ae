import { describe, expect, it } from 'vitest';
import { FileSource } from '../src/bytes/file-source.ts';
import type { ByteSource } from '../src/bytes/source.ts';
import type { MemoryImage } from '../src/formats/image/image.ts';
import { findVmcoreinfo } from '../src/kernel/identity/vmcoreinfo-note.ts';
import { findLayout } from '../src/kernel/layout/layout.ts';
import { openKernel } from '../src/kernel/open/kernel.ts';
import { inspectSystem } from '../src/kernel/system/system.ts';
import { countTasks } from '../src/kernel/tasks/task-counts.ts';
import { infoReport } from '../src/report/info-report.ts';
import { asVm2core, PLACEHOLDER } from './builders/containers.ts';
import { openSource } from './builders/open-source.ts';
import { reportOf } from './support/cut.ts';
import { dumpOf, expectedOf, TYPED } from './support/fixture.ts';

const kernelOf = (image: MemoryImage) => openKernel(image, { vmcoreinfo: findVmcoreinfo(image) });

/**
 * What `info` says of a dump, except where it was read from, and the time of the crash: the fixtures keep the
 * text of the running kernel only, which has no CRASHTIME.
 */
function infoOf(image: MemoryImage) {
  const kernel = kernelOf(image);
  const {
    file: _,
    boots: __,
    vmcoreinfo,
    dump: ___,
    ...rest
  } = infoReport({
    ...{ image, amounts: image.memory.amounts, info: kernel.info, missing: null },
    system: inspectSystem({ value: kernel }),
    counts: ({ tasks }) => countTasks(tasks),
  });
  const { 'crash.time': ____, ...unavailable } = rest.unavailable;
  // The commands in it have the name of the file.
  const next = rest.next.map(({ why }) => why);
  return { rest: { ...rest, next, unavailable, crash: { ...rest.crash, time: null } }, vmcoreinfo };
}

/**
 * The report of `pages` without the file's name and format, and the time of the crash. NR_FREE_PAGES is left
 * out: how much CPUs may hold back of it is not known without their notes.
 */
async function pagesOf(source: ByteSource) {
  const { file: _, kernel, checks, ...rest } = await reportOf([source]);
  const exact = checks.filter(({ name }) => name !== 'NR_FREE_PAGES');
  return { ...rest, checks: exact, release: kernel.release };
}

describe.each(TYPED)('the memory of %s as vm2core writes it', (name) => {
  const file = new FileSource(dumpOf(name));
  const image = openSource(file);
  const converted = asVm2core(file, image);

  it('has every page in its class, by the VMCOREINFO in memory', async () => {
    expect(await pagesOf(converted)).toEqual(await pagesOf(file));
  });

  it('has the system that the dump has, and says which text was believed and why', () => {
    const { rest, vmcoreinfo } = infoOf(openSource(converted));
    expect(rest).toEqual(infoOf(image).rest);
    expect(vmcoreinfo.source).toMatch(/^found in memory at physical 0x/);
    expect(vmcoreinfo.candidates.slice(0, 2)).toMatchObject(
      [
        { source: expect.stringMatching(/^note at offset/), verdict: 'unavailable', reason: /no OSRELEASE/ },
        { source: expect.stringMatching(/^memory at physical/), verdict: 'believed' },
      ].map((row) => ({ ...row, reason: expect.stringMatching(row.reason ?? /consistent/) })),
    );
  });

  it('has the layout of the kernel, not that of its LOADs, and no CPUs', () => {
    const opened = openSource(converted);
    expect([opened.registers, opened.notedCpus]).toEqual([[], 0]);
    expect(image.notedCpus).toBeGreaterThan(0);
    const layout = findLayout(kernelOf(opened));
    const expected = expectedOf(name);
    expect(layout).toMatchObject({
      pageOffset: { value: BigInt(expected.pageOffset) },
      physBase: { value: BigInt(expected.physBase) },
      pagingLevels: expected.pagingLevels,
    });
    const loads = layout.pageOffset.candidates.find(({ source }) => source === 'pt-load');
    expect(loads).toMatchObject({ value: 0xffff_8800_0000_0000n, verdict: 'refuted' });
  });

  it('is read by the second of two notes if the first one is a placeholder', async () => {
    const text = image.vmcoreinfo?.text ?? '';
    const two = asVm2core(file, image, [PLACEHOLDER, text]);
    expect(findVmcoreinfo(openSource(two)).candidates?.map(({ verdict }) => verdict)).toEqual([
      'unavailable',
      'believed',
    ]);
    expect((await pagesOf(two)).classes).toEqual((await pagesOf(file)).classes);
  });
});
