import { describe, expect, it } from 'vitest';
import { readElf } from '../../../src/formats/elf/elf-image.ts';
import { elfSource, type SegmentRecipe } from '../../builders/elf.ts';
import { ascii, concat, pattern } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import type { SourceOptions } from '../../builders/memory-source.ts';
import {
  namelessNote,
  note,
  note8,
  noteSegment,
  prstatus,
  virtualBoxNote,
  vmcoreinfo,
} from '../../builders/notes.ts';
import { openSource } from '../../builders/open-source.ts';

const TEXT = 'OSRELEASE=6.1.0\nPAGESIZE=4096\n';
const RAM = { paddr: 0x1000, data: pattern(0x1000, 1) };

function notesOf(...segments: SegmentRecipe[]) {
  const { notes } = readElf(elfSource({ segments }));
  return notes.map(({ name, type, size }) => [name, type, size]);
}

function opened(segments: readonly SegmentRecipe[], options: SourceOptions = {}) {
  return openSource(elfSource({ segments: [...segments, RAM] }, { path: 'vmcore', ...options }));
}

describe('the notes of a dump', () => {
  it('are the notes of every PT_NOTE, in file order', () => {
    const qemu = noteSegment([prstatus(), note('QEMU', 0, new Uint8Array(440))]);
    expect(notesOf(qemu, RAM, noteSegment([vmcoreinfo(TEXT)]))).toEqual([
      ['CORE', 1, 336],
      ['QEMU', 0, 440],
      ['VMCOREINFO', 0, TEXT.length],
    ]);
  });

  it('end where zeros pad them to a full page, as in /proc/vmcore', () => {
    const zeros = new Uint8Array(4096 - 356);
    expect(notesOf(noteSegment([prstatus(), zeros]), noteSegment([vmcoreinfo(TEXT)]))).toEqual([
      ['CORE', 1, 336],
      ['VMCOREINFO', 0, TEXT.length],
    ]);
  });

  it('may have names and contents of any length, and none', () => {
    const odd = [
      note('LINUX', 0x700, ascii('abcde')),
      note('A', 2, new Uint8Array(0)),
      note('AB', 3, ascii('x')),
    ];
    expect(notesOf(noteSegment(odd))).toEqual([
      ['LINUX', 0x700, 5],
      ['A', 2, 0],
      ['AB', 3, 1],
    ]);
  });

  // The layout of gelf_getnote (libelf/gelf_getnote.c of elfutils) for ELF_T_NHDR8.
  it.each([
    ['CORE', 1, 'x'],
    ['GNU', 3, '12345678'],
    ['LINUX', 0x700, ''],
  ])('are aligned to 8 bytes where p_align says so: after one named %s', (name, type, contents) => {
    const text = note8('VMCOREINFO', 0, ascii(TEXT));
    const notes = [note8(name, type, ascii(contents)), text, note8('A', 2, ascii('y'))];
    const segment = noteSegment(notes, { align: 8 });
    expect(notesOf(segment)).toEqual([
      [name, type, contents.length],
      ['VMCOREINFO', 0, TEXT.length],
      ['A', 2, 1],
    ]);
    expect(opened([segment]).vmcoreinfo?.text).toBe(TEXT);
  });

  it.each([0, 1, 4])('are aligned to 4 bytes where p_align is %i', (align) => {
    const text = opened([noteSegment([prstatus(), note('AB', 3, ascii('x')), vmcoreinfo(TEXT)], { align })]);
    expect(text.vmcoreinfo?.text).toBe(TEXT);
  });

  it('may have a length without the NUL of their name, as from VirtualBox', () => {
    const notes = [
      virtualBoxNote('VBCORE', 0xb00, new Uint8Array(24)),
      virtualBoxNote('VBCPU', 0xb01, ascii('x')),
    ];
    expect(notesOf(noteSegment([...notes, vmcoreinfo(TEXT)]))).toEqual([
      ['VBCORE', 0xb00, 24],
      ['VBCPU', 0xb01, 8],
      ['VMCOREINFO', 0, TEXT.length],
    ]);
  });

  it('follow notes without a name, and notes that are all zero', () => {
    const zeros = (count: number) => new Uint8Array(12 * count);
    for (const before of [
      namelessNote(7, ascii('abcde')),
      namelessNote(7, zeros(0)),
      namelessNote(0, ascii('a')),
    ])
      expect(notesOf(noteSegment([before, vmcoreinfo(TEXT)])).at(-1)).toEqual(['VMCOREINFO', 0, TEXT.length]);
    for (const count of [1, 2, 300])
      expect(notesOf(noteSegment([prstatus(), zeros(count), vmcoreinfo(TEXT)]))).toEqual([
        ['CORE', 1, 336],
        ['VMCOREINFO', 0, TEXT.length],
      ]);
    const two = new Uint8Array(32);
    const segment = noteSegment([two, note8('VMCOREINFO', 0, ascii(TEXT))], { align: 8 });
    expect(notesOf(segment)).toEqual([['VMCOREINFO', 0, TEXT.length]]);
  });

  it('follow a note with a name longer than any', () => {
    const long = note('A'.repeat(5000), 1, ascii('x'));
    expect(notesOf(noteSegment([long, vmcoreinfo(TEXT)])).at(-1)).toEqual(['VMCOREINFO', 0, TEXT.length]);
  });

  it('are not looked for in more zeros than pad a page', () => {
    const source = elfSource({ segments: [{ type: 4, data: new Uint8Array(1 << 20) }] });
    expect(readElf(source).notes).toEqual([]);
    expect(source.statistics.reads).toBeLessThan(10);
  });

  it('are read up to more than any machine has, and a warning says so', () => {
    const many = (count: number) =>
      opened([
        noteSegment([
          new Uint8Array(Buffer.alloc(count * 16, note('A', 1, new Uint8Array(0)))),
          vmcoreinfo(TEXT),
        ]),
      ]);
    const whole = many(99_999);
    expect([whole.notes.length, whole.warnings, whole.vmcoreinfo?.text]).toEqual([100_000, [], TEXT]);
    const cut = many(100_000);
    expect([cut.notes.length, cut.vmcoreinfo]).toEqual([100_000, null]);
    expect(cut.warnings).toEqual([expect.stringContaining('more than 100000 notes')]);
  });

  it('have the position of their contents', () => {
    const { notes } = readElf(
      elfSource({ segments: [noteSegment([note('A', 1, ascii('abcde'))], { offset: 500 })] }),
    );
    expect(notes[0]?.offset).toBe(500n + 12n + 4n);
  });
});

