import { describe, expect, it } from 'vitest';
import { HoldingCode, type PhysicalMemory } from '../../../src/formats/image/image.ts';
import { searchVmcoreinfo } from '../../../src/kernel/identity/vmcoreinfo-search.ts';
import { ascii } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { type BuiltKernel, type KernelPlan, segment } from '../../builders/kernel.ts';
import { KIB4 } from '../../builders/page-tables.ts';
import {
  ATTIC,
  atticPage as at,
  changed,
  inOrder,
  KASLR,
  plant,
  provableKernel,
  rootOf,
  searchedImage,
  secondKernel,
  textOf,
} from '../../builders/provable-kernel.ts';

/** A kernel with its text in a page, as kernels since 4.13 keep it. */
function kept(plan: KernelPlan = KASLR): BuiltKernel {
  const built = provableKernel(plan);
  plant(built, at(100), textOf(built));
  return built;
}

/** Physical address of the array that SYMBOL(mem_section) points to. */
function sectionsOf(built: BuiltKernel): number {
  const address = /SYMBOL\(mem_section\)=(.*)/.exec(textOf(built))?.[1];
  return Number(BigInt(`0x${address}`) - built.pageOffset);
}

/** The text of another boot, whose image is nowhere in this memory. */
const otherBoot = inOrder(textOf(provableKernel({ kernelOffset: 0x600_0000n, physBase: 0x200_0000n })));

