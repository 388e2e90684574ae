import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileSource } from '../src/bytes/file-source.ts';
import type { ByteSource } from '../src/bytes/source.ts';
import type { MemoryImage } from '../src/formats/image/image.ts';
import { type Kernel, openKernel } from '../src/kernel/open/kernel.ts';
import { StructPages } from '../src/pages/struct-pages/struct-pages.ts';
import type { PagesReport } from '../src/report/pages-report.ts';
import { asAvml } from './builders/avml.ts';
import { asElfDownwards, asElfWithLast, asLime, asLimeDownwards, asRaw } from './builders/containers.ts';
import { flattened, flattenedKdump } from './builders/flattened.ts';
import { openSource } from './builders/open-source.ts';
import { type Asked, type Cut, cutAt, randomPlaces, reportOf } from './support/cut.ts';
import { dumpOf } from './support/fixture.ts';
import { type Form, filesOf, forms } from './support/form.ts';
import { runMain } from './support/run-main.ts';
import { saidIn } from './support/said.ts';
import { violations } from './support/schema.ts';

const MEMORY = 'linux-6.1';
const file = new FileSource(dumpOf(MEMORY));
const image = openSource(file);
afterAll(() => image.close());

/** VMCOREINFO of that memory, for formats that have no place for it. */
const noted = (from: MemoryImage): Asked => (from.vmcoreinfo ? { vmcoreinfo: from.vmcoreinfo } : {});
const whole = (source: ByteSource) => [{ start: 0, end: source.size }];
const downwards = asElfDownwards(file, image);
/**
 * As makedumpfile -F -E sends it, but with the program headers first, so that something is left after a cut.
 */
const downwardsFlat = flattened(downwards, whole(downwards));

interface Kind {
  readonly files: readonly ByteSource[];
  readonly asked?: Asked;
  /** Whether something is left of it after any cut that is not near its start. */
  readonly survives?: true;
}

const KINDS: Record<string, Kind> = {
  'an ELF file': { files: [file] },
  'an ELF file, memory map first': { files: [downwards], survives: true },
  'a flattened ELF file': { files: [flattened(file, whole(file))] },
  'a flattened ELF file, memory map first': { files: [downwardsFlat], survives: true },
  'a LiME image': { files: [asLime(file, [...image.segments])], asked: noted(image) },
  'a LiME image, memory map first': {
    files: [asLimeDownwards(file, [...image.segments])],
    asked: noted(image),
    survives: true,
  },
  'a raw image': { files: [asRaw(file, [...image.segments])], asked: { ...noted(image), format: 'raw' } },
};

/** A memory whose kernel tells in the fixture which memory the crash kernel has. */
const avmlFile = new FileSource(dumpOf('linux-5.10'));
const avmlOf = openSource(avmlFile);
afterAll(() => avmlOf.close());
for (const form of ['avml', 'lime'] as const) {
  const files = [asAvml(avmlFile, [...avmlOf.segments], form)];
  KINDS[`an image that AVML wrote, form ${form}`] = { files, asked: noted(avmlOf) };
}

/** All other files of the fixtures: compressed, flattened, filtered, split, QEMU's. */
for (const form of forms()) {
  const files = filesOf(form).map((path) => new FileSource(path));
  const asked = form.memoryOf.startsWith('qemu')
    ? noted(openSource(new FileSource(dumpOf(form.memoryOf))))
    : {};
  KINDS[`${form.name} (${form.writtenBy})`] = {
    files,
    asked,
    ...(files.length > 1 ? { survives: true as const } : {}),
  };
  if (form.files[0]?.endsWith('.kdump') && files.length === 1) {
    KINDS[`${form.name}, flattened`] = { files: files.map(flattenedKdump) };
  }
}

/** Cuts that say nothing, or something that is not true. */
const dishonest = (cuts: readonly Cut[]) =>
  cuts.filter(({ status, faults }) => status === 0 || faults.length > 0);

