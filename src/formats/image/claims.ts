import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { describedBytes, describedPieces, PIECES_LIMIT } from './described.ts';
import type { MemoryImage } from './image.ts';

/**
 * Pages of memory per byte of a file. The sparsest dump has one page of struct pages per GiB: each GiB is one
 * huge page whose struct pages are optimised away (HVO, mm/hugetlb_vmemmap.c).
 */
const PAGES_A_BYTE = 2 ** 18 / PAGE_SIZE;
/**
 * Pages that a file of any size may claim, because the start of a truncated dump is small. 256 GiB take no
 * time to look at.
 */
const ANY_FILE = 2 ** 26;

/**
 * Refuses a file that claims more memory than it can have, because looking at all of it would take hours.
 * @throws InspectError corrupt
 */
export function requireHonestSize({ bytes, path, memory }: MemoryImage): void {
  if (bytes === null) return;
  const hint =
    'the file may be cut short, or its headers damaged; the command segments shows what they claim';
  const refuse = (what: string) =>
    new InspectError('corrupt', `${path}: its headers claim ${what}`, { path, hint });
  const pages = describedBytes(memory) / PAGE_SIZE;
  const most = ANY_FILE + bytes * PAGES_A_BYTE;
  if (pages > most)
    throw refuse(`${Math.ceil(pages)} pages of memory, but a dump of ${bytes} bytes has at most ${most}`);
  const pieces = describedPieces(memory);
  if (pieces > PIECES_LIMIT)
    throw refuse(`memory in ${pieces} separate ranges, but a machine has at most ${PIECES_LIMIT}`);
}
