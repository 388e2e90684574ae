import type { ForeignKind } from './foreign-kind.ts';

const LKCD = { what: 'an LKCD dump', hint: 'no tool but crash reads it, and it needs a vmlinux' };
const CONVERT = 'makedumpfile converts it, with the vmlinux of its kernel: makedumpfile -l -d 1 -x VMLINUX';

/** Dumps of other systems, and dumps of Linux in forms that are not read. */
export const OTHER_DUMPS: readonly ForeignKind[] = [
  // SADUMP_SIGNATURE1 and 2 (sadump_mod.h of makedumpfile 1.7): struct sadump_part_header, whose set_disk_set is at
  // 152. makedumpfile(8) tells how each is converted.
  {
    magic: ['sadump\0\0'],
    what: 'a SADUMP dump (Fujitsu stand-alone dump) on a partition, or on a set of disks',
    hint: `${CONVERT} FILE VMCORE (of a set of disks: --diskset=FILE1 --diskset=FILE2 ... VMCORE)`,
  },
  // In a media backup, struct sadump_media_header takes the first block.
  {
    magic: ['sadump\0\0'],
    at: 4096,
    what: 'a media backup of a SADUMP dump (Fujitsu stand-alone dump)',
    hint: `${CONVERT} FILE VMCORE`,
  },
  // DUMP_MAGIC_NUMBER and DUMP_MAGIC_LIVE (lkcd_dump_v8.h of crash), little-endian
  { magic: ['\xed\x23\x8f\x61\x73\x01\x19\xa8', '\xcd\x23\x8f\x61\x73\x01\x19\xa8'], ...LKCD },
  // DUMP_MAGIC_S390, big-endian: what zgetdump calls the s390 format
  {
    magic: ['\xa8\x19\x01\x73\x61\x8f\x23\xfd'],
    what: 'a stand-alone dump of an s390 machine; only x86_64 is supported',
    hint: 'zgetdump converts it for crash',
  },
  // MINIDUMP_MAGIC of FreeBSD (sys/amd64/include/minidump.h); savecore names such files vmcore.0
  { magic: ['minidump FreeBSD/'], what: 'a crash dump of FreeBSD', hint: 'kgdb reads it' },
  {
    magic: ['PAGEDU64', 'PAGEDUMP', 'MDMP'],
    what: 'a Windows crash dump',
    hint: 'WinDbg reads it; kdump-inspect reads only memory of Linux',
  },
  {
    magic: ['hibr', 'HIBR', 'wake', 'WAKE', 'RSTR'],
    what: 'the hibernation file of Windows (hiberfil.sys)',
    hint: 'kdump-inspect reads only memory of Linux',
  },
  // HIBERNATE_SIG (kernel/power/swap.c) and the others that util-linux knows (libblkid, swap.c): at the end of the
  // first page of a swap area
  {
    magic: ['S1SUSPEND', 'S2SUSPEND', 'ULSUSPEND', 'LINHIB0001'],
    at: 4086,
    what: 'a swap area with a hibernation image',
    hint: 'its pages are compressed, in an order of their own: resume the system and read /proc/kcore',
  },
  { magic: ['SWAPSPACE2', 'SWAP-SPACE'], at: 4086, what: 'a swap area', hint: 'give a dump of the memory' },
];
