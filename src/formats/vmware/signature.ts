/** cptdumpheader.id of 64-bit states: saved, being restored, and of a part of the machine. */
export const MAGIC = { old: 0xbed2_bed0, saved: 0xbed2_bed2, restored: 0xbad1_bad1, partial: 0xbed3_bed3 };
const KNOWN: readonly number[] = Object.values(MAGIC);

/** Whether a file that starts like this is the state of a VMware machine. */
export function isVmwareState(start: Uint8Array): boolean {
  if (start.length < 4) return false;
  return KNOWN.includes(new DataView(start.buffer, start.byteOffset, 4).getUint32(0, true));
}