describe('the VMCOREINFO of a dump', () => {
  it('has its text without trailing zeros, and where it was found', () => {
    const segment = noteSegment([prstatus(), vmcoreinfo(`${TEXT}\0\0\0`)], { offset: 0x400 });
    expect(opened([segment]).vmcoreinfo).toEqual({
      text: TEXT,
      source: `note at offset 0x${(0x400 + 356 + 12 + 12).toString(16)}`,
    });
  });

  it('is found in the last of several PT_NOTEs', () => {
    const image = opened([noteSegment([prstatus()]), noteSegment([prstatus(), vmcoreinfo(TEXT)])]);
    expect(image.vmcoreinfo?.text).toBe(TEXT);
  });

  it('keeps bytes that are not ASCII, one character each', () => {
    expect(opened([noteSegment([vmcoreinfo('A=\xff\x1b\n')])]).vmcoreinfo?.text).toBe('A=\xff\x1b\n');
  });

  it('is null if no note has it', () => {
    expect(opened([noteSegment([prstatus()])]).vmcoreinfo).toBeNull();
  });

  it('may be one of several, which are all read, except one that the file cuts off', () => {
    const [first, second] = ['FAKE1=IGNORE1\n', TEXT];
    const image = opened([noteSegment([vmcoreinfo(first), prstatus(), vmcoreinfo(second)])]);
    expect([image.vmcoreinfo?.text, image.furtherVmcoreinfo?.map(({ text }) => text)]).toEqual([
      first,
      [second],
    ]);
    const lying = noteSegment([note('VMCOREINFO', 0, ascii(first), { descsz: 0x7fff_0000 })], {
      filesz: 1n << 40n,
    });
    const odd = opened([lying, noteSegment([vmcoreinfo(second)])]);
    expect([odd.vmcoreinfo?.text, odd.furtherVmcoreinfo]).toEqual([second, undefined]);
    expect(odd.warnings).toEqual([expect.stringMatching(/note VMCOREINFO at offset .* are too many/)]);
  });

  it('is corrupt if the file ends inside it', () => {
    const segment = noteSegment([vmcoreinfo(TEXT)], { offset: 0x400 });
    const { kind, facts, message } = failureOf(() => opened([segment], { cutAt: 0x400 + 24 + 10 }));
    expect(kind).toBe('corrupt');
    expect(facts).toMatchObject({ path: 'vmcore', offset: 0x418n });
    expect(message).toBe(
      `vmcore: note VMCOREINFO at offset 0x418: needs ${TEXT.length} bytes, but the file has 10`,
    );
  });

  it('is corrupt if it is longer than any real one, before that much is read', () => {
    const lying = note('VMCOREINFO', 0, ascii(TEXT), { descsz: 0x7fff_0000 });
    const source = elfSource({ segments: [noteSegment([lying], { filesz: 1n << 40n }), RAM] });
    expect(failureOf(() => openSource(source)).kind).toBe('corrupt');
    expect(source.largestRead).toBeLessThan(1 << 20);
  });
});

