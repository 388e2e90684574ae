import { describe, expect, it } from 'vitest';
import { searchVmcoreinfo } from '../../../src/kernel/identity/vmcoreinfo-search.ts';
import { failureOf } from '../../builders/failure.ts';
import type { KernelPlan } from '../../builders/kernel.ts';
import { KIB4 } from '../../builders/page-tables.ts';
import {
  ATTIC,
  inOrder,
  plant,
  provableKernel,
  searchedImage,
  textOf,
} from '../../builders/provable-kernel.ts';

const KASLR: KernelPlan = { kernelOffset: 0x1a00_0000n, physBase: -0x1900_0000n };
const at = (page: number) => ATTIC.start + page * KIB4;

describe('a text in memory', () => {
  it('may be as long as VMCOREINFO can be and still be whole', () => {
    const built = provableKernel(KASLR);
    const text = inOrder(textOf(built));
    // VMCOREINFO_BYTES
    const full = `${text}NUMBER(filler)=${'1'.repeat(4096 - text.length - 16)}\n`;
    plant(built, at(100), `${full}after it`);
    expect(searchVmcoreinfo(searchedImage(built))).toMatchObject({ text: full, doubts: [] });
  });

  it('is the first of several whose ends are all lost', () => {
    const built = provableKernel(KASLR);
    const text = inOrder(textOf(built));
    for (const page of [100, 200, 300]) plant(built, at(page), `${text}\xff`);
    const { source, doubts } = searchVmcoreinfo(searchedImage(built));
    expect(source).toBe(`found in memory at physical 0x${at(100).toString(16)}`);
    expect(doubts).toEqual(['VMCOREINFO was found in memory, but its end is lost']);
  });

  it('is not used when the next page cannot be read, and that page is reported', () => {
    const built = provableKernel(KASLR);
    plant(built, at(256) - 64, inOrder(textOf(built)));
    const unreadable = [{ start: at(256), end: at(257) }];
    built.memory.plan({ described: built.described, unreadable });
    const { message } = failureOf(() => searchVmcoreinfo(searchedImage(built)));
    expect(message).toMatch(/none in its memory; not searched because unreadable: 1 page$/);
    built.memory.plan({ described: built.described, unreadable: [{ start: at(256), end: at(258) }] });
    const more = failureOf(() => searchVmcoreinfo(searchedImage(built)));
    expect(more.message).toMatch(/; not searched because unreadable: 2 pages$/);
    built.memory.plan({ described: built.described });
    expect(searchVmcoreinfo(searchedImage(built)).text).toBe(inOrder(textOf(built)));
  });
});
