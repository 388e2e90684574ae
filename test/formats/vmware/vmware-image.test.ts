import { describe, expect, it } from 'vitest';
import { FileSource } from '../../../src/bytes/file-source.ts';
import { FORMATS } from '../../../src/formats/formats.ts';
import { openSources } from '../../../src/formats/open.ts';
import { openVmware } from '../../../src/formats/vmware/vmware-image.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { ramParts } from '../../builders/containers.ts';
import { ascii, concat, packed, pattern } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { MemoryFile, USUAL_HOLE } from '../../builders/memory-file.ts';
import { MemorySource } from '../../builders/memory-source.ts';
import { openSource } from '../../builders/open-source.ts';
import { PartsSource } from '../../builders/parts-source.ts';
import { CR4_4_LEVELS, CR4_LA57 } from '../../builders/qemu-dump.ts';
import { runningCpu } from '../../builders/running-cpu.ts';
import { regionsOf, type StateRecipe, tag, vmwareState } from '../../builders/vmware.ts';
import { reportOf } from '../../support/cut.ts';
import { dumpOf, expectedOf, WITH_HOLE } from '../../support/fixture.ts';

const PAGE = 4096;
const RAM = pattern(6 * PAGE, 3);
/** Two pages from address 0 on, and four from 4 GiB on. */
const REGIONS = [
  { ppn: 0, pageNum: 0, pages: 2 },
  { ppn: 2 ** 20, pageNum: 2, pages: 4 },
];
const source = (bytes: Uint8Array, path = 'machine.vmss') => new MemorySource([{ at: 0n, bytes }], { path });
const vmem = source(RAM, 'machine.vmem');
const opened = (recipe: StateRecipe, ...others: MemorySource[]) =>
  openVmware([source(vmwareState(recipe)), ...others], {});
const refused = (recipe: StateRecipe, ...others: MemorySource[]) =>
  failureOf(() => opened(recipe, ...others));

function bytesAt(image: ReturnType<typeof opened>, address: number, length: number) {
  const into = new Uint8Array(length);
  return image.memory.read(address, into) ?? [...into];
}

describe('the state of a VMware machine', () => {
  it.each([0xbed2_bed0, 0xbed2_bed2, 0xbad1_bad1, 0xbed3_bed3])('is recognised by its magic %i', (magic) => {
    const head = vmwareState({ magic }).subarray(0, 16);
    expect(FORMATS.find(({ probe }) => probe(head))?.name).toBe('VMware');
  });

  it('has the regions of its memory file', () => {
    const image = opened({ regions: REGIONS }, vmem);
    expect(image).toMatchObject({ format: 'VMware memory file with its state', path: 'machine.vmss' });
    expect([...image.memory.described()]).toEqual([
      { start: 0, end: 2 * PAGE },
      { start: 2 ** 32, end: 2 ** 32 + 4 * PAGE },
    ]);
    expect(bytesAt(image, 2 ** 32, 16)).toEqual([...RAM.subarray(2 * PAGE, 2 * PAGE + 16)]);
    expect([image.openEnded, image.absent, image.warnings, image.memory.cutShort]).toEqual([
      false,
      undefined,
      [],
      false,
    ]);
  });

  it('may have memory in itself, with and without regions, whatever the width of its lengths', () => {
    for (const magic of [0xbed2_bed0, 0xbed2_bed2]) {
      const placed = opened({ magic, regions: REGIONS, memory: RAM });
      expect(placed.format).toBe('VMware state with memory');
      expect(bytesAt(placed, 2 ** 32 + 0x10, 16)).toEqual([...RAM.subarray(2 * PAGE + 16, 2 * PAGE + 32)]);
      const whole = opened({ magic, memory: RAM });
      expect(bytesAt(whole, 5 * PAGE, 16)).toEqual([...RAM.subarray(5 * PAGE, 5 * PAGE + 16)]);
      expect(whole.memory.amounts).toEqual({ described: 6 * PAGE, stored: 6 * PAGE, truncated: 0 });
    }
  });

  it('says nothing about memory of one piece: it is all of the memory file', () => {
    const image = opened({}, vmem);
    expect([...image.memory.described()]).toEqual([{ start: 0, end: 6 * PAGE }]);
    expect(image).toMatchObject({ format: 'VMware memory file with its state', path: 'machine.vmss' });
  });

  it.each([false, true])('has the registers of its CPUs, in blocks: %s', (asBlocks) => {
    const cr4 = CR4_4_LEVELS | CR4_LA57;
    const cpus = [{ cr3: 0x1000n }, { cr3: 0x2000n, cr0: 0x10n }, { cr3: 0x3000n, cr4 }];
    expect(opened({ cpus, asBlocks, memory: RAM }).registers).toEqual([
      { cpu: 0, cr3: 0x1000n, cr4: CR4_4_LEVELS },
      { cpu: 2, cr3: 0x3000n, cr4 },
    ]);
  });

  it('closes both files', () => {
    const [state, memory] = [source(vmwareState({ regions: REGIONS })), source(RAM)];
    openVmware([state, memory], {}).close();
    expect([state.closed, memory.closed]).toEqual([true, true]);
  });
});

