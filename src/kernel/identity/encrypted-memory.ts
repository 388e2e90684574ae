import { InspectError } from '../../errors.ts';
import { firstPieces } from '../../formats/image/described.ts';
import type { MemoryImage, PhysicalMemory } from '../../formats/image/image.ts';
import { samplePfns } from '../../formats/image/sample-pfns.ts';
import { hex } from '../../hex.ts';
import { PAGE_SIZE } from '../../machine.ts';

/** Pages to sample, evenly over memory. */
const SAMPLES = 1024;
/** Fewer pages with contents prove nothing. */
const LEAST = 16;
/** The part of them, in hundredths, that must look random: a guest shares some pages with its host, in plain. */
const MOST = 90;
/**
 * Of 4096 random bytes each value occurs 16 times, and the sum of squares of the differences, divided by 16,
 * is 255, give or take 23. Text, code, pointers and tables have thousands.
 */
const RANDOM_LIMIT = 400;
/** The address bits of CR3, as in a page-table entry. */
const CR3_ADDRESS = 0x000f_ffff_ffff_f000n;

/**
 * Explains why a kernel was not found in memory that is encrypted: a host's dump of a guest with AMD SEV or
 * Intel TDX has ciphertext. kdump inside of such a guest, and on a host with AMD SME, writes plain memory.
 * @returns an unsupported error that says how it shows; the same error where nothing shows it
 */
export function explainEncrypted({ memory, registers, path }: MemoryImage, error: unknown): unknown {
  if (!(error instanceof InspectError) || !isNotFound(error)) return error;
  const evidence = encryptionBit(registers, memory) ?? randomPages(memory);
  if (evidence === undefined) return error;
  return new InspectError('unsupported', `${path}: ${evidence}`, {
    path,
    hint: 'only the guest itself can save a dump that is not encrypted: with kdump inside of it',
    cause: error,
  });
}

const ENCRYPTED = 'encrypted (AMD SEV, Intel TDX)';

/** Whether there is no VMCOREINFO, or no page tables as it says. */
function isNotFound({ kind, facts: { key } }: InspectError): boolean {
  return kind === 'missingInfo' || kind === 'corrupt'
    ? key === 'VMCOREINFO' || key === 'NUMBER(phys_base)'
    : false;
}

/**
 * A guest's CR3 has the bit that means encryption (sme_me_mask, arch/x86/mm/mem_encrypt_identity.c), which is
 * above all of its memory.
 */
function encryptionBit(registers: MemoryImage['registers'], memory: PhysicalMemory): string | undefined {
  let last = 0;
  for (const { end } of firstPieces(memory)) last = Math.max(last, end);
  for (const { cpu, cr3 } of registers) {
    const root = cr3 & CR3_ADDRESS;
    const highest = root.toString(2).length - 1;
    const below = root - (1n << BigInt(highest));
    if (root >= BigInt(last) && below > 0n && below < BigInt(last))
      return `the memory is ${ENCRYPTED}: CR3 of CPU ${cpu} is ${hex(cr3)}, and its bit ${highest} is above all memory`;
  }
  return undefined;
}

/** A compressed file that is read as plain memory looks the same. */
function randomPages(memory: PhysicalMemory): string | undefined {
  const page = new Uint8Array(PAGE_SIZE);
  let filled = 0;
  let random = 0;
  for (const pfn of samplePfns(memory, SAMPLES)) {
    if (memory.read(pfn * PAGE_SIZE, page) !== undefined || page.every((byte) => byte === 0)) continue;
    filled++;
    if (looksRandom(page)) random++;
  }
  if (filled < LEAST || random * 100 < filled * MOST) return undefined;
  return `the memory is ${ENCRYPTED}, or it is not memory: ${random} of ${filled} pages that are not zero have contents like random numbers`;
}

function looksRandom(page: Uint8Array): boolean {
  const counts = new Float64Array(256);
  for (const byte of page) (counts[byte] as number)++;
  const expected = page.length / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2, 0) / expected < RANDOM_LIMIT;
}
