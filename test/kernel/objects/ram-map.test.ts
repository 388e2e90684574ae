import { describe, expect, it } from 'vitest';
import { readCrashKernelMemory, readRamMap } from '../../../src/kernel/objects/ram-map.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

interface Resource {
  readonly start: number;
  /** The last byte. */
  readonly last: number;
  readonly name: string;
  readonly children?: readonly Resource[];
}

const ROOT = 0x100;
const CRASH = 0x180;
const CRASH_LOW = 0x200;
const NAMES = 0x800;
const ENTRIES = 0x1000;
const ENTRY = 0x60;

/** A kernel with these resources; `parentAt` is the offset of `parent`, which sibling and child follow. */
class Resources {
  readonly built = new BuiltTypedKernel(null, {
    iomem_resource: ROOT,
    crashk_res: CRASH,
    crashk_low_res: CRASH_LOW,
  });
  readonly #parentAt: number;
  #used = 0;
  #names = 0;

  constructor(all: readonly Resource[], parentAt = 40) {
    this.#parentAt = parentAt;
    this.write(ROOT, { start: 0, last: 2 ** 46 - 1, name: 'PCI mem', children: all }, 0n);
  }

  write(at: number, { start, last, name, children = [] }: Resource, parent: bigint): void {
    const { built } = this;
    const places = children.map(() => ENTRIES + ENTRY * this.#used++);
    built.writeU64(at, BigInt(start));
    built.writeU64(at + 8, BigInt(last));
    const nameAt = NAMES + 0x20 * this.#names++;
    built.write(nameAt, Buffer.from(`${name}\0`.padEnd(12, '\0')));
    built.writeU64(at + 16, built.at(nameAt));
    built.writeU64(at + this.#parentAt, parent);
    built.writeU64(at + this.#parentAt + 16, built.at(places[0] ?? 0) * (places.length > 0 ? 1n : 0n));
    children.forEach((child, i) => {
      const place = places[i] as number;
      this.write(place, child, built.at(at));
      const next = places[i + 1];
      built.writeU64(place + this.#parentAt + 8, next === undefined ? 0n : built.at(next));
    });
  }
}

const CHILDREN: readonly Resource[] = [
  { start: 0, last: 0xfff, name: 'Reserved' },
  {
    start: 0x1000,
    last: 0x9fbff,
    name: 'System RAM',
    children: [{ start: 0x2000, last: 0x2fff, name: 'Kernel code' }],
  },
  { start: 0x10_0000, last: 0x3fff_ffff, name: 'System RAM' },
  { start: 0x4000_0000, last: 0x4fff_ffff, name: 'System ROM' },
  {
    start: 0x1_0000_0000,
    last: 0x1_ffff_ffff,
    name: 'virtio0',
    children: [{ start: 0x1_1000_0000, last: 0x1_1fff_ffff, name: 'System RAM (virtio_mem)' }],
  },
];

describe("the kernel's list of RAM", () => {
  it.each([
    ['4.6 and later, after desc', 40],
    ['before, after flags', 32],
  ])('is read with the links of %s', (_, parentAt) => {
    const { built } = new Resources(CHILDREN, parentAt);
    expect(readRamMap(built.typed)).toEqual({
      system: [
        { start: 0x1000, end: 0x9fc00 },
        { start: 0x10_0000, end: 0x4000_0000 },
      ],
      drivers: [{ start: 0x1_1000_0000, end: 0x1_2000_0000 }],
    });
  });

  it.each<[string, readonly Resource[]]>([
    ['overlap', [CHILDREN[2] as Resource, { start: 0x20_0000, last: 0x5000_0000, name: 'System RAM' }]],
    ['end before they start', [{ start: 0x2000, last: 0x1000, name: 'System RAM' }]],
    ['reach out of their parent', [{ start: 0, last: 0xff, name: 'x', children: [CHILDREN[2] as Resource] }]],
  ])('is not believed if entries %s', (_, children) => {
    expect(failureOf(() => readRamMap(new Resources(children).built.typed)).kind).toBe('corrupt');
  });

  it('is not believed if it goes round in circles, or is not linked', () => {
    const { built } = new Resources(CHILDREN);
    built.writeU64(ENTRIES + 4 * ENTRY + 48, built.at(ENTRIES));
    expect(failureOf(() => readRamMap(built.typed)).kind).toBe('corrupt');
    expect(failureOf(() => readRamMap(new Resources([]).built.typed)).kind).toBe('corrupt');
  });
});

describe("the crash kernel's memory", () => {
  const none: Resource = { start: 0, last: 0, name: 'Crash kernel' };
  const crash: Resource = { start: 0x800_0000, last: 0xfff_ffff, name: 'Crash kernel' };

  it('is what both variables say, if anything', () => {
    const resources = new Resources(CHILDREN);
    resources.write(CRASH_LOW, none, 0n);
    resources.write(CRASH, none, 0n);
    expect(readCrashKernelMemory(resources.built.typed)).toEqual([]);
    resources.write(CRASH, crash, 0n);
    expect(readCrashKernelMemory(resources.built.typed)).toEqual([{ start: 0x800_0000, end: 0x1000_0000 }]);
  });

  it('is not known where a variable is blank', () => {
    const resources = new Resources(CHILDREN);
    resources.write(CRASH_LOW, none, 0n);
    expect(failureOf(() => readCrashKernelMemory(resources.built.typed)).kind).toBe('corrupt');
  });
});