describe('a VMware machine that is not all there', () => {
  it('has no memory without its memory file, or in a snapshot without memory', () => {
    expect(refused({ regions: REGIONS })).toMatchObject({
      kind: 'unsupported',
      facts: { hint: expect.stringContaining('.vmem') },
    });
    const bytes = packed(12, [[0, 4, 0xbed2_bed2]]);
    expect(failureOf(() => openVmware([source(bytes), vmem], {}))).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('without its memory'),
    });
  });

  it('is unsupported if its memory is compressed, with what to do', () => {
    expect(refused({ memory: RAM, compressed: true })).toMatchObject({
      kind: 'unsupported',
      facts: { hint: expect.stringContaining('vmss2core') },
    });
  });

  it('was cut short if its memory file ends inside a region', () => {
    const image = opened({ regions: REGIONS }, source(RAM.subarray(0, 5 * PAGE)));
    expect(image.memory.cutShort).toBe(true);
    expect(image.memory.amounts).toEqual({ described: 6 * PAGE, stored: 5 * PAGE, truncated: PAGE });
  });

  it('is doubted if its memory file is longer than its regions, or it is marked as partial', () => {
    expect(opened({ regions: REGIONS }, source(pattern(7 * PAGE, 1))).warnings).toEqual([
      expect.stringContaining('of another time'),
    ]);
    expect(opened({ magic: 0xbed3_bed3, memory: RAM }).warnings).toEqual([expect.stringContaining('part')]);
  });
});

describe('a false state', () => {
  const LAST = 2 ** 32 - 1;
  it.each<[string, StateRecipe]>([
    ['has fewer regions than it claims', { regions: REGIONS, regionsCount: 3 }],
    ['claims a billion regions', { regions: REGIONS, regionsCount: 1e9 }],
    ['has regions that overlap in memory', { regions: [...REGIONS, { ppn: 1, pageNum: 6, pages: 1 }] }],
    ['has regions that overlap in the file', { regions: [...REGIONS, { ppn: 9, pageNum: 5, pages: 1 }] }],
    [
      'has a region past any address',
      {
        tags: [
          tag('regionsCount', [], 1),
          tag('regionPPN', [0], 2n ** 52n, 8),
          tag('regionPageNum', [0], 0),
          tag('regionSize', [0], LAST),
        ],
      },
    ],
    ['has a region past its block of memory', { regions: [{ ppn: 0, pageNum: 3, pages: 4 }], memory: RAM }],
    ['has its group past its end', { memoryAt: 2n ** 63n }],
    [
      'has a number that is none',
      {
        tags: [
          tag('regionsCount', [], 1, 4),
          concat(packed(2, [[0, 2, (9 << 8) | (1 << 6) | 20]]), ascii('regionPPN'), new Uint8Array(24)),
        ],
      },
    ],
  ])('is corrupt if it %s', (_, recipe) => {
    expect(refused(recipe, vmem)).toMatchObject({ kind: 'corrupt', facts: { path: 'machine.vmss' } });
  });

  it('is corrupt wherever it is cut before its memory', () => {
    const bytes = vmwareState({ regions: REGIONS, cpus: [{ cr3: 0x1000n }] });
    // Without the last two bytes, which end the tags.
    for (let size = 12; size < bytes.length - 2; size++) {
      expect(failureOf(() => openVmware([source(bytes.subarray(0, size)), vmem], {})).kind).toBe('corrupt');
    }
  });
});