describe('a note with false sizes', () => {
  const next = vmcoreinfo(TEXT);

  it.each([
    ['contents that reach past the segment', { descsz: 0x10000 }],
    ['contents of the largest size', { descsz: 0xffff_ffff }],
    ['a name that reaches past the segment', { namesz: 0x10000 }],
    ['a name of the largest size', { namesz: 0xffff_ffff }],
  ])('ends its segment but hides no other segment: %s', (_, lies) => {
    const lying = noteSegment([note('CORE', 1, new Uint8Array(8), lies)]);
    expect(notesOf(lying, noteSegment([next]))).toEqual([['VMCOREINFO', 0, TEXT.length]]);
  });

  it.each([0x8000_0000, 0xffff_ffec, 0xffff_fffd, 0xffff_ffff])(
    'does not lead backwards and is not read twice, even if its segment is false too: contents of %i bytes',
    (descsz) => {
      const lying = noteSegment([note('CORE', 1, new Uint8Array(0), { descsz })], { filesz: 1n << 62n });
      const source = elfSource({ segments: [lying, noteSegment([next])] });
      const { notes } = readElf(source);
      expect(notes.filter(({ name }) => name === 'CORE').length).toBeLessThanOrEqual(1);
      expect(notes.filter(({ name }) => name === 'VMCOREINFO')).toHaveLength(1);
      expect(source.statistics.reads).toBeLessThan(20);
    },
  );
});

describe('a PT_NOTE that lies outside the file', () => {
  it.each([0x7000_0000n, (1n << 63n) - 8n, (1n << 64n) - 16n])(
    'has no notes and hides no other segment: %#',
    (offset) => {
      const outside: SegmentRecipe = { type: 4, offset, filesz: 0x1000 };
      expect(opened([outside, noteSegment([vmcoreinfo(TEXT)])]).vmcoreinfo?.text).toBe(TEXT);
    },
  );

  it('has the notes before the end of a truncated file', () => {
    const segment = noteSegment([prstatus(), note('CORE', 3, new Uint8Array(136))], { offset: 0x400 });
    const source = elfSource({ segments: [segment] }, { cutAt: 0x400 + 356 + 5 });
    expect(readElf(source).notes.map(({ type }) => type)).toEqual([1]);
  });
});

describe('very many notes', () => {
  it('are read up to a limit, without a crash', () => {
    const tiny = note('A', 1, new Uint8Array(0));
    const many = new Uint8Array(tiny.length * 150_000);
    for (let at = 0; at < many.length; at += tiny.length) many.set(tiny, at);
    const { notes } = readElf(elfSource({ segments: [noteSegment([many]), noteSegment([prstatus()])] }));
    expect(notes.length).toBeGreaterThan(50_000);
    expect(notes.length).toBeLessThanOrEqual(150_001);
  });
});

describe('a note header at the end of its segment', () => {
  it('is ignored if the segment ends inside it', () => {
    const cut = concat(prstatus(), prstatus().subarray(0, 11));
    expect(notesOf({ type: 4, data: cut })).toEqual([['CORE', 1, 336]]);
  });
});
