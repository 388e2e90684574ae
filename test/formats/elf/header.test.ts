import { describe, expect, it } from 'vitest';
import { readElf } from '../../../src/formats/elf/elf-image.ts';
import { elfSource, type HeaderLies } from '../../builders/elf.ts';
import { pattern } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import type { SourceOptions } from '../../builders/memory-source.ts';
import { note, noteSegment, prstatus } from '../../builders/notes.ts';
import { openSource } from '../../builders/open-source.ts';

const RAM = { paddr: 0x1000, data: pattern(0x1000, 1) };

function failureWith(header: HeaderLies, options: SourceOptions = {}) {
  return failureOf(() => openSource(elfSource({ segments: [RAM], header }, { path: 'vmcore', ...options })));
}

describe('an ELF file that is not an x86_64 dump', () => {
  it.each<[string, HeaderLies, RegExp]>([
    ['ELF32', { class: 1 }, /ELF32/],
    ['a big-endian file', { data: 2 }, /big-endian/],
    ['a file for AArch64', { machine: 183 }, /AArch64/],
    ['a file for i386', { machine: 3 }, /i386/],
    ['a file for RISC-V', { machine: 243 }, /RISC-V/],
    ['a file for S/390', { machine: 22 }, /S\/390/],
    ['a file for a machine that has no name here', { machine: 0x9026 }, /machine 36902/],
    ['a relocatable object', { type: 1 }, /relocatable object/],
    ['an executable', { type: 2 }, /executable/],
    ['a shared object', { type: 3 }, /shared object/],
    ['a type specific to an operating system', { type: 0xfe00 }, /65024/],
  ])('is refused and named: %s', (_, header, name) => {
    const { kind, facts, message } = failureWith(header);
    expect([kind, facts.path]).toEqual(['unsupported', 'vmcore']);
    expect(message).toMatch(name);
    expect(message).toMatch(/^vmcore: /);
  });

  it('is a kernel image if it is an executable that is loaded where kernels are', () => {
    const segments = [{ ...RAM, vaddr: 0xffff_ffff_8100_0000n }];
    const vmlinux = (header: HeaderLies) => failureOf(() => openSource(elfSource({ segments, header })));
    expect(vmlinux({ type: 2 }).message).toContain('a kernel image (vmlinux), not a dump');
    expect(vmlinux({ type: 2 }).facts.hint).toContain('vmcore');
    expect(vmlinux({ type: 2, phoff: 0x10_0000 }).message).toContain('an ELF executable');
    expect(vmlinux({ type: 3 }).message).toContain('an ELF shared object');
  });

  it('is a process if it has an auxiliary vector', () => {
    const notes = noteSegment([prstatus(), note('CORE', 6, new Uint8Array(320))]);
    const { kind, message, facts } = failureOf(() => openSource(elfSource({ segments: [notes, RAM] })));
    expect(kind).toBe('unsupported');
    expect(message).toContain('the core dump of a process');
    expect(facts.hint).toContain('gdb');
  });

  it('comes with advice if there is any', () => {
    expect(failureWith({ class: 1 }).facts.hint).toContain('ELF64');
  });

  it('is refused if a note says that it is from Xen', () => {
    for (const name of ['Xen', 'VMCOREINFO_XEN']) {
      const notes = noteSegment([prstatus(), note(name, 0x1000001, new Uint8Array(32))]);
      const { kind, message } = failureOf(() => openSource(elfSource({ segments: [notes, RAM] })));
      expect(kind, name).toBe('unsupported');
      expect(message, name).toContain('Xen');
    }
  });
});

describe('a file that ends inside its ELF header', () => {
  it.each([4, 5, 15, 16, 40, 63])('is corrupt, and its size is reported: %i bytes', (cutAt) => {
    const { kind, facts, message } = failureWith({}, { cutAt });
    expect(kind).toBe('corrupt');
    expect(facts.offset).toBe(0);
    expect(message).toContain(`the file has ${cutAt}`);
  });

  it('is named in the message, like every file with an error', () => {
    const { facts, message } = failureWith({}, { cutAt: 40 });
    expect(facts.path).toBe('vmcore');
    expect(message).toMatch(/^vmcore: /);
  });
});

describe('an ELF header that cannot be read', () => {
  it('is io, not another kind of file', () => {
    const { kind, facts } = failureWith({}, { failing: { start: 0, end: 1 } });
    expect([kind, facts.errno]).toEqual(['io', 'EIO']);
  });
});

describe('a core file for x86_64', () => {
  it('is accepted with any notes, and without notes', () => {
    const { notes, headers } = readElf(elfSource({ segments: [RAM] }));
    expect([notes, [...headers].map(({ p_type }) => p_type)]).toEqual([[], [1]]);
  });
});
