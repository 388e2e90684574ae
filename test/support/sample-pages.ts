import { HoldingCode, type PhysicalMemory } from '../../src/formats/image/image.ts';

/** A prime, so that all residues of orders occur. */
const STEP = 97;
const FIRST = 300;
const END = 98_000;

/** Some pages from all over a dump of 384 MiB: those whose owners the fixtures keep. */
export function samplePfns(memory: PhysicalMemory): number[] {
  const holding = new Uint8Array(1);
  const pfns = Array.from({ length: Math.ceil((END - FIRST) / STEP) }, (_, i) => FIRST + i * STEP);
  return pfns.filter((pfn) => {
    memory.survey(pfn, holding);
    return holding[0] !== HoldingCode.hole;
  });
}
