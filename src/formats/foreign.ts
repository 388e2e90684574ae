/** How a kind of file begins, when it is one that cannot be read, and what to do about it. */
export interface Foreign {
  readonly magic: string;
  readonly what: string;
  readonly hint?: string;
}

const DUMP_AGAIN = 'dump the memory instead: virsh dump --memory-only DOMAIN FILE';
const VMSS2CORE = "turn it into a core file with VMware's vmss2core -N6, or read its .vmem with --format raw";
const AVML_CONVERT = 'unpack it first: avml-convert FILE FILE.lime';

/** Files that hold a machine's memory among other things, or another system's. */
export const SAVED_MACHINES: readonly Foreign[] = [
  // QEMU_SAVE_MAGIC and QEMU_SAVE_PARTIAL of libvirt (src/qemu/qemu_saveimage.h)
  { magic: 'LibvirtQemudSave', what: 'a machine that libvirt saved, not its memory', hint: DUMP_AGAIN },
  { magic: 'LibvirtQemudPart', what: 'a machine that libvirt began to save', hint: DUMP_AGAIN },
  // QEMU_VM_FILE_MAGIC (migration/savevm.h); virsh dump without --memory-only writes one, too
  { magic: 'QEVM', what: 'a migration stream of QEMU, not a dump of memory', hint: DUMP_AGAIN },
  // The states of a VMware checkpoint, little-endian: 0xbed2bed0, 0xbad1bad1, 0xbed2bed2, 0xbed3bed3
  ...['\xd0\xbe\xd2\xbe', '\xd1\xba\xd1\xba', '\xd2\xbe\xd2\xbe', '\xd3\xbe\xd3\xbe'].map((magic) => ({
    magic,
    what: 'a saved state of a VMware machine (.vmss, .vmsn)',
    hint: VMSS2CORE,
  })),
  { magic: 'AVML', what: 'a compressed memory image of AVML', hint: AVML_CONVERT },
  { magic: 'PAGEDU64', what: 'a crash dump of Windows' },
  { magic: 'PAGEDUMP', what: 'a crash dump of Windows' },
  { magic: '\x89LZO\0\r\n\x1a\n', what: 'an lzop-compressed file', hint: 'unpack it first: lzop -d FILE' },
  { magic: '\x04\x22\x4d\x18', what: 'an lz4-compressed file', hint: 'unpack it first: unlz4 FILE' },
  // A kernel image with an EFI stub begins as a program of EFI does (Documentation/arch/x86/boot.rst).
  {
    magic: 'MZ',
    what: 'a program of EFI or Windows, perhaps a kernel image (vmlinuz)',
    hint: "the vmcore is needed, which has the kernel's memory",
  },
];