describe('a search for VMCOREINFO', () => {
  it.each([
    ['4 levels', KASLR],
    ['5 levels', { ...KASLR, levels: 5 }],
    ['no KASLR', {}],
  ] as const)('finds the page where the kernel keeps it: %s', (_, plan) => {
    const built = kept(plan);
    const found = searchVmcoreinfo(searchedImage(built, [rootOf(built)]));
    expect(found.text).toBe(inOrder(textOf(built)));
    expect(found.source).toBe(`found in memory at physical 0x${at(100).toString(16)}`);
    expect(found.doubts).toEqual([]);
  });

  it('finds the text of a note after its header', () => {
    const built = provableKernel(KASLR);
    const text = inOrder(textOf(built));
    built.memory.write(at(7), ascii(`\x0b\0\0\0${'\0'.repeat(8)}VMCOREINFO\0\0${text}`));
    expect(searchVmcoreinfo(searchedImage(built)).text).toBe(text);
  });

  it('finds it where kernels before 4.13 keep it, not at the start of a page', () => {
    const built = provableKernel(KASLR);
    plant(built, at(256) - 5, textOf(built));
    expect(searchVmcoreinfo(searchedImage(built)).text).toBe(inOrder(textOf(built)));
  });

  it.each([
    ['before', 20],
    ['after', 200],
  ] as const)('passes over a copy from another boot that lies %s the right one', (_, page) => {
    const built = kept();
    plant(built, at(page), otherBoot);
    const found = searchVmcoreinfo(searchedImage(built));
    expect(found.text).toBe(inOrder(textOf(built)));
    expect(found.source).toMatch(/^found in memory at physical 0x3074000 \(1 of 2 candidates; the others: /);
    expect(found.source).toContain(`0x${at(page).toString(16)}: the kernel's page tables cannot be found`);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['another release', { OSRELEASE: '6.1.0-1' }, /init_uts_ns .* holds the release "6\.12\.0"/],
    ['no _stext', { 'SYMBOL(_stext)': '' }, /SYMBOL\(_stext\) is ""/],
    ['another phys_base', { 'NUMBER(phys_base)': '2097152' }, /page tables cannot be found/],
    ['a section table elsewhere', { 'SYMBOL(mem_section)': 'ffff888000003000' }, /section|mem_section/],
    ['a misplaced reference count', { 'OFFSET(page._refcount)': '62' }, /says that the page is unused/],
  ])('rejects a text with %s, and says why', (_, lines, reason) => {
    const built = kept();
    plant(built, at(3), changed(inOrder(textOf(built)), lines));
    const { text, source } = searchVmcoreinfo(searchedImage(built));
    expect(text).toBe(inOrder(textOf(built)));
    expect(source).toMatch(reason);
  });

  it('rejects a kernel without struct pages in this memory: an image that survived a reboot', () => {
    const built = kept();
    const stale = secondKernel(built, { structPages: false });
    plant(built, at(3), stale.text);
    const { text, source } = searchVmcoreinfo(searchedImage(built));
    expect(text).toBe(inOrder(textOf(built)));
    expect(source).toContain('0x3013000: SYMBOL(mem_section)');
  });

  it('rejects a kernel whose own image is free by its struct pages', () => {
    const built = kept();
    built.setPage(built.imageAt / KIB4, { refcount: 0 });
    const failure = failureOf(() => searchVmcoreinfo(searchedImage(built)));
    expect(failure).toMatchObject({ kind: 'missingInfo', facts: { key: 'VMCOREINFO' } });
    expect(failure.message).toContain('says that the page is unused');
  });

  it('uses such a kernel, with a doubt, when all CPUs were running it', () => {
    const built = kept();
    built.setPage(built.imageAt / KIB4, { refcount: 0 });
    const { text, doubts } = searchVmcoreinfo(searchedImage(built, [rootOf(built)]));
    expect(text).toBe(inOrder(textOf(built)));
    expect(doubts?.join()).toContain('says that the page is unused');
  });

  it('uses such a kernel, with a doubt, when its struct pages may lie past the end of the truncated file', () => {
    const built = kept();
    const sections = sectionsOf(built);
    const lost = { start: sections, end: sections + KIB4 };
    built.memory.plan({ described: built.described, notStored: [lost] });
    expect(failureOf(() => searchVmcoreinfo(searchedImage(built))).message).toContain('is not stored');
    built.memory.plan({ described: built.described, truncated: [lost] });
    const { text, doubts } = searchVmcoreinfo(searchedImage(built));
    expect(text).toBe(inOrder(textOf(built)));
    expect(doubts?.join()).toContain('past the end of the truncated file');
  });

  it('ignores what is not VMCOREINFO: formats, program text, keys that begin alike', () => {
    const built = kept();
    for (const [page, text] of [
      'OSRELEASE=%s\n',
      'OSRELEASE=\0',
      'OSRELEASE=6.1',
      'OSRELEASED\n',
    ].entries()) {
      built.memory.write(at(page), ascii(text));
    }
    expect(searchVmcoreinfo(searchedImage(built)).source).not.toContain('candidates');
  });

  it('says that there is none, and what to do', () => {
    const failure = failureOf(() => searchVmcoreinfo(searchedImage(provableKernel(KASLR))));
    expect(failure).toMatchObject({
      kind: 'missingInfo',
      facts: { key: 'VMCOREINFO', path: 'made-up.core' },
    });
    expect(failure.message).toMatch(/no VMCOREINFO note, and none in its memory$/);
    expect(failure.facts.hint).toContain('--vmcoreinfo');
  });

  it('explains that a dump with paging has only what the CPUs had mapped', () => {
    const built = provableKernel(KASLR);
    const image = searchedImage(built, [rootOf(built)]);
    const segments = [segment(0xffff_fe00_0000_0000n, ATTIC)];
    const { facts } = failureOf(() => searchVmcoreinfo({ ...image, segments }));
    expect(facts.hint).toContain('without paging');
  });

  it('explains the missing PCI hole in the memory file of a large virtual machine, which no text can fix', () => {
    const flat = searchedImage(provableKernel(KASLR));
    const image = { ...flat, placedAround: () => flat };
    const hintOf = (bytes: number) => failureOf(() => searchVmcoreinfo({ ...image, bytes })).facts.hint;
    expect(hintOf(2 ** 31 + 4096)).toMatch(/PCI hole/);
    expect(hintOf(2 ** 31 + 4096)).not.toContain('--vmcoreinfo');
    expect(hintOf(2 ** 31)).toContain('--vmcoreinfo');
  });

  it('uses the whole text, not a copy that lost its end in a buffer', () => {
    const built = kept();
    const text = inOrder(textOf(built));
    plant(built, at(3), `${text.slice(0, -9)}\xff\xff`);
    plant(built, at(5), `${text.slice(0, -9)}some prose\nthat follows\n`);
    plant(built, at(7), `${text.slice(0, -40)}${'=\n'.repeat(9)}`);
    for (const cr3s of [[], [rootOf(built)]]) {
      const found = searchVmcoreinfo(searchedImage(built, cr3s));
      expect(found.text).toBe(text);
      expect(found.doubts).toEqual([]);
    }
  });

  it('uses a text without its end, with a doubt, when there is no other', () => {
    const built = provableKernel(KASLR);
    const text = inOrder(textOf(built));
    plant(built, at(100), `${text}\x1b[31m=1\n`);
    const found = searchVmcoreinfo(searchedImage(built));
    expect(found.text).toBe(text);
    expect(found.doubts).toEqual(['VMCOREINFO was found in memory, but its end is lost']);
  });
});

describe('a search in memory with a witness outside of it', () => {
  const searchedTo = (built: BuiltKernel, cr3s: readonly number[], virtual: bigint | null = null) => {
    let end = 0;
    const image = searchedImage(built, cr3s);
    const loads =
      virtual === null ? [] : [segment(virtual, { start: built.imageAt, end: built.imageAt + KIB4 })];
    searchVmcoreinfo({ ...image, segments: [...loads, ...image.segments] }, (done) => {
      end = done;
    });
    return end;
  };

  it('ends at the kernel that all CPUs were running', () => {
    const built = kept();
    const all = searchedTo(built, []);
    expect(all).toBe(built.memory.amounts.described);
    expect(searchedTo(built, [rootOf(built)])).toBeLessThan(all);
  });

  it("ends at the kernel whose image the file's own LOAD describes", () => {
    const built = kept();
    expect(searchedTo(built, [], built.stext)).toBeLessThan(built.memory.amounts.described);
  });

  it('uses only the address bits of CR3, and accepts the user half of PTI', () => {
    const built = kept();
    const root = BigInt(rootOf(built));
    const disguised = [root | 0x805n, root | (3n << 61n)];
    expect(searchVmcoreinfo(searchedImage(built, disguised)).doubts).toEqual([]);
    // The built root is at 0x...1000, so a copy elsewhere stands in for the kernel half of a PTI pair.
    const even = built.imageAt + 0xa000;
    copyTable(built, rootOf(built), even);
    expect(searchVmcoreinfo(searchedImage(built, [even + KIB4])).doubts).toEqual([]);
  });

  it('adds a doubt when a CPU was running something else', () => {
    const built = kept();
    const { text, doubts } = searchVmcoreinfo(searchedImage(built, [rootOf(built), 0x5000]));
    expect(text).toBe(inOrder(textOf(built)));
    expect(doubts).toEqual(['VMCOREINFO was found in memory, but 1 of 2 CPUs were running that kernel']);
  });
});

/** Copies a page table entry by entry. */
function copyTable({ memory }: BuiltKernel, from: number, to: number): void {
  for (let at = 0; at < KIB4; at += 8) memory.writeU64(to + at, memory.peekU64(from + at));
}

describe('two kernels in one memory', () => {
  function pair(crashed?: 'first' | 'second') {
    const built = provableKernel(KASLR);
    const second = secondKernel(built);
    const texts = { first: inOrder(textOf(built)), second: inOrder(second.text) };
    if (crashed) texts[crashed] += 'CRASHTIME=1700000000\n';
    plant(built, at(10), texts.first);
    plant(built, at(20), texts.second);
    return { built, ...texts, roots: [rootOf(built), second.root] as const };
  }

  it('are distinguished by the CPUs', () => {
    const { built, first, second, roots } = pair();
    expect(searchVmcoreinfo(searchedImage(built, [roots[0]])).text).toBe(first);
    const found = searchVmcoreinfo(searchedImage(built, [roots[1]]));
    expect(found.text).toBe(second);
    expect(found.source).toContain('0x301a000: another kernel, which 0 CPUs were running');
    expect(found.doubts).toEqual([
      'another kernel is in this memory, too: OSRELEASE=6.12.0 at physical 0x301a000',
    ]);
  });

  it('are distinguished by the majority of CPUs, with a doubt', () => {
    const { built, second, roots } = pair();
    const found = searchVmcoreinfo(searchedImage(built, [roots[1], roots[0], roots[1]]));
    expect(found.text).toBe(second);
    expect(found.doubts?.[0]).toContain('2 of 3 CPUs');
  });

  it.each(['first', 'second'] as const)(
    'are a crashed kernel and the one that saves its dump: %s',
    (crashed) => {
      const { built, [crashed]: text } = pair(crashed);
      const found = searchVmcoreinfo(searchedImage(built));
      expect(found.text).toBe(text);
      expect(found.doubts?.join()).toContain('another kernel is in this memory, too');
    },
  );

  it('are an error when nothing distinguishes them', () => {
    const { built } = pair();
    const failure = failureOf(() => searchVmcoreinfo(searchedImage(built)));
    expect(failure).toMatchObject({ kind: 'missingInfo', facts: { key: 'VMCOREINFO' } });
    expect(failure.message).toContain('the memory of more than one kernel');
    expect(failure.message).toContain('0x301a000');
    expect(failure.message).toContain('0x3024000');
  });

  it('are one kernel if a text differs only by the line added in a crash', () => {
    const built = kept();
    plant(built, at(200), `${inOrder(textOf(built))}CRASHTIME=1700000000\n`);
    const found = searchVmcoreinfo(searchedImage(built));
    expect(found.text).toContain('CRASHTIME');
    expect(found.source).toContain('0x3074000: the same kernel');
    expect(found.doubts).toEqual([]);
  });
});

/** Memory in which every page begins like VMCOREINFO; counts the reads. */
function hostileMemory(pages: number, textOfPage: (pfn: number) => string) {
  let reads = 0;
  const fill = (address: number, into: Uint8Array) => {
    reads++;
    into.fill(0);
    for (let start = address - (address % KIB4); start < address + into.length; start += KIB4) {
      if (start >= address)
        into.set(ascii(textOfPage(start / KIB4)).subarray(0, into.length), start - address);
    }
    return undefined;
  };
  const end = pages * KIB4;
  const memory: PhysicalMemory = {
    amounts: { described: end, stored: end, truncated: 0 },
    cutShort: false,
    encoded: false,
    described: () => [{ start: 0, end }],
    survey: (_, holdings) => void holdings.fill(HoldingCode.stored),
    read: fill,
    readPadded: fill,
  };
  return { memory, reads: () => reads };
}

describe('hostile memory', () => {
  const image = (memory: PhysicalMemory) => ({ ...searchedImage(provableKernel()), memory });
  const keys = 'SYMBOL(_stext)=ffffffff81000000\nSYMBOL(init_top_pgt)=ffffffff81001000\nNUMBER(phys_base)=';

  it('makes the search give up when more pages look like VMCOREINFO than on any machine', () => {
    const { memory, reads } = hostileMemory(100_000, (pfn) => `OSRELEASE=6.1.${pfn}\n${keys}${pfn * KIB4}\n`);
    const failure = failureOf(() => searchVmcoreinfo(image(memory)));
    expect(failure.message).toContain('too many pages look like VMCOREINFO');
    expect(failure.message).toMatch(/and 4093 more\)/);
    expect(reads()).toBeLessThan(100_000);
  });

  it('does not make the search test the same text again and again', () => {
    const { memory, reads } = hostileMemory(20_000, () => `OSRELEASE=6.1.0\n${keys}0\n`);
    const failure = failureOf(() => searchVmcoreinfo(image(memory)));
    expect(failure.message).not.toContain('more');
    // One read per copy, and one per MiB of the 79 MiB of memory.
    expect(reads()).toBeLessThan(20_000 + 79 + 50);
  });
});
