import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { imagePfns } from '../../../src/pages/struct-pages/kernel-image.ts';
import { type CrashKernelMemory, crashKernelMemory } from '../../../src/pages/usage/crash-kernel.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';
import { TYPED } from '../../support/fixture.ts';
import { patchedKernel } from '../../support/patched-kernel.ts';

const PAGE = 4096;
const MIB = 2 ** 20;
const DUMP = 'linux-6.12-numa';
/** As its log says. */
const CRASH = { start: 0x300_0000, last: 0xaff_ffff };

function using<T>(typed: TypedKernel, ask: (typed: TypedKernel) => T): T {
  try {
    return ask(typed);
  } finally {
    typed.kernel.image.close();
  }
}

const facts = using(patchedKernel(DUMP), (typed) => ({
  variable: typed.symbol('crashk_res'),
  resources: typed.symbol('iomem_resource'),
  unused: typed.symbol('empty_zero_page'),
  image: imagePfns(typed).start * PAGE,
}));

const words = (...all: (bigint | number)[]) => new Uint8Array(BigUint64Array.from(all.map(BigInt)).buffer);
/** Offset of `child` in struct resource of 6.12. */
const CHILD = 56;

/** All memory of the fixture as RAM: the fixture does not keep the kernel's own list. */
const RAM = { start: 0x10_0000, last: 0x17fd_ffff };
const RAM_LIST = [
  { at: facts.resources + BigInt(CHILD), bytes: words(facts.unused) },
  { at: facts.unused, bytes: words(RAM.start, RAM.last, facts.unused + 256n, 0, 0, facts.resources, 0, 0) },
  { at: facts.unused + 256n, bytes: Buffer.from('System RAM\0') },
];

/** What the kernel of the fixture has with another crashk_res. */
function withResource<T>(start: number, last: number, ask: (typed: TypedKernel) => T): T {
  return using(patchedKernel(DUMP, { at: facts.variable, bytes: words(start, last) }, ...RAM_LIST), ask);
}

const memoryOf = (start: number, last: number): CrashKernelMemory =>
  withResource(start, last, crashKernelMemory);
const failure = (start: number, last: number) =>
  withResource(start, last, (typed) => failureOf(() => crashKernelMemory(typed)));

describe('memory of the crash kernel', () => {
  test.each(TYPED)('is what the kernel of %s logged, and not in its vmcore', (name) => {
    const log = readFileSync(new URL(`../../../fixtures/${name}.dmesg`, import.meta.url), 'utf8');
    const mib = Number(
      /Reserving (\d+)MB .* for crashkernel|crashkernel reserved: .* \((\d+) MB\)/
        .exec(log)
        ?.slice(1)
        .find((group) => group !== undefined),
    );
    const memory = using(patchedKernel(name), crashKernelMemory);
    expect(memory).toEqual({ reserved: (mib * MIB) / PAGE, inDump: 0 });
  });

  test('is in the dump where reserved pages of the dump are it', () => {
    const { image } = facts;
    expect(memoryOf(image, image + 16 * PAGE - 1)).toEqual({ reserved: 16, inDump: 16 });
    expect(memoryOf(CRASH.start, CRASH.last)).toEqual({ reserved: (128 * MIB) / PAGE, inDump: 0 });
  });

  test('is none where nothing is reserved, or nothing can be', () => {
    expect(memoryOf(0, 0)).toEqual({ reserved: 0, inDump: 0 });
    expect(crashKernelMemory(new BuiltTypedKernel(null, { any: 0 }).typed)).toEqual({
      reserved: 0,
      inDump: 0,
    });
  });

  test.each<[string, number, number, RegExp]>([
    ['is not RAM', 0x10_0000_0000, 0x10_0000_ffff, /^65536 bytes of it are not in the kernel's list of RAM$/],
    ['has pages in use', CRASH.start, CRASH.last + 2 * PAGE, /^\d of its 2 pages are not reserved$/],
    ['is less than the dump lacks', CRASH.start, CRASH.last - PAGE, /^the dump lacks RAM next to it, too$/],
    [
      'begins after what the dump lacks',
      CRASH.start + PAGE,
      CRASH.last,
      /^the dump lacks RAM next to it, too$/,
    ],
  ])('is not known if it %s', (_, start, last, message) => {
    const { kind, message: said } = failure(start, last);
    expect(kind).toBe('corrupt');
    expect(said).toMatch(message);
  });
});