describe.each(Object.entries(KINDS))('%s that was cut', (_, { files, asked, survives }) => {
  const size = files[0]?.size ?? 0;
  let all: PagesReport;
  beforeAll(async () => {
    all = await reportOf(files, asked);
  });

  it('is whole before the cut', () => {
    expect(all.complete).toBe(true);
  });

  it('says so at any of 100 offsets, and no figure is wrong', async () => {
    const cuts: Cut[] = [];
    for (const at of randomPlaces(size, 100)) cuts.push(await cutAt(files, { at }, all, asked));
    expect(dishonest(cuts)).toEqual([]);
    expect(cuts.filter(({ status }) => status === 3).length > 30).toBe(survives === true);
  });

  it('says so at its very end, too: without a byte, a page or an end record', async () => {
    const cuts: Cut[] = [];
    for (const lost of [1, 16, 17, 100, 4096, 5000, 100_000])
      cuts.push(await cutAt(files, { at: size - lost }, all, asked));
    expect(dishonest(cuts)).toEqual([]);
  });
});

/** The pages that hold the struct pages of a memory, in a random order. */
function memoryMapOf(kernel: Kernel): number[] {
  const structPages = new StructPages(kernel);
  const pages = [...kernel.image.memory.described()].flatMap(({ start, end }) => {
    // A page holds 64 struct pages.
    const firsts = Array.from(
      { length: Math.ceil((end - start) / 2 ** 18) },
      (_, i) => start / 4096 + 64 * i,
    );
    return firsts
      .map((pfn) => structPages.addressOf(Math.floor(pfn)) ?? 0n)
      .filter((address) => address > 0n);
  });
  const places = [...new Set(pages.map((address) => kernel.space.translate(address - (address % 4096n))))];
  const keys = randomPlaces(2 ** 40, places.length, 7);
  return places
    .map((place, i) => [keys[i] as number, place] as const)
    .sort(([a], [b]) => a - b)
    .map(([, place]) => place);
}

describe('a dump that has lost some struct pages and nothing else', () => {
  it('counts no page as what it may be: heads of free blocks and compounds may be lost', async () => {
    const last = memoryMapOf(openKernel(image));
    const source = asElfWithLast(file, image, last);
    const all = await reportOf([source]);
    expect([all.complete, last.length]).toEqual([true, expect.closeTo(1022, -1)]);
    const cuts: Cut[] = [];
    for (const at of randomPlaces(last.length * 4096, 40))
      cuts.push(await cutAt([source], { at: source.size - at }, all));
    expect(dishonest(cuts)).toEqual([]);
    expect(new Set(cuts.map(({ status }) => status))).toEqual(new Set([3]));
  });
});

describe('the program, on a file that was cut', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cut-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A copy of a fixture's file without its last bytes. */
  function without(name: string, bytes: number): string {
    const path = join(folder, name);
    const form = forms().find(({ files }) => files.includes(name));
    copyFileSync(filesOf(form as Form)[0] as string, path);
    truncateSync(path, statSync(path).size - bytes);
    return path;
  }

  it.each([
    ['linux-6.1-excluded.flat', 1],
    ['linux-6.1-excluded.flat', 16],
  ])('ends with status 3, an incomplete report and a warning: %s', async (name, bytes) => {
    const ran = await runMain(['pages', without(name, bytes), '--json']);
    expect([ran.status, saidIn(ran)]).toEqual([
      3,
      expect.stringMatching(/^kdump-inspect: warning: .*cut short/m),
    ]);
    const report = JSON.parse(ran.stdout) as PagesReport;
    expect(violations('pages', report)).toEqual([]);
    expect(report.complete).toBe(false);
  });

  it.each([
    ['linux-6.1-zlib.kdump', 1_000_000],
    ['linux-6.1-lzo.kdump', 1_000_000],
    ['linux-6.1-excluded.flat', 70_000_000],
  ])('ends with status 1 and a sentence if nothing is left: %s', async (name, bytes) => {
    const ran = await runMain(['pages', without(name, bytes), '--json']);
    expect([ran.status, ran.stdout]).toEqual([1, '']);
    expect(saidIn(ran)).toMatch(/^kdump-inspect: .* (cut short|truncated|the file has)/);
  });
});
