import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { describedBytes, describedPieces, PIECES_LIMIT } from './described.ts';
import type { MemoryImage } from './image.ts';

/**
 * Pages of memory for each byte of a file: the sparsest dump has of each GiB one page of struct pages, where all of it is one
 * huge page whose struct pages are optimised away (HVO, mm/hugetlb_vmemmap.c).
 */
const PAGES_A_BYTE = 2 ** 18 / PAGE_SIZE;
/** Pages that any file may claim: the begin of a dump, cut off, is small. 256 GiB, which takes no time to look at. */
const ANY_FILE = 2 ** 26;

/**
 * Refuses a file that claims so much memory that to look at all of it would take hours, and that cannot have what it claims.
 * @throws InspectError corrupt
 */
export function requireHonestSize({ bytes, path, memory }: MemoryImage): void {
  if (bytes === null) return;
  const hint = 'is the file cut short, or are its headers damaged? segments shows what they claim';
  const refuse = (what: string) =>
    new InspectError('corrupt', `${path}: its headers claim ${what}`, { path, hint });
  const pages = describedBytes(memory) / PAGE_SIZE;
  const most = ANY_FILE + bytes * PAGES_A_BYTE;
  if (pages > most)
    throw refuse(`${Math.ceil(pages)} pages of memory, and a dump of ${bytes} bytes has ${most} at most`);
  const pieces = describedPieces(memory);
  if (pieces > PIECES_LIMIT)
    throw refuse(`memory in ${pieces} places, and that of a machine lies in ${PIECES_LIMIT} at most`);
}
