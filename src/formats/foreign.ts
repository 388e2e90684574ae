import type { ByteSource } from '../bytes/source.ts';
import { latin1 } from '../bytes/words.ts';
import { InspectError } from '../errors.ts';
import { unsupported } from './elf/header.ts';

/** A kind of file that cannot be read: how it starts, and what to do about it. */
interface Foreign {
  readonly magic: string;
  readonly what: string;
  readonly hint?: string;
}

const XEN_KDUMP = "save a dump inside of the domain, with its own kernel's kdump";
const DUMP_AGAIN = 'dump the memory instead: virsh dump --memory-only DOMAIN FILE';

const FOREIGN: readonly Foreign[] = [
  {
    magic: 'makedumpfile\0',
    what: 'a flattened file inside a flattened file',
    hint: 'rearrange the outer one first: makedumpfile -R VMCORE < FILE',
  },
  { magic: '\x28\xb5\x2f\xfd', what: 'a zstd-compressed file', hint: 'unpack it first: zstd -d FILE' },
  { magic: '\x1f\x8b', what: 'a gzip-compressed file', hint: 'unpack it first: gunzip FILE' },
  { magic: '\xfd7zXZ\0', what: 'an xz-compressed file', hint: 'unpack it first: unxz FILE' },
  { magic: 'BZh', what: 'a bzip2-compressed file', hint: 'unpack it first: bunzip2 FILE' },
  { magic: '\x89LZO\0\r\n\x1a\n', what: 'an lzop-compressed file', hint: 'unpack it first: lzop -d FILE' },
  { magic: '\x04\x22\x4d\x18', what: 'an lz4-compressed file', hint: 'unpack it first: unlz4 FILE' },

  // Files that hold more than a machine's memory, or another system's memory.

  // QEMU_SAVE_MAGIC and QEMU_SAVE_PARTIAL of libvirt (src/qemu/qemu_saveimage.h)
  {
    magic: 'LibvirtQemudSave',
    what: 'the saved state of a libvirt machine, not a dump of its memory',
    hint: DUMP_AGAIN,
  },
  { magic: 'LibvirtQemudPart', what: 'an unfinished saved state of a libvirt machine', hint: DUMP_AGAIN },
  // QEMU_VM_FILE_MAGIC (migration/savevm.h); virsh dump without --memory-only writes such a file, too
  { magic: 'QEVM', what: 'a QEMU migration stream, not a dump of memory', hint: DUMP_AGAIN },
  // Xen: what xl save (tools/xl/xl.h), libvirt (src/libxl/libxl_conf.h) and xm save write
  ...['Xen saved domain', 'libvirt-xml\n', 'LinuxGuestRecord'].map((magic) => ({
    magic,
    what: 'the saved state of a Xen domain, not a dump of its memory',
    hint: XEN_KDUMP,
  })),
  // XC_CORE_MAGIC and XC_CORE_MAGIC_HVM, little-endian, before xm dump-core wrote ELF files (Xen 3.1)
  ...[
    ['\xed\xeb\x0f\xf0', 'PV'],
    ['\xee\xeb\x0f\xf0', 'HVM'],
  ].map(([magic = '', kind]) => ({ magic, what: `an old core of a Xen ${kind} domain`, hint: XEN_KDUMP })),
  { magic: 'PAGEDU64', what: 'a Windows crash dump' },
  { magic: 'PAGEDUMP', what: 'a Windows crash dump' },
  // A kernel image with an EFI stub starts like an EFI program (Documentation/arch/x86/boot.rst).
  {
    magic: 'MZ',
    what: 'an EFI or Windows program, perhaps a kernel image (vmlinuz)',
    hint: "give the vmcore, which holds the kernel's memory",
  },
];

const SUPPORTED =
  'supported: vmcores (ELF64, kdump-compressed, flattened), LiME and AVML images, /proc/kcore, and plain memory with --format raw';
const VMEM =
  'the memory file of a VMware machine is read with --format raw, or with the .vmss or .vmsn of that name beside it';

/** The error for a file that is not a dump: what it is instead, as far as its first bytes show. */
export function notADump({ path }: ByteSource, head: Uint8Array): InspectError {
  if (head.length === 0) return new InspectError('unsupported', `${path}: the file is empty`, { path });
  const text = latin1(head);
  const foreign = FOREIGN.find(({ magic }) => text.startsWith(magic));
  if (foreign) return unsupported(path, foreign.what, foreign.hint);
  const seen = Buffer.from(head.subarray(0, 8))
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  const message = `${path}: not a dump: it starts with ${seen}, an ELF file with 7f 45 4c 46`;
  return new InspectError('unsupported', message, {
    path,
    offset: 0,
    hint: path.toLowerCase().endsWith('.vmem') ? VMEM : SUPPORTED,
  });
}
