import { describe, expect, it } from 'vitest';
import { readElf } from '../../../src/formats/elf/elf-image.ts';
import { type ElfRecipe, elfSource } from '../../builders/elf.ts';
import { pattern } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import type { SourceOptions } from '../../builders/memory-source.ts';
import { noteSegment, prstatus } from '../../builders/notes.ts';
import { openSource } from '../../builders/open-source.ts';

const RAM = { vaddr: 0xffff888000001000n, paddr: 0x1000, data: pattern(0x2000, 1), memsz: 0x3000 };
const SEGMENTS = [noteSegment([prstatus()]), RAM];

/** The failure of a file, and how many bytes were asked for at once before it. */
function failureWith(recipe: Partial<ElfRecipe>, options: SourceOptions = {}) {
  const source = elfSource({ segments: SEGMENTS, ...recipe }, { path: 'vmcore', ...options });
  return { failure: failureOf(() => openSource(source)), largestRead: source.largestRead };
}

describe('the program headers', () => {
  it.each([
    ['right after the ELF header', 64],
    ['after section headers, as QEMU 7.2 and later write them', 192],
    ['anywhere, aligned or not', 0x333],
  ])('are read at e_phoff: %s', (_, phoff) => {
    const { headers } = readElf(elfSource({ segments: SEGMENTS, phoff }));
    expect([...headers].map((h) => [h.p_type, h.p_vaddr, h.p_paddr, h.p_filesz, h.p_memsz])).toEqual([
      [4, 0n, 0n, 356n, 356n],
      [1, 0xffff888000001000n, 0x1000n, 0x2000n, 0x3000n],
    ]);
  });

  it('give access to the memory of the file, wherever they are', () => {
    const image = openSource(elfSource({ segments: SEGMENTS, phoff: 192 }));
    const into = new Uint8Array(16);
    expect(image.memory.read(0x2ff0, into)).toBeUndefined();
    expect(into).toEqual(RAM.data.subarray(0x1ff0));
  });

  it('are counted by section header 0 if e_phnum is PN_XNUM', () => {
    const segments = Array.from({ length: 66_000 }, (_, i) => ({
      offset: 0,
      paddr: i * 0x1000,
      memsz: 0x1000,
    }));
    const { headers } = readElf(elfSource({ segments, extendedCount: true }));
    expect([headers.count, [...headers].length]).toEqual([66_000, 66_000]);
    expect([...headers].at(-1)?.p_paddr).toBe(65_999n * 0x1000n);
  });
});

describe('a program header table that lies outside the file', () => {
  it.each<[string, Partial<ElfRecipe>, SourceOptions]>([
    ['because the file was cut off inside it', {}, { cutAt: 64 + 56 + 55 }],
    ['because e_phoff points past the end', { header: { phoff: 0x7000_0000 } }, {}],
    ['because e_phoff is the highest possible value', { header: { phoff: 0xffff_ffff_ffff_ffffn } }, {}],
    ['because e_phnum is too high', { header: { phnum: 0xfffe } }, {}],
  ])('is corrupt, %s', (_, recipe, options) => {
    const { failure, largestRead } = failureWith(recipe, options);
    expect([failure.kind, failure.facts.path]).toEqual(['corrupt', 'vmcore']);
    expect(failure.facts.offset).toBe(BigInt(recipe.header?.phoff ?? 64));
    expect(largestRead).toBeLessThan(0x1000);
  });

  it('is reported with the count, the size that it needs and the size of the file', () => {
    const { failure } = failureWith({ header: { phnum: 3 } }, { cutAt: 200 });
    expect(failure.message).toMatch(
      /^vmcore: ELF: the 3 program headers need 168 bytes, but the file has 136$/,
    );
  });

  it('is corrupt, and the file named, if the file ends before the size that it had', () => {
    const { failure } = failureWith({}, { cutAt: 100, size: 0x10000 });
    expect([failure.kind, failure.facts.path]).toEqual(['corrupt', 'vmcore']);
  });
});

describe('a false count of program headers', () => {
  it('is corrupt before anything of that size is read', () => {
    for (const extendedCount of [1000, 0x7fff_ffff, 0xffff_ffff]) {
      const { failure, largestRead } = failureWith({ extendedCount });
      expect(failure.kind).toBe('corrupt');
      expect(largestRead).toBeLessThan(0x1000);
    }
  });

  it('is also corrupt in a sparse file that is large enough for it', () => {
    const { failure, largestRead } = failureWith({ extendedCount: 0xffff_ffff }, { size: 2 ** 45 });
    expect(failure.kind).toBe('corrupt');
    expect(largestRead).toBeLessThan(2 ** 30);
  });

  it('is corrupt if it is 0, in e_phnum or in section header 0', () => {
    expect(failureWith({ header: { phnum: 0 } }).failure).toMatchObject({
      kind: 'corrupt',
      facts: { path: 'vmcore', offset: 56n },
    });
    expect(failureWith({ extendedCount: 0 }).failure.kind).toBe('corrupt');
  });

  it('is corrupt if there is no section header 0 to hold it', () => {
    const { failure } = failureWith({ header: { phnum: 0xffff } });
    expect(failure).toMatchObject({ kind: 'corrupt', facts: { path: 'vmcore', offset: 40n } });
    expect(failure.message).toContain('PN_XNUM');
  });

  it.each([0x10_0000n, 0xffff_ffff_ffff_ffffn])(
    'is corrupt if section header 0 lies outside the file: %#',
    (shoff) => {
      const { failure } = failureWith({ extendedCount: true, header: { shoff } });
      expect([failure.kind, failure.facts.path]).toEqual(['corrupt', 'vmcore']);
      expect(failure.message).toContain('section header');
    },
  );
});

describe('program headers of another size', () => {
  it('are corrupt: 32 bytes as in ELF32, or 0 bytes', () => {
    for (const phentsize of [0, 32, 64]) {
      const { failure } = failureWith({ header: { phentsize } });
      expect(failure).toMatchObject({ kind: 'corrupt', facts: { offset: 54n } });
      expect(failure.message).toContain(`e_phentsize is ${phentsize}`);
    }
  });
});
