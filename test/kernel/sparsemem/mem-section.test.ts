import { describe, expect, test } from 'vitest';
import { openMemSections } from '../../../src/kernel/sparsemem/mem-section.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltKernel, type KernelPlan, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { SHAPES } from '../../builders/kernel-shapes.ts';
import { SECTION_FLAGS } from '../../builders/sections.ts';

/** Section 0 has the arena and the image, section 2 a page of RAM, section 1 nothing. */
const RAM = [pfns(2 * PAGES_PER_SECTION, 1)];
/** Struct pages of a section: 32768 of 64 bytes. */
const MAP_BYTES = 0x20_0000n;
const PRESENT = SECTION_FLAGS.MARKED_PRESENT | SECTION_FLAGS.HAS_MEM_MAP;

const sectionsOf = (plan: KernelPlan, asMakedumpfile = false) => {
  const built = new BuiltKernel({ ram: RAM, ...plan });
  return { built, sections: openMemSections(built.open(), asMakedumpfile) };
};
const failureWith = (plan: KernelPlan) => failureOf(() => sectionsOf(plan));

describe.each(['extreme', 'pointer'] as const)('a section table in the %s form', (form) => {
  const open = () => sectionsOf({ sections: { form } });

  test('has the struct pages of each section one after the other', () => {
    const { built, sections } = open();
    expect(sections.memMapOf(0)).toBe(built.vmemmap);
    expect(sections.memMapOf(2)).toBe(built.vmemmap + 2n * MAP_BYTES);
  });

  test('has nothing for a section without memory or past its end', () => {
    const { sections } = open();
    expect(sections.memMapOf(1)).toBeNull();
    expect(sections.memMapOf(2 ** 26)).toBeNull();
  });

  test('lists the sections that are present', () => {
    const { sections } = open();
    expect([...sections.present(0, 2 ** 26)]).toEqual([0, 2]);
    expect([...sections.present(1, 2)]).toEqual([]);
    expect([...sections.present(1, 3)]).toEqual([2]);
    expect([...sections.present(3, 2 ** 26)]).toEqual([]);
  });

  test('has its first section', () => {
    const { built, sections } = open();
    expect(sections.firstMemMap()).toEqual({ section: 0, memMap: built.vmemmap, base: built.vmemmap });
  });
});

describe('the flags of a section', () => {
  test.each(Object.entries(SECTION_FLAGS))('are not part of the address: %s', (_, bit) => {
    const { built, sections } = sectionsOf({ sections: { flags: { 2: PRESENT | bit } } });
    expect(sections.memMapOf(2)).toBe(built.vmemmap + 2n * MAP_BYTES);
  });

  test('shift the map by 0x20 with bit 5 only when read as makedumpfile does', () => {
    const flags = { 2: PRESENT | SECTION_FLAGS.IS_VMEMMAP_PREINIT };
    const { built, sections } = sectionsOf({ sections: { flags } }, true);
    expect(sections.memMapOf(2)).toBe(built.vmemmap + 2n * MAP_BYTES + 0x20n);
    expect(sections.memMapOf(0)).toBe(built.vmemmap);
  });

  test('make a section absent without MARKED_PRESENT, though a stale map is still there', () => {
    const flags = { 2: SECTION_FLAGS.HAS_MEM_MAP | SECTION_FLAGS.IS_ONLINE };
    expect(sectionsOf({ sections: { flags } }).sections.memMapOf(2)).toBeNull();
  });

  test('make a section absent without HAS_MEM_MAP', () => {
    const flags = { 2: SECTION_FLAGS.MARKED_PRESENT };
    expect(sectionsOf({ sections: { flags } }).sections.memMapOf(2)).toBeNull();
  });
});

describe('the lowest section with a map', () => {
  test('is found after sections without one, and gives the address of struct page 0', () => {
    const vmemmap = 0xffff_e123_4000_0000n;
    const { sections } = sectionsOf({ vmemmap, sections: { absent: [0] } });
    expect(sections.firstMemMap()).toEqual({ section: 2, memMap: vmemmap + 2n * MAP_BYTES, base: vmemmap });
  });
});

