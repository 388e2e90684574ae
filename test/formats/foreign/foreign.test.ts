import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FOREIGN, notADump } from '../../../src/formats/foreign/foreign.ts';
import { SIGNED } from '../../../src/formats/foreign/foreign-kind.ts';
import { openImage } from '../../../src/formats/open.ts';
import { elfBytes } from '../../builders/elf.ts';
import { ascii, pattern } from '../../builders/encode.ts';
import { failureOfAsync } from '../../builders/failure.ts';
import { MemorySource } from '../../builders/memory-source.ts';
import { run } from '../../support/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'foreign-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CORE = elfBytes({ segments: [{ paddr: 0x1000, data: pattern(0x1000, 9) }] });
const inFolder = (name: string) => join(folder, name);

/** The failure of opening a file with this content. */
function opening(name: string, contents: string | Uint8Array) {
  const path = inFolder(name);
  writeFileSync(path, typeof contents === 'string' ? Buffer.from(contents, 'utf8') : contents);
  return failureOfAsync(openImage([path]));
}

/** Texts and bytes at their places, between bytes that mean nothing. */
function laidOut(parts: Readonly<Record<number, string>>, size = 0x2_0000): Uint8Array {
  const bytes = pattern(size, 3);
  for (const [at, text] of Object.entries(parts)) bytes.set(ascii(text), Number(at));
  return bytes;
}

describe('what tools of the system write is named', () => {
  const path = inFolder('core');
  writeFileSync(path, CORE);
  const made = (name: string, make: (path: string) => void): [string, () => string] => [
    name,
    () => {
      make(inFolder(name));
      return inFolder(name);
    },
  ];
  const tool = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: folder, stdio: 'pipe' });

  it.each<readonly [string, () => string, RegExp, RegExp]>([
    [
      ...made('gnu.tar', (to) => tool('tar', '--format=gnu', '-cf', to, 'core')),
      /a tar archive$/,
      /tar -xf FILE/,
    ],
    [
      ...made('posix.tar', (to) => tool('tar', '--format=posix', '-cf', to, 'core')),
      /a tar archive$/,
      /tar -xf FILE/,
    ],
    [
      ...made('core.gz', (to) => writeFileSync(to, tool('gzip', '-c', 'core'))),
      /a gzip-compressed file$/,
      /gunzip FILE/,
    ],
    [
      ...made('ext4', (to) => {
        writeFileSync(to, '');
        truncateSync(to, 1 << 22);
        tool('/sbin/mke2fs', '-q', '-t', 'ext4', to);
      }),
      /file system \(ext2, ext3 or ext4\)$/,
      /mount -o ro,loop/,
    ],
    [
      ...made('swap', (to) => {
        writeFileSync(to, '');
        truncateSync(to, 1 << 20);
        tool('/sbin/mkswap', to);
      }),
      /a swap area$/,
      /a dump of the memory/,
    ],
  ])('%s', async (_, make, what, hint) => {
    const { kind, message, facts } = await failureOfAsync(openImage([make()]));
    expect([kind, facts.hint]).toEqual(['unsupported', expect.stringMatching(hint)]);
    expect(message).toMatch(what);
  });
});

