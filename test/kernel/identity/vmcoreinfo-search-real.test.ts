import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileSource } from '../../../src/bytes/file-source.ts';
import { InspectError } from '../../../src/errors.ts';
import type { MemoryImage } from '../../../src/formats/image/image.ts';
import { searchVmcoreinfo } from '../../../src/kernel/identity/vmcoreinfo-search.ts';
import { openBareKernel } from '../../../src/kernel/layout/bare-kernel.ts';
import { findLayout } from '../../../src/kernel/layout/layout.ts';
import { regionOfSegment } from '../../../src/kernel/layout/regions.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { isCanonical } from '../../../src/kernel/paging/paging.ts';
import { ascii } from '../../builders/encode.ts';
import { openSource } from '../../builders/open-source.ts';
import { PatchedSource } from '../../builders/patched-source.ts';
import { changed } from '../../builders/provable-kernel.ts';
import { dumpOf, expectedOf } from '../../support/fixture.ts';

/** A dump that QEMU wrote with paging, of a machine without its vmcoreinfo device. */
const NAME = 'qemu-6.12-paging';
const expected = expectedOf(NAME);
let image: MemoryImage;
beforeAll(() => {
  image = openSource(new FileSource(dumpOf(NAME)));
});
afterAll(() => image.close());

/** Where the kernel keeps it, found by a text search in the original, longer dump. */
const OWN_PAGE = 0x194c000;

/** The same dump with other bytes at a physical address. */
function withBytes(patches: Readonly<Record<number, string>>): MemoryImage {
  const chunks = Object.entries(patches).map(([address, text]) => {
    const physical = Number(address);
    const load = [...image.segments].find(
      (s) => s.physical !== null && physical >= s.physical && physical < s.physical + Number(s.fileSize),
    );
    if (!load) throw new Error('that is not in the dump');
    return { at: load.offset + BigInt(physical - (load.physical ?? 0)), bytes: ascii(text) };
  });
  return openSource(new PatchedSource(new FileSource(dumpOf(NAME)), chunks));
}

/** The image reduced to its memory: no registers, no virtual addresses. */
function blind(of: MemoryImage): MemoryImage {
  return { ...of, registers: [], segments: [...of.segments].map((s) => ({ ...s, virtual: null })) };
}

describe('a real dump without VMCOREINFO', () => {
  it('has it in the page of memory where its kernel keeps it', () => {
    expect(image.vmcoreinfo).toBeNull();
    for (const of of [image, blind(image)]) {
      const found = searchVmcoreinfo(of);
      expect(found.source).toBe(`found in memory at physical 0x${OWN_PAGE.toString(16)}`);
      expect(found.text).toContain(`OSRELEASE=${expected.kernel}\n`);
      expect(found.text).toContain(`NUMBER(phys_base)=${expected.physBase}\n`);
      expect(found.doubts).toEqual([]);
    }
  });

  it('is searched only up to the kernel that its CPU was running', () => {
    let end = 0;
    searchVmcoreinfo(image, (done) => {
      end = done;
    });
    expect(end).toBeLessThan(OWN_PAGE + 2 ** 20);
  });

  it.each([
    ['before', 0x30_0000],
    ['after', 0xf00_0000],
  ] as const)('yields the right one when a copy from another boot lies %s it', (_, address) => {
    const own = searchVmcoreinfo(image).text;
    const stale = changed(own, {
      'SYMBOL(init_top_pgt)': 'ffffffff8a622000',
      'SYMBOL(_stext)': 'ffffffff88000000',
      'NUMBER(phys_base)': '67108864',
      KERNELOFFSET: '7000000',
    });
    const found = searchVmcoreinfo(blind(withBytes({ [address]: stale })));
    expect(found.text).toBe(own);
    expect(found.source).toMatch(
      /\(1 of 2 candidates; the others: 0x(300000|f000000): the kernel's page tables cannot be found/,
    );
  });

  it('gives its page tables, page_offset and phys_base from its registers alone', () => {
    const lost = withBytes({ [OWN_PAGE]: 'Osrelease=' });
    const lacking = (() => {
      try {
        return searchVmcoreinfo(lost);
      } catch (error) {
        return error;
      }
    })();
    if (!(lacking instanceof InspectError)) throw new Error('it was found');
    expect(lacking.kind).toBe('missingInfo');
    const bare = openBareKernel(lost, lacking);
    const layout = findLayout(bare);
    expect(layout.pageOffset.value).toBe(BigInt(expected.pageOffset));
    expect(layout.physBase.value).toBe(BigInt(expected.physBase));
    const kernel = openKernel(image, { vmcoreinfo: searchVmcoreinfo(image) });
    // QEMU sets the bits above the translated ones in user addresses.
    for (const segment of [...image.segments].filter((s) => isCanonical(s.virtual ?? 0n, 4))) {
      const address = segment.virtual ?? 0n;
      expect(bare.space.translate(address)).toBe(segment.physical);
      expect(kernel.space.translate(address)).toBe(segment.physical);
    }
    lost.close();
  });
});

describe('the LOADs of a dump with paging', () => {
  it('have their region, which agrees with their physical address', () => {
    const layout = findLayout(openKernel(image, { vmcoreinfo: searchVmcoreinfo(image) }));
    const regions = [...image.segments].map((s) => regionOfSegment(s, layout));
    const pageOffset = BigInt(expected.pageOffset);
    [...image.segments].forEach((s, i) => {
      const direct = (s.virtual ?? 0n) - pageOffset === BigInt(s.physical ?? -1);
      expect(regions[i] === 'direct map', `segment ${i}`).toBe(direct);
      expect(regions[i], `segment ${i}`).not.toBe('unknown');
    });
    expect(new Set(regions)).toEqual(
      new Set(['direct map', 'vmalloc', 'vmemmap', 'cpu entry area', 'kernel image', 'modules', 'user']),
    );
  });

  it('cover most memory more than once, but it is counted once', () => {
    const sizes = [...image.segments].reduce((sum, s) => sum + Number(s.memorySize), 0);
    expect(image.memory.amounts.described).toBe(expected.distinctPagesInLoads * 4096);
    expect(sizes).toBeGreaterThan(image.memory.amounts.described);
  });
});
