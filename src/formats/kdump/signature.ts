import { latin1 } from '../../bytes/words.ts';

/** makedumpfile's and QEMU's files, and those of diskdump, from which the format comes. */
const SIGNATURES = ['KDUMP   ', 'DISKDUMP'] as const;
export type Signature = (typeof SIGNATURES)[number];

/** The signature among these first bytes of a file, if it is one of these files. */
export function signatureOf(head: Uint8Array): Signature | undefined {
  const text = latin1(head.subarray(0, 8));
  return SIGNATURES.find((signature) => signature === text);
}

/** Whether these first bytes of a file are a kdump-compressed file's. */
export function isKdump(head: Uint8Array): boolean {
  return signatureOf(head) !== undefined;
}
