import { describe, expect, it } from 'vitest';
import { requireHonestSize } from '../../../src/formats/image/claims.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { attributePages } from '../../../src/pages/attribution/attribution.ts';
import { takeCensus } from '../../../src/pages/census/census.ts';
import { ALONE, censusOf } from '../../builders/census.ts';
import { elfSource } from '../../builders/elf.ts';
import { failureOf, failureOfAsync } from '../../builders/failure.ts';
import { BuiltKernel, segment } from '../../builders/kernel.ts';
import { noteSegment, vmcoreinfo } from '../../builders/notes.ts';
import { openSource } from '../../builders/open-source.ts';

const TIB = 2 ** 40;
const notes = noteSegment([vmcoreinfo('OSRELEASE=6.12.0\n')]);
/** A file with one page, which claims this much memory. */
const claiming = (memsz: number | bigint, filesz = 4096) =>
  openSource(elfSource({ segments: [notes, { paddr: 0, vaddr: 0n, data: new Uint8Array(filesz), memsz }] }));

describe('a file that claims more memory than it can have', () => {
  it.each([2n ** 52n, 2n ** 51n, BigInt(TIB)])('is corrupt: 0x%x bytes', (memsz) => {
    const image = claiming(memsz);
    const failure = failureOf(() => requireHonestSize(image));
    expect(failure).toMatchObject({ kind: 'corrupt', facts: { path: 'built' } });
    expect(failure.message).toContain(`its headers claim ${memsz / 4096n} pages of memory`);
    expect(failure.facts.hint).toContain('the command segments shows');
  });

  it('may be a dump from which a filter left out memory: 256 GiB, or 64 pages per byte', () => {
    expect(() => requireHonestSize(claiming(TIB / 4))).not.toThrow();
    expect(() => requireHonestSize(claiming(TIB, 4 << 20))).not.toThrow();
  });

  it('can still list its segments', () => {
    expect([...claiming(2n ** 52n).segments][0]?.memorySize).toBe(2n ** 52n);
  });

  it('is corrupt if the memory lies in more separate ranges than any machine has', () => {
    const image = claiming(4096);
    const memoryIn = (pieces: number) => ({
      ...image,
      memory: { ...image.memory, described: () => [], describedBytes: 0, pieces },
    });
    expect(failureOf(() => requireHonestSize(memoryIn(2 ** 20 + 1))).message).toContain(
      'in 1048577 separate ranges',
    );
    expect(() => requireHonestSize(memoryIn(2 ** 20))).not.toThrow();
  });

  it('is never /proc/kcore, whose size means nothing', () => {
    expect(() => requireHonestSize({ ...claiming(2n ** 52n), bytes: null })).not.toThrow();
  });

  it('is reported before any page is looked at', async () => {
    const built = new BuiltKernel({ segments: [segment(null, { start: 0, end: 4096 })] });
    built.memory.plan({ described: [...built.described, { start: TIB, end: 2 ** 52 }] });
    const kernel = openKernel({ ...built.image, bytes: 4096 });
    const asked = [
      failureOf(() => censusOf(kernel)),
      await failureOfAsync(takeCensus(kernel, ALONE)),
      await failureOfAsync(attributePages(new TypedKernel(kernel), null, ALONE)),
    ];
    expect(asked.map(({ kind }) => kind)).toEqual(['corrupt', 'corrupt', 'corrupt']);
  });
});

describe('segments that share bytes of the file', () => {
  it('make a file corrupt if it would hold more memory than it has bytes', () => {
    const data = new Uint8Array(0x8000);
    const load = (paddr: number) => ({ paddr, offset: 0x1000, filesz: data.length });
    const segments = [{ ...load(0), data }, load(0x10_0000), load(0x20_0000)];
    const failure = failureOf(() => openSource(elfSource({ segments: [notes, ...segments] })));
    expect(failure.kind).toBe('corrupt');
    expect(failure.message).toContain(`claim ${3 * 0x8000} bytes of memory`);
  });

  it('may map the same memory twice', () => {
    const data = new Uint8Array(0x8000);
    const twice = [0xffff_ffff_8100_0000n, 0xffff_8880_0000_0000n].map((vaddr) => ({
      vaddr,
      paddr: 0,
      offset: 0x1000,
      filesz: data.length,
    }));
    const image = openSource(
      elfSource({ segments: [notes, ...twice, { paddr: 0x10_0000, data, offset: 0x9000 }] }),
    );
    expect(image.memory.amounts.stored).toBe(2 * 0x8000);
  });
});
