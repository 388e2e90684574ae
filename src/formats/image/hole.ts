import type { Range } from '../../bytes/ranges.ts';
import { hex } from '../../hex.ts';

/*
 * The PCI hole: addresses below 4 GiB that a machine keeps for devices. In the memory file of a virtual machine
 * the RAM above it stands right after the RAM below it. Physical addresses in bytes, the end exclusive.
 */

/** Where the hole ends in every machine of less than a TiB. */
export const HOLE_END = 2 ** 32;

/**
 * Where it begins in known machines: VMware, and QEMU's pc with 3.5 GiB or more (0xc0000000); pc with less
 * (0xe0000000); q35 with 2.75 GiB or more (0x80000000) or less (0xb0000000) (hw/i386/pc_piix.c, pc_q35.c);
 * Firecracker before 1.13 (0xd0000000, arch/x86_64/layout.rs).
 */
export const HOLE_STARTS = [0xc000_0000, 0x8000_0000, 0xe000_0000, 0xb000_0000, 0xd000_0000];

/** Files of less memory have no part whose place a hole could change. */
export const LOWEST_HOLE_START = 0x4000_0000;

/** As an option is written. */
export function holeText({ start, end }: Range): string {
  return `${hex(start)}-${hex(end)}`;
}
