import { describe, expect, it } from 'vitest';
import { openSources } from '../../../src/formats/open.ts';
import { concat, packed } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { kdumpSource } from '../../builders/kdump.ts';
import { MemorySource } from '../../builders/memory-source.ts';
import { note } from '../../builders/notes.ts';
import { openSource } from '../../builders/open-source.ts';

const PV = 0xf00f_ebed;
const HVM = 0xf00f_ebee;
const SECTIONS = 64;
const NOTES = SECTIONS + 3 * 64;

/** Elf64_Ehdr of a core file for x86_64 with three sections. */
const EHDR = packed(64, [
  [0, 4, 0x464c_457f],
  [4, 1, 2],
  [5, 1, 1],
  [16, 2, 4],
  [18, 2, 62],
  [40, 8, SECTIONS],
  [54, 2, 56],
  [58, 2, 64],
  [60, 2, 3],
]);

/** A section header: its type, and where its contents are. */
const section = (type: number, offset: number, size: number) =>
  packed(64, [
    [4, 4, type],
    [24, 8, offset],
    [32, 8, size],
  ]);

/** What xl dump-core writes: no program headers, notes in the section .note.Xen, pages in .xen_pages. */
function dumpCore(magic: number, name = 'Xen'): MemorySource {
  const description = packed(32, [
    [0, 8, magic],
    [8, 8, 1],
    [16, 8, 1],
    [24, 8, 4096],
  ]);
  const notes = concat(note(name, 0x200_0000, new Uint8Array()), note(name, 0x200_0001, description));
  const sections = [section(0, 0, 0), section(7, NOTES, notes.length), section(1, 0x1000, 0x1000)];
  const bytes = concat(EHDR, ...sections, notes);
  return new MemorySource([
    { at: 0n, bytes },
    { at: 0x1000n, bytes: new Uint8Array(0x1000) },
  ]);
}

describe('a core that xl dump-core wrote', () => {
  it.each([
    ['PV', PV, /machine addresses/],
    ['HVM', HVM, /ELF sections/],
  ])('is refused as that of a %s domain', (kind, magic, reason) => {
    const { kind: error, message, facts } = failureOf(() => openSource(dumpCore(magic)));
    expect(error).toBe('unsupported');
    expect(message).toContain(`a core of a Xen ${kind} domain (xl dump-core)`);
    expect(message).toMatch(reason);
    expect(facts.hint).toBeDefined();
  });

  it('is not one if its notes are not those of Xen', () => {
    const { kind, message } = failureOf(() => openSource(dumpCore(PV, 'CORE')));
    expect([kind, message]).toEqual(['corrupt', expect.stringContaining('no program headers')]);
  });
});

describe('a dump of a Xen host', () => {
  it.each(['Xen', 'VMCOREINFO_XEN'])(
    'is refused in the kdump-compressed format, too: a note %s',
    async (name) => {
      const source = kdumpSource({ pages: new Map(), notes: note(name, 0x100_0001, new Uint8Array(32)) });
      await expect(openSources([source])).rejects.toMatchObject({
        kind: 'unsupported',
        message: expect.stringContaining('a dump of a Xen host'),
      });
    },
  );
});
