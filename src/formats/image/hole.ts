import type { Range } from '../../bytes/ranges.ts';
import { hex } from '../../hex.ts';

/*
 * The PCI hole: addresses below 4 GiB that a machine keeps for devices. In the memory file of a virtual machine
 * the RAM above it stands right after the RAM below it. Physical addresses in bytes, the end exclusive.
 */

/** Where the hole ends in every machine of less than a TiB. */
export const HOLE_END = 2 ** 32;

/**
 * Where it begins in known machines: VMware, QEMU's pc with 3.5 GiB or more, and Firecracker with 1 GiB for devices
 * (0xc0000000); QEMU's q35 with 2.75 GiB or more (0x80000000); their oldest machine types, which do not split at
 * whole GiB (0xe0000000, 0xb0000000; gigabyte_align in hw/i386/pc_piix.c and pc_q35.c); and older Firecracker and
 * others of rust-vmm, with 768 MiB for devices (0xd0000000, MEM_32BIT_GAP_SIZE).
 */
export const HOLE_STARTS = [0xc000_0000, 0x8000_0000, 0xe000_0000, 0xb000_0000, 0xd000_0000];

/** Files of less memory have no part whose place a hole could change. */
export const LOWEST_HOLE_START = 0x4000_0000;

/** As an option is written. */
export function holeText({ start, end }: Range): string {
  return `${hex(start)}-${hex(end)}`;
}