describe('the geometry of the section table', () => {
  test('takes 27 bits per section by default', () => {
    const keys = { 'NUMBER(SECTION_SIZE_BITS)': null, 'NUMBER(MAX_PHYSMEM_BITS)': null };
    const { built, sections } = sectionsOf({ keys });
    expect(sections.pagesPerSection).toBe(PAGES_PER_SECTION);
    expect(sections.memMapOf(2)).toBe(built.vmemmap + 2n * MAP_BYTES);
  });

  test('takes 52-bit physical addresses with 5 levels', () => {
    const { built, sections } = sectionsOf({ levels: 5 });
    expect(sections.memMapOf(2)).toBe(built.vmemmap + 2n * MAP_BYTES);
  });

  test('has struct pages of the size that VMCOREINFO says', () => {
    const { built, sections } = sectionsOf({ shape: SHAPES['5.10'], structPageSize: 80 });
    expect(sections.structPageSize).toBe(80);
    expect(sections.memMapOf(2)).toBe(built.vmemmap + BigInt(2 * PAGES_PER_SECTION * 80));
  });

  test.each(['SYMBOL(mem_section)', 'SIZE(mem_section)', 'LENGTH(mem_section)', 'SIZE(page)'])(
    'lacks information without %s',
    (key) => {
      expect(failureWith({ keys: { [key]: null } })).toMatchObject({ kind: 'missingInfo', facts: { key } });
    },
  );

  test.each([
    ['SIZE(mem_section)', '0'],
    ['SIZE(mem_section)', '-16'],
    ['SIZE(mem_section)', '8192'],
    ['LENGTH(mem_section)', '0'],
    ['LENGTH(mem_section)', '-1'],
    ['LENGTH(mem_section)', '4294967296'],
    ['OFFSET(mem_section.section_mem_map)', '16'],
    ['OFFSET(mem_section.section_mem_map)', '-8'],
    ['SIZE(page)', '0'],
    ['SIZE(page)', '65536'],
    ['NUMBER(SECTION_SIZE_BITS)', '12'],
    ['NUMBER(SECTION_SIZE_BITS)', '63'],
    ['NUMBER(SECTION_SIZE_BITS)', '-1'],
  ])('is corrupt with %s=%s', (key, value) => {
    expect(failureWith({ keys: { [key]: value } }).kind).toBe('corrupt');
  });

  test('is corrupt with more sections than 52-bit addresses have, before any is read', () => {
    const most = 2 ** 17;
    const failure = failureWith({ keys: { 'LENGTH(mem_section)': String(most + 1) } });
    expect(failure).toMatchObject({ kind: 'corrupt', facts: { key: 'LENGTH(mem_section)' } });
    expect(failure.message).toContain(`${(most + 1) * 256} sections`);
  });

  test.each(['SIZE(mem_section)', 'LENGTH(mem_section)', 'SIZE(page)'])(
    'names %s when it is malformed',
    (key) => {
      expect(failureWith({ keys: { [key]: 'some' } })).toMatchObject({ kind: 'corrupt', facts: { key } });
    },
  );
});

describe('a section table that is not where VMCOREINFO says', () => {
  test('is corrupt when nothing is mapped there', () => {
    const failure = failureWith({ keys: { 'SYMBOL(mem_section)': 'ffffa00000000000' } });
    expect(failure).toMatchObject({ kind: 'corrupt', facts: { address: 0xffff_a000_0000_0000n } });
  });

  test('is corrupt when it is all zeros', () => {
    const built = new BuiltKernel();
    const blank = built.direct(0x10_0000).toString(16);
    expect(failureWith({ keys: { 'SYMBOL(mem_section)': blank } }).kind).toBe('corrupt');
  });

  test('is corrupt when the struct pages are not mapped', () => {
    const built = new BuiltKernel();
    for (let i = 0; i < 64; i++) built.unmapStructPage(i * 64);
    expect(failureOf(() => openMemSections(built.open())).kind).toBe('corrupt');
  });

  test('is not stored when the dump was written without it', () => {
    const built = new BuiltKernel();
    const at = Number(BigInt(`0x${built.open().info.get('SYMBOL(mem_section)')}`) - built.pageOffset);
    built.memory.plan({ described: built.described, notStored: [{ start: at, end: at + 4096 }] });
    const failure = failureOf(() => openMemSections(built.open()));
    expect(failure).toMatchObject({ kind: 'notStored', facts: { address: built.direct(at) } });
  });
});
