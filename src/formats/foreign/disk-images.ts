import type { ForeignKind } from './foreign-kind.ts';

const inGuest = 'if its system had kdump, a dump is in its /var/crash';
const VIRTUAL = `it holds a disk, not memory: guestmount -a FILE -i --ro FOLDER mounts it; ${inGuest}`;
const WHOLE = `it holds a disk, not memory: losetup -rPf --show FILE gives its partitions; ${inGuest}`;
const MOUNTED = `it holds files, not memory: mount -o ro,loop FILE FOLDER; ${inGuest}`;

const virtual = (what: string, magic: readonly string[], at = 0): ForeignKind => ({
  magic,
  at,
  what: `a disk image (${what})`,
  hint: VIRTUAL,
});
const fileSystem = (name: string, at: number, ...magic: string[]): ForeignKind => ({
  magic,
  at,
  what: `the image of a file system (${name})`,
  hint: MOUNTED,
});

/** Disks of virtual machines, and images of disks. Where no source is named, the format's specification is meant. */
export const DISK_IMAGES: readonly ForeignKind[] = [
  // docs/interop/qcow2.txt and qed_spec.txt of QEMU
  virtual('qcow2', ['QFI\xfb']),
  virtual('QED', ['QED\0']),
  // VMDK3_MAGIC, VMDK4_MAGIC and the descriptor file (block/vmdk.c of QEMU)
  virtual('VMware vmdk', ['KDMV', 'COWD', '# Disk DescriptorFile']),
  // VDI_SIGNATURE (block/vdi.c of QEMU)
  virtual('VirtualBox vdi', ['\x7f\x10\xda\xbe'], 0x40),
  virtual('vhdx', ['vhdxfile']),
  // A copy of the footer, in dynamic ones (block/vpc.c of QEMU)
  virtual('vhd', ['conectix']),
  virtual('Parallels hdd', ['WithoutFreeSpace', 'WithouFreSpacExt']),
  { magic: ['EFI PART'], at: 512, what: 'a raw disk image (GPT)', hint: WHOLE },
  { magic: ['EFI PART'], at: 4096, what: 'a raw disk image (GPT)', hint: WHOLE },
  { magic: ['LABELONE'], at: 512, what: 'a physical volume of LVM', hint: WHOLE },
  {
    magic: ['LUKS\xba\xbe'],
    what: 'an encrypted disk (LUKS)',
    hint: `it holds a disk, not memory: cryptsetup open FILE NAME opens it; ${inGuest}`,
  },
  // Magic numbers of file systems where include/uapi/linux/magic.h or the file system's own header has them
  fileSystem('ext2, ext3 or ext4', 0x438, '\x53\xef'),
  fileSystem('XFS', 0, 'XFSB'),
  fileSystem('btrfs', 0x1_0040, '_BHRfS_M'),
  fileSystem('squashfs', 0, 'hsqs'),
  fileSystem('ISO 9660', 0x8001, 'CD001'),
  fileSystem('NTFS', 3, 'NTFS    '),
  fileSystem('FAT', 0x52, 'FAT32   '),
  fileSystem('FAT', 0x36, 'FAT12   ', 'FAT16   '),
];

/** Where a boot sector ends with 55 aa. Too short to prove a disk, so all else is tried first. */
export const BOOT_SECTOR: ForeignKind = {
  magic: ['\x55\xaa'],
  at: 510,
  what: 'a raw disk image (it begins with a boot sector)',
  hint: WHOLE,
};
