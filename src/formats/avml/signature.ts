import { latin1 } from '../../bytes/words.ts';

/** AVML_MAGIC 0x4c4d5641 of AVML's image.rs, as it is stored in the file */
const MAGIC = 'AVML';

/** Whether a file that starts like this is an AVML image in AVML's own format. */
export function isAvml(start: Uint8Array): boolean {
  return latin1(start.subarray(0, MAGIC.length)) === MAGIC;
}