describe('a file that holds something else is named, with what to do', () => {
  it.each<[string, Uint8Array, RegExp, RegExp]>([
    ['lz4 of old', laidOut({ 0: '\x02\x21\x4c\x18' }), /lz4-compressed/, /unlz4/],
    ['snappy, framed', laidOut({ 0: '\xff\x06\0\0sNaPpY' }), /snappy/, /snzip -d/],
    ['7z', laidOut({ 0: '7z\xbc\xaf\x27\x1c\0\x04' }), /7z archive/, /7z x/],
    ['zip', laidOut({ 0: 'PK\x03\x04\x14\0' }), /zip archive/, /unzip/],
    ['cpio', laidOut({ 0: '07070100\0' }), /cpio/, /cpio -id/],
    ['deb', laidOut({ 0: '!<arch>\ndebian-binary   ' }), /Debian package/, /ar x/],
    [
      'sadump on a partition',
      laidOut({ 0: 'sadump\0\0\x01' }),
      /SADUMP dump .* on a partition/,
      /makedumpfile -l .* -x VMLINUX FILE/,
    ],
    [
      'sadump media backup',
      laidOut({ 4096: 'sadump\0\0' }),
      /media backup of a SADUMP/,
      /makedumpfile -l .* -x VMLINUX FILE/,
    ],
    ['LKCD', laidOut({ 0: '\xed\x23\x8f\x61\x73\x01\x19\xa8\x08' }), /LKCD dump/, /crash/],
    ['s390', laidOut({ 0: '\xa8\x19\x01\x73\x61\x8f\x23\xfd' }), /s390/, /zgetdump/],
    ['FreeBSD', laidOut({ 0: 'minidump FreeBSD/amd64\0\0' }), /FreeBSD/, /kgdb/],
    ['Windows minidump', laidOut({ 0: 'MDMP\x93\xa7' }), /Windows crash dump/, /WinDbg/],
    ['Windows hibernation', laidOut({ 0: 'HIBR' }), /hiberfil/, /Linux/],
    ['hibernated', laidOut({ 4076: 'SWAPSPACE2S1SUSPEND\0' }), /hibernation image/, /resume/],
    ['swap', laidOut({ 4086: 'SWAPSPACE2' }), /swap area$/, /memory/],
    [
      'VirtualBox .sav',
      laidOut({ 0: '\x7fVirtualBox SavedState V2.0\n\0\0\0' }),
      /saved state .*VirtualBox/,
      /dumpvmcore/,
    ],
    ['Proxmox vma', laidOut({ 0: 'VMA\0\0\0\0\x01' }), /Proxmox/, /vma extract/],
    ['Xen stream', laidOut({ 0: '\xff\xff\xff\xff\xff\xff\xff\xffXENF' }), /Xen domain/, /kdump/],
    ['Firecracker', laidOut({ 0: '\0\0\x64\x86\x84\x19\x10\x07' }), /Firecracker/, /--format raw/],
    ['qcow2', laidOut({ 0: 'QFI\xfb\0\0\0\x03' }), /disk image \(qcow2\)/, /guestmount/],
    ['vmdk', laidOut({ 0: 'KDMV\x01\0\0\0' }), /disk image \(VMware vmdk\)/, /guestmount/],
    ['vmdk of ESX', laidOut({ 0: 'COWD\x01\0\0\0' }), /disk image \(VMware vmdk\)/, /guestmount/],
    [
      'vdi',
      laidOut({ 0: '<<< Oracle VM VirtualBox Disk Image >>>\n\0', 64: '\x7f\x10\xda\xbe' }),
      /VirtualBox vdi/,
      /guestmount/,
    ],
    ['vhd', laidOut({ 0: 'conectix' }), /\(vhd\)/, /guestmount/],
    ['vhdx', laidOut({ 0: 'vhdxfileM\0i\0' }), /\(vhdx\)/, /guestmount/],
    ['GPT', laidOut({ 510: '\x55\xaaEFI PART' }), /raw disk image \(GPT\)/, /losetup/],
    [
      'GPT of 4 KiB sectors',
      laidOut({ 510: '\x55\xaa', 4096: 'EFI PART' }),
      /raw disk image \(GPT\)/,
      /losetup/,
    ],
    ['MBR', laidOut({ 0: '\xeb\x63\x90', 510: '\x55\xaa' }), /boot sector/, /losetup/],
    ['XFS', laidOut({ 0: 'XFSB\0\0\x10\0' }), /XFS/, /mount/],
    ['btrfs', laidOut({ 65600: '_BHRfS_M' }), /btrfs/, /mount/],
    ['ISO 9660 that boots', laidOut({ 510: '\x55\xaa', 32769: 'CD001' }), /ISO 9660/, /mount/],
    ['LUKS', laidOut({ 0: 'LUKS\xba\xbe\0\x02' }), /encrypted/, /cryptsetup/],
    [
      'bzImage without an EFI stub',
      laidOut({ 510: '\x55\xaa\xeb\x66HdrS' }),
      /kernel image \(vmlinuz/,
      /vmcore/,
    ],
    ['journal', laidOut({ 0: 'LPKSHHRH' }), /journal of systemd/, /journalctl --file/],
    ['perf.data', laidOut({ 0: 'PERFILE2' }), /perf/, /perf report/],
    ['Mach-O', laidOut({ 0: '\xcf\xfa\xed\xfe\x07\0\0\x01' }), /Mach-O/, /Linux/],
  ])('%s', async (name, contents, what, hint) => {
    const { kind, message, facts } = await opening('vmcore', contents);
    expect([kind, facts.path, facts.hint], name).toEqual([
      'unsupported',
      inFolder('vmcore'),
      expect.stringMatching(hint),
    ]);
    expect(message).toMatch(what);
    expect(message).toMatch(/\/vmcore: this is (an?|the) /);
  });

  it('wherever its magic number is, for every kind in the table', () => {
    for (const { magic, at = 0, what, hint } of FOREIGN)
      for (const text of magic) {
        const bytes = laidOut({ [at]: text }, SIGNED);
        const { message, facts } = notADump(new MemorySource([{ at: 0n, bytes }], { path: 'x' }));
        expect([message, facts.hint]).toEqual([`x: this is ${what}`, hint]);
      }
  });

  it('if the file ends where its magic number does', async () => {
    expect((await opening('short', laidOut({ 4086: 'S1SUSPEND\0' }, 4096))).message).toMatch(/hibernation/);
    expect(
      (await opening('short', laidOut({ 4086: 'S1SUSPEND\0' }, 4096).subarray(0, 4094))).message,
    ).toMatch(/not a dump: it starts/);
  });
});

describe('a text is named', () => {
  it.each<[string, string, RegExp, RegExp]>([
    [
      'vmcore-dmesg.txt',
      '[    0.000000] Linux version 6.12.0 (builder@host)\n[    0.000000] Command line: ro\n',
      /kernel log \(text\), not a dump/,
      /less; kdump-inspect \S+foreign-\w+ reads the dump beside it, if/,
    ],
    ['a log with levels', '<5>[    0.000000] Linux version 6.12.0\n', /kernel log/, /less/],
    ['the end of a log', '0 RSI: 01\n[    4.123456] \x1b[1mCall Trace:\x1b[0m\n', /kernel log/, /less/],
    ['dmesg -T', '[Fri Nov 27 21:00:00 2026] Linux version 6.12.0\n', /kernel log/, /less/],
    ['journalctl -k', 'Nov 27 21:00:00 host kernel: Linux version 6.12.0\n', /kernel log/, /less/],
    [
      'makedumpfile',
      'Original pages  : 0x000000000003d1f6\n  Excluded pages   :',
      /output of makedumpfile/,
      /the dump itself/,
    ],
    ['VMCOREINFO', 'OSRELEASE=6.12.0\nPAGESIZE=4096\n', /VMCOREINFO/, /--vmcoreinfo/],
    ['System.map', '0000000000000000 D __per_cpu_start\n', /list of symbols/, /kdump-inspect symbols/],
    [
      'iomem',
      '00000000-00000fff : Reserved\n00001000-0009fbff : System RAM\n',
      /list of resources/,
      /segments/,
    ],
    ['apport', 'ProblemType: KernelCrash\nVmCore: base64\n H4sIAAA\n', /apport/, /apport-unpack/],
    ['vmdk descriptor', '# Disk DescriptorFile\nversion=1\n', /VMware disk/, /vmcore/],
    [
      'a report',
      '{\n  "schema": "kdump-inspect/pages/1",\n',
      /report of kdump-inspect/,
      /the dump that it was made from/,
    ],
    ['HTML', '<!DOCTYPE html>\n<html>', /HTML page/, /download/],
    ['Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\n', /Git LFS/, /git lfs pull/],
  ])('%s', async (_, text, what, hint) => {
    const { kind, message, facts } = await opening('text', text);
    expect([kind, facts.hint]).toEqual(['unsupported', expect.stringMatching(hint)]);
    expect(message).toMatch(what);
  });

  it.each([
    ['words that are magic numbers, too', 'wake up\n'],
    ['UTF-8', 'Größe\n'],
    ['UTF-8 cut inside a character', `${'x'.repeat(4095)}ß`],
  ])('as text at least: %s', async (_, text) => {
    expect((await opening('text', text)).message).toMatch(
      /not a dump: it starts with [0-9a-f ]+, which is text$/,
    );
  });

  it.each([
    ['latin-1', Uint8Array.of(0x47, 0x72, 0xf6, 0xdf, 0x65)],
    ['control characters', ascii('a\x01b')],
  ])('unless it may be something else: %s', async (_, bytes) => {
    expect((await opening('text', bytes)).message).toMatch(/an ELF file with 7f 45 4c 46$/);
  });
});

describe('a file that has nothing to name it', () => {
  it('may be empty', async () => {
    const { message, facts } = await opening('empty', '');
    expect([message, facts.hint]).toEqual([
      `${inFolder('empty')}: the file is empty`,
      expect.stringMatching(/disk full/),
    ]);
  });

  it('may begin with zeros, as plain memory or an unfinished file does', async () => {
    expect((await opening('zeros', new Uint8Array(SIGNED))).facts.hint).toMatch(/in part\? .* --format raw$/);
  });

  it('may be a FIFO or a device', async () => {
    execFileSync('mkfifo', [inFolder('fifo')]);
    const fifo = await failureOfAsync(openImage([inFolder('fifo')]));
    expect(fifo.message).toBe(`${inFolder('fifo')}: is a FIFO, not a regular file`);
    const device = await failureOfAsync(openImage(['/dev/null']));
    expect([device.message, device.facts.hint]).toEqual([
      '/dev/null: is a character device, not a regular file',
      expect.stringMatching(/\/proc\/kcore/),
    ]);
  });
});

describe('a file that is given with a dump', () => {
  it.each([
    ['a vmlinux', () => readFileSync(process.execPath)],
    ['a System.map', () => ascii('0000000000000000 D __per_cpu_start\n')],
  ])('is not a part of it, and is not needed: %s', async (_, contents) => {
    const paths = [inFolder('core'), inFolder('second')];
    writeFileSync(paths[1] as string, contents());
    for (const order of [paths, [...paths].reverse()]) {
      const { kind, message, facts } = await failureOfAsync(openImage(order));
      expect([kind, message]).toEqual(['usage', `${inFolder('second')}: not a dump, so not a part of one`]);
      expect(facts.hint).toContain('no vmlinux and no System.map is needed');
    }
  });

  it('may be another dump, which is not read with it', async () => {
    const { message } = await failureOfAsync(openImage([inFolder('core'), inFolder('core')]));
    expect(message).toMatch(/^2 files were given/);
  });
});

describe('the built program', () => {
  it('names a file, too, and what it is', () => {
    writeFileSync(inFolder('vmcore-dmesg.txt'), '[    0.000000] Linux version 6.12.0\n');
    expect(run([inFolder('vmcore-dmesg.txt')])).toEqual({
      status: 1,
      stdout: '',
      stderr:
        `kdump-inspect: ${inFolder('vmcore-dmesg.txt')}: this is a kernel log (text), not a dump\n` +
        `  read it with less; kdump-inspect ${folder} reads the dump beside it, if kdump saved one\n`,
    });
  });
});
