import { describe, expect, it } from 'vitest';
import type { ProgramHeader } from '../../../src/formats/elf/program-headers.ts';
import { withPhysicalAddresses } from '../../../src/formats/kcore/kcore-image.ts';
import { elfSource, kcoreOffset, NO_PADDR } from '../../builders/elf.ts';
import { pattern } from '../../builders/encode.ts';
import { noteSegment, taskstruct } from '../../builders/notes.ts';
import { openSource } from '../../builders/open-source.ts';

function load(p_vaddr: bigint, p_memsz: bigint, p_paddr = 0n): ProgramHeader {
  return {
    p_type: 1,
    p_flags: 7,
    p_offset: kcoreOffset(p_vaddr),
    p_vaddr,
    p_paddr,
    p_filesz: p_memsz,
    p_memsz,
    p_align: 0,
  };
}

/* The segments of Linux 4.9 (fs/proc/kcore.c, arch/x86/mm/init_64.c) with 4 GiB of memory, in its order. */
const VSYSCALL = load(0xffffffffff600000n, 0x1000n);
const TEXT = load(0xffffffff81000000n, 0x1400000n);
const VMALLOC = load(0xffffc90000000000n, (1n << 45n) - 1n);
const MODULES = load(0xffffffffa0000000n, 0x5f000000n);
const LOW = load(0xffff880000001000n, 0x9e000n);
const LOW_MAP = load(0xffffea0000000000n, 0x3000n);
const MIDDLE = load(0xffff880000100000n, 0xbff00000n);
const MIDDLE_MAP = load(0xffffea0000004000n, 0x2ffc000n);
const HIGH = load(0xffff880100000000n, 0x40000000n);
const HIGH_MAP = load(0xffffea0004000000n, 0x1000000n);
const LINUX_4_9 = [VSYSCALL, TEXT, VMALLOC, MODULES, LOW, LOW_MAP, MIDDLE, MIDDLE_MAP, HIGH, HIGH_MAP];

const addresses = (loads: readonly ProgramHeader[]) =>
  withPhysicalAddresses(loads).map(({ p_paddr }) => p_paddr);
/** The physical address of a segment that is not RAM. */
const none = NO_PADDR;

describe('physical addresses in kernels before 4.11, which give 0 for all of them', () => {
  it('follow from the direct map, for its segments and for no others', () => {
    expect(addresses(LINUX_4_9)).toEqual([
      ...[none, none, none, none],
      ...[0x1000n, none, 0x100000n, none, 0x100000000n, none],
    ]);
  });

  it('follow from a direct map that KASLR has moved', () => {
    const slide = 0x1234_c000_0000n;
    const moved = LINUX_4_9.map((l) =>
      l.p_vaddr < VMALLOC.p_vaddr ? load(l.p_vaddr + slide, l.p_memsz) : l,
    ).map((l) => (l.p_vaddr === VMALLOC.p_vaddr ? load(0xffffb40000000000n, l.p_memsz) : l));
    expect(addresses(moved).filter((p) => p !== none)).toEqual([0x1000n, 0x100000n, 0x100000000n]);
  });

  it('leave order, sizes and offsets as they are', () => {
    const without = (loads: readonly ProgramHeader[]) => loads.map(({ p_paddr: _, ...rest }) => rest);
    expect(without(withPhysicalAddresses(LINUX_4_9))).toEqual(without(LINUX_4_9));
  });
});

describe('physical addresses that the file gives', () => {
  it('are kept, including -1 and a real 0', () => {
    const given = [
      load(0xffffffff81000000n, 0x1400000n, 0x1000000n),
      load(0xffffc90000000000n, (1n << 45n) - 1n, none),
      load(0xffff888000000000n, 0x9e000n, 0n),
    ];
    expect(withPhysicalAddresses(given)).toEqual(given);
  });

  it('are not made up for a single segment, whose 0 may be real', () => {
    expect(addresses([LOW])).toEqual([0n]);
  });
});

describe('/proc/kcore of a kernel before 4.11', () => {
  it('has the memory of its direct map and nothing else', () => {
    const data = pattern(0x1000, 3);
    const segments = [TEXT, VMALLOC, { ...LOW, data }, LOW_MAP].map((l) => ({
      vaddr: l.p_vaddr,
      offset: l.p_offset,
      filesz: l.p_filesz,
      ...('data' in l ? { data: l.data } : {}),
    }));
    const notes = noteSegment([taskstruct()], { offset: 0x400 });
    const image = openSource(
      elfSource({ segments: [notes, ...segments] }, { isProcfs: true, size: 2 ** 47 }),
    );
    expect([...image.memory.described()]).toEqual([{ start: 0x1000, end: 0x9f000 }]);
    const into = new Uint8Array(8);
    expect(image.memory.read(0x1010, into)).toBeUndefined();
    expect(into).toEqual(data.subarray(0x10, 0x18));
  });
});
