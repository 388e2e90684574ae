import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openImage } from '../../src/formats/open.ts';
import { type ElfRecipe, elfBytes } from '../builders/elf.ts';
import { ascii, concat, pattern } from '../builders/encode.ts';
import { failureOf, failureOfAsync } from '../builders/failure.ts';
import { MemorySource } from '../builders/memory-source.ts';
import { noteSegment, vmcoreinfo } from '../builders/notes.ts';
import { isOpen } from '../builders/open-files.ts';
import { openSource } from '../builders/open-source.ts';

const opening = (bytes: Uint8Array) =>
  failureOf(() => openSource(new MemorySource([{ at: 0n, bytes }], { path: 'vmcore' })));

describe('a known file that cannot be read', () => {
  const rest = pattern(100, 1);
  it.each<[string, Uint8Array, RegExp, RegExp]>([
    ['flattened', ascii('makedumpfile\0\0\0\0'), /flattened/, /makedumpfile -R/],
    ['zstd', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), /zstd/, /zstd -d/],
    ['gzip', gzipSync('core'), /gzip/, /gunzip/],
    ['xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), /xz/, /unxz/],
    ['bzip2', ascii('BZh91AY&SY'), /bzip2/, /bunzip2/],
  ])('is unsupported and named, with what to do: %s', (_, start, name, hint) => {
    const { kind, facts, message } = opening(concat(start, rest));
    expect([kind, facts.path]).toEqual(['unsupported', 'vmcore']);
    expect(message).toMatch(name);
    expect(message).toMatch(/^vmcore: /);
    expect(facts.hint).toMatch(hint);
  });

  it('is unsupported and named: LiME', () => {
    expect(opening(concat(ascii('EMiL'), rest))).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('LiME'),
    });
  });
});

describe('a file that is not a dump', () => {
  it('is unsupported if it is empty', () => {
    expect(opening(new Uint8Array(0))).toMatchObject({
      kind: 'unsupported',
      message: 'vmcore: the file is empty',
    });
  });

  it('is unsupported if it is text, and its first bytes are shown as hex', () => {
    const { kind, facts, message } = opening(ascii('# a readme'));
    expect(kind).toBe('unsupported');
    expect(message).toContain('starts with 23 20 61 20 72 65 61 64,');
    expect(facts.hint).toContain('vmcore');
  });

  it('is unsupported if it is shorter than any magic', () => {
    expect(opening(Uint8Array.of(0x7f))).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('starts with 7f,'),
    });
  });

  it('shows none of its control characters', () => {
    const shown = opening(ascii('\x1b]0;title\x07')).message;
    expect([...shown].every((c) => c >= ' ' && c <= '~')).toBe(true);
  });
});

describe('a dump in the file system', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'open-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const RAM = { paddr: 0x1000, data: pattern(0x1000, 9) };
  function written(name: string, recipe: ElfRecipe): string {
    const path = join(folder, name);
    writeFileSync(path, elfBytes(recipe));
    return path;
  }

  it('is recognised by its content, whatever its name', async () => {
    const path = written('notes.txt', { segments: [noteSegment([vmcoreinfo('OSRELEASE=6.1\n')]), RAM] });
    const image = await openImage([path]);
    const into = new Uint8Array(16);
    expect(image.memory.read(0x1010, into)).toBeUndefined();
    expect(into).toEqual(RAM.data.subarray(0x10, 0x20));
    expect([image.format, image.vmcoreinfo?.text]).toEqual(['ELF64 vmcore', 'OSRELEASE=6.1\n']);
    image.close();
    expect(isOpen(path)).toBe(false);
  });

  it('is corrupt, not unreadable, if section header 0 lies where no file can have it', async () => {
    const shoff = (1n << 64n) - 1n;
    const path = written('shoff', { segments: [RAM], extendedCount: true, header: { shoff } });
    expect((await failureOfAsync(openImage([path]))).kind).toBe('corrupt');
  });

  it('is read in spite of a PT_NOTE where no file can have it', async () => {
    for (const offset of [(1n << 63n) - 8n, (1n << 64n) - 0x1000n]) {
      const path = written('note', { segments: [{ type: 4, offset, filesz: 0x800 }, RAM] });
      const image = await openImage([path]);
      expect(image.notes).toEqual([]);
      image.close();
    }
  });

  it('is closed if it cannot be used', async () => {
    const path = join(folder, 'text');
    writeFileSync(path, 'no dump');
    expect((await failureOfAsync(openImage([path]))).kind).toBe('unsupported');
    expect(isOpen(path)).toBe(false);
  });

  it('is io if it does not exist, without a hint about /proc/kcore', async () => {
    const { kind, facts } = await failureOfAsync(openImage([join(folder, 'none')]));
    expect([kind, facts.errno, facts.hint]).toEqual(['io', 'ENOENT', undefined]);
  });
});

describe("a file that holds a machine state or another system's memory", () => {
  it.each<[string, string, RegExp, RegExp]>([
    [
      'a machine saved by libvirt',
      'LibvirtQemudSave',
      /saved state of a libvirt machine/,
      /virsh dump --memory-only/,
    ],
    ['a machine half saved by libvirt', 'LibvirtQemudPart', /libvirt/, /virsh dump --memory-only/],
    ['a domain saved by xl', 'Xen saved domain, xl format\n', /saved state of a Xen domain/, /kdump/],
    ['a domain saved by libvirt', 'libvirt-xml\n \0 \r', /saved state of a Xen domain/, /kdump/],
    ['a domain saved by xm', 'LinuxGuestRecord', /saved state of a Xen domain/, /kdump/],
    ['an old core of a PV domain', '\xed\xeb\x0f\xf0', /old core of a Xen PV domain/, /kdump/],
    ['an old core of an HVM domain', '\xee\xeb\x0f\xf0', /old core of a Xen HVM domain/, /kdump/],
    ['a migration stream', 'QEVM\0\0\0\x03', /QEMU migration stream/, /virsh dump --memory-only/],
    ['lzop', '\x89LZO\0\r\n\x1a\n', /lzop/, /lzop -d/],
    ['lz4', '\x04\x22\x4d\x18', /lz4/, /unlz4/],
    ['a vmlinuz', 'MZ\x40\0', /vmlinuz/, /vmcore/],
  ])('is unsupported and named, with what to do: %s', (_, start, name, hint) => {
    const { kind, facts, message } = opening(concat(ascii(start), pattern(100, 1)));
    expect([kind, facts.path]).toEqual(['unsupported', 'vmcore']);
    expect(message).toMatch(name);
    expect(facts.hint).toMatch(hint);
  });

  it.each(['PAGEDU64', 'PAGEDUMP'])('is unsupported and named: %s of Windows', (start) => {
    expect(opening(concat(ascii(start), pattern(100, 1)))).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('Windows'),
    });
  });
});
