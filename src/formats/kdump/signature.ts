import { latin1 } from '../../bytes/words.ts';

/** The signatures of makedumpfile and QEMU, and of diskdump, which the format comes from. */
const SIGNATURES = ['KDUMP   ', 'DISKDUMP'] as const;
export type Signature = (typeof SIGNATURES)[number];

/** The signature among these first bytes of a file; undefined if there is none. */
export function signatureOf(head: Uint8Array): Signature | undefined {
  const text = latin1(head.subarray(0, 8));
  return SIGNATURES.find((signature) => signature === text);
}

/** Whether these first bytes of a file are those of a kdump-compressed file. */
export function isKdump(head: Uint8Array): boolean {
  return signatureOf(head) !== undefined;
}