describe('two files', () => {
  it('are the state of a VMware machine and its memory, in any order', async () => {
    const state = source(vmwareState({ regions: REGIONS }));
    for (const files of [
      [state, vmem],
      [vmem, state],
    ]) {
      const image = await openSources(files);
      expect([image.format, image.path]).toEqual(['VMware memory file with its state', files[0]?.path]);
    }
  });

  it('are not one dump if both are states, or neither', async () => {
    const state = source(vmwareState({ regions: REGIONS }));
    await expect(openSources([state, state])).rejects.toMatchObject({ kind: 'usage' });
    await expect(openSources([vmem, vmem])).rejects.toMatchObject({ kind: 'usage' });
  });
});

describe.each(['linux-5.10', 'linux-7.3-5level'])(
  'the memory of %s, in the state of a VMware machine',
  (name) => {
    const file = new FileSource(dumpOf(name));
    const original = openSource(file);
    const expected = expectedOf(name);
    const vmcoreinfo = original.vmcoreinfo ?? { text: '', source: '' };
    const { parts, size } = ramParts(file, [...original.segments]);
    const regions = regionsOf([{ start: 0, end: Math.ceil(size / PAGE) * PAGE }]);
    const state = source(vmwareState({ regions, cpus: [runningCpu(original)] }));
    const files = [state, new PartsSource([...parts, { zeros: (-size % PAGE) + (size % PAGE ? PAGE : 0) }])];

    it('has the same pages of each class, and zeros where the machine has no RAM', async () => {
      const report = await reportOf(files, { vmcoreinfo });
      const { nonPrivateCache, user, free, kernelData, zero, privateCache, uninitialized } = report.classes;
      expect([nonPrivateCache.pages, user.pages, free.pages, kernelData.pages]).toEqual([
        expected.makedumpfile.nonPrivateCache,
        expected.makedumpfile.user,
        expected.makedumpfile.free,
        expected.kernelDataDistinct,
      ]);
      // As for a raw image, the blank struct pages of holes in the fixture are of several classes.
      const pages = Math.ceil(size / PAGE);
      expect((zero.pages ?? 0) + (privateCache.pages ?? 0) + (uninitialized?.pages ?? 0)).toBe(
        expected.makedumpfile.zero +
          expected.makedumpfile.privateCache +
          pages -
          expected.distinctPagesInLoads,
      );
      expect([report.total.pages, report.complete, report.warnings]).toEqual([pages, true, []]);
    });

    it('has the kernel that its CPU was running', async () => {
      const { physBase } = openKernel(await openSources(files), { vmcoreinfo });
      expect(physBase.candidates.find((one) => one.source === 'registers')?.verdict).toBe('agrees');
    });
  },
);

describe('the memory of a machine with RAM above 4 GiB, in a .vmem', () => {
  it('is where the state says', async () => {
    const original = await openSources([new FileSource(WITH_HOLE.path)]);
    const expected = expectedOf(WITH_HOLE.name);
    const ranges = [
      { start: 0, end: USUAL_HOLE.start },
      { start: USUAL_HOLE.end, end: 0x1_6000_0000 },
    ];
    const files = [
      new MemoryFile(original.memory, ranges),
      source(vmwareState({ regions: regionsOf(ranges) })),
    ];
    const { vmcoreinfo } = original;
    const report = await reportOf(files, vmcoreinfo ? { vmcoreinfo } : {});
    const { nonPrivateCache, user, free, kernelData } = report.classes;
    expect([nonPrivateCache.pages, user.pages, free.pages, kernelData.pages]).toEqual([
      expected.makedumpfile.nonPrivateCache,
      expected.makedumpfile.user,
      expected.makedumpfile.free,
      expected.kernelDataDistinct,
    ]);
    expect([report.total.pages, report.complete, report.warnings]).toEqual([0x12_0000, true, []]);
  });
});
