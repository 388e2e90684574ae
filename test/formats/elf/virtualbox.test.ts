import { describe, expect, it } from 'vitest';
import { FileSource } from '../../../src/bytes/file-source.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { segmentsReport } from '../../../src/report/segments-report.ts';
import { elfSource } from '../../builders/elf.ts';
import { pattern } from '../../builders/encode.ts';
import { noteSegment } from '../../builders/notes.ts';
import { openSource } from '../../builders/open-source.ts';
import { type CpuState, CR4_4_LEVELS, CR4_LA57, qemuNote } from '../../builders/qemu-dump.ts';
import { runningCpu } from '../../builders/running-cpu.ts';
import { asVirtualBox, BIOS_PAGES, DEVICES, vbcore, vbcpu } from '../../builders/virtualbox.ts';
import { reportOf } from '../../support/cut.ts';
import { dumpOf, expectedOf } from '../../support/fixture.ts';

const RAM = { paddr: 0, data: pattern(0x2000, 1) };

function opened(notes: readonly Uint8Array[]) {
  return openSource(elfSource({ segments: [noteSegment(notes), RAM, ...DEVICES] }));
}

describe('a core file of VirtualBox', () => {
  it('has no memory where its LOADs have no contents: devices are there', () => {
    const image = opened([vbcore(), vbcpu({ cr3: 0x1000n })]);
    expect([...image.memory.described()]).toEqual([{ start: 0, end: 0x2000 }]);
    expect(image.memory.amounts).toEqual({ described: 0x2000, stored: 0x2000, truncated: 0 });
    const report = segmentsReport(image, () => null);
    expect([...report.segments].map(({ type }) => type)).toEqual(['LOAD', 'MMIO', 'MMIO', 'MMIO', 'MMIO']);
    expect(report.complete).toBe(true);
  });

  it('is told by its note: in other files such LOADs are memory that was left out', () => {
    const image = opened([qemuNote({ cr3: 0x1000n })]);
    const devices = DEVICES.reduce((sum, { memsz = 0 }) => sum + Number(memsz), 0);
    expect(image.memory.amounts.described).toBe(0x2000 + devices);
  });
});

describe("the registers in VirtualBox's notes", () => {
  const registersOf = (cpus: readonly CpuState[], core = vbcore()) =>
    opened([core, ...cpus.map(vbcpu)]).registers;

  it('are read for each CPU, in the order of the notes', () => {
    const cr4 = CR4_4_LEVELS | CR4_LA57;
    expect(registersOf([{ cr3: 0x234c000n }, { cr3: 0x1064801n, cr4 }])).toEqual([
      { cpu: 0, cr3: 0x234c000n, cr4: CR4_4_LEVELS },
      { cpu: 1, cr3: 0x1064801n, cr4 },
    ]);
  });

  it('leave out a CPU that is not in long mode: without paging CR3 means nothing', () => {
    const cpus = [{ cr3: 0x1000n, cr0: 0x6000_0010n }, { cr3: 0x2000n, cr4: 0n }, { cr3: 0x3000n }];
    expect(registersOf(cpus).map(({ cpu }) => cpu)).toEqual([2]);
  });

  it('are not read from a note that is too short, or of another version', () => {
    expect(registersOf([{ cr3: 0x1000n, bytes: 312 }])).toEqual([]);
    expect(registersOf([{ cr3: 0x1000n }], vbcore({ version: 0x1_0000 }))).toEqual([]);
    expect(registersOf([{ cr3: 0x1000n }], vbcore({ version: 0x2_0000 }))).toEqual([]);
    expect(registersOf([{ cr3: 0x1000n }], vbcore({ magic: 1 }))).toEqual([]);
  });
});

describe.each(['linux-5.10', 'linux-6.1', 'linux-7.3-5level'])('the memory of %s, by VirtualBox', (name) => {
  const file = new FileSource(dumpOf(name));
  const original = openSource(file);
  const expected = expectedOf(name);
  const vmcoreinfo = original.vmcoreinfo ?? { text: '', source: '' };
  const source = asVirtualBox(file, [...original.segments], [runningCpu(original)]);

  it('has the same pages of each class, and zeros where the machine has no RAM', async () => {
    const report = await reportOf([source], { vmcoreinfo });
    const ramPages = Number([...openSource(source).segments][0]?.memorySize) / 4096;
    const holes = ramPages + BIOS_PAGES - expected.distinctPagesInLoads;
    const { nonPrivateCache, user, free, kernelData } = report.classes;
    expect([nonPrivateCache.pages, user.pages, free.pages, kernelData.pages]).toEqual([
      expected.makedumpfile.nonPrivateCache,
      expected.makedumpfile.user,
      expected.makedumpfile.free,
      expected.kernelDataDistinct,
    ]);
    // The fixtures are blank where no command reads them, including the struct pages of holes: some look like
    // cache, others as if they had never been written, which cannot happen in a real kernel.
    const { zero, privateCache, uninitialized } = report.classes;
    expect((zero.pages ?? 0) + (privateCache.pages ?? 0) + (uninitialized?.pages ?? 0)).toBe(
      expected.makedumpfile.zero + expected.makedumpfile.privateCache + holes,
    );
    expect([report.total.pages, report.complete]).toEqual([ramPages + BIOS_PAGES, true]);
  });

  it('has the kernel that its CPU was running', () => {
    const kernel = openKernel(openSource(source), { vmcoreinfo });
    expect(kernel.physBase.candidates.map(({ source: by, verdict }) => [by, verdict])).toContainEqual([
      'registers',
      'agrees',
    ]);
    expect(Number(kernel.physBase.value)).toBe(expected.physBase);
  });
});
