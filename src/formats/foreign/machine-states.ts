import type { ForeignKind } from './foreign-kind.ts';

const XEN_KDUMP = "save a dump inside of the domain, with its own kernel's kdump";
const DUMP_AGAIN = 'dump the memory instead: virsh dump --memory-only DOMAIN FILE';

/** Saved states of virtual machines: they hold memory, but also devices, in formats of their own. */
export const MACHINE_STATES: readonly ForeignKind[] = [
  // QEMU_SAVE_MAGIC and QEMU_SAVE_PARTIAL of libvirt (src/qemu/qemu_saveimage.h)
  {
    magic: ['LibvirtQemudSave'],
    what: 'the saved state of a libvirt machine, not a dump of its memory',
    hint: DUMP_AGAIN,
  },
  { magic: ['LibvirtQemudPart'], what: 'an unfinished saved state of a libvirt machine', hint: DUMP_AGAIN },
  // QEMU_VM_FILE_MAGIC (migration/savevm.h); virsh dump without --memory-only writes such a file, too
  { magic: ['QEVM'], what: 'a QEMU migration stream, not a dump of memory', hint: DUMP_AGAIN },
  // Xen: what xl save (tools/xl/xl.h), libvirt (src/libxl/libxl_conf.h) and xm save write, and the stream in them
  // (docs/specs/libxc-migration-stream.pandoc: eight bytes 0xff and XENF)
  {
    magic: ['Xen saved domain', 'libvirt-xml\n', 'LinuxGuestRecord', '\xff\xff\xff\xff\xff\xff\xff\xffXENF'],
    what: 'the saved state of a Xen domain, not a dump of its memory',
    hint: XEN_KDUMP,
  },
  // XC_CORE_MAGIC and XC_CORE_MAGIC_HVM, little-endian, before xm dump-core wrote ELF files (Xen 3.1)
  { magic: ['\xed\xeb\x0f\xf0'], what: 'an old core of a Xen PV domain', hint: XEN_KDUMP },
  { magic: ['\xee\xeb\x0f\xf0'], what: 'an old core of a Xen HVM domain', hint: XEN_KDUMP },
  // SSMFILEHDR_MAGIC_BASE of VirtualBox (src/VBox/VMM/VMMR3/SSM.cpp)
  {
    magic: ['\x7fVirtualBox SavedState V'],
    what: 'the saved state (.sav) of a VirtualBox machine, not a dump of its memory',
    hint: 'start the machine and dump its memory: VBoxManage debugvm MACHINE dumpvmcore --filename=FILE',
  },
  // vma_spec.txt of pve-qemu: the magic of the header
  {
    magic: ['VMA\0'],
    what: 'a backup (.vma) of a Proxmox machine, which holds its disks',
    hint: 'vma extract FILE FOLDER unpacks the disks: if the machine had kdump, a dump is in the /var/crash of one',
  },
  // SNAPSHOT_MAGIC_ID of Firecracker for x86_64, little-endian (src/vmm/src/snapshot/mod.rs)
  {
    magic: ['\0\0\x64\x86\x84\x19\x10\x07'],
    what: 'the state file of a Firecracker snapshot, which has no memory',
    hint: 'give the memory file of the snapshot (mem_file_path) with --format raw',
  },
];
