import type { Absence } from '../../absence.ts';
import { InspectError } from '../../errors.ts';
import { HoldingCode, type PhysicalMemory } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { ClassJudge } from '../classify/class-judge.ts';
import type { PageClass } from '../classify/page-class.ts';
import { requireKeys } from '../classify/required-keys.ts';
import { FIRST_EXCLUDING, RULES, Rule } from '../classify/rules.ts';
import { ZeroPages } from '../classify/zero-pages.ts';
import { deviceTest } from '../struct-pages/device-pages.ts';
import type { PageFacts } from '../struct-pages/page-facts.ts';
import { pageKeys } from '../struct-pages/page-keys.ts';
import { pfnRanges } from '../struct-pages/pfn-ranges.ts';
import { runsOf } from '../struct-pages/runs.ts';
import { StructPages } from '../struct-pages/struct-pages.ts';
import { SPAN_PAGES } from '../walk/spans.ts';
import { Walk } from '../walk/walk.ts';
import { zonesOrNone } from '../zones/try-zones.ts';
import { type DecodedStructPage, decodeStructPage, type StructPage, unwritten } from './struct-page.ts';

/** Everything about one page. */
export interface PageExplanation {
  readonly pfn: number;
  /** Whether the dump has its contents, or why not. */
  readonly contents: 'stored' | Absence;
  /** Whether the contents are all zero; null where they cannot be read. */
  readonly zero: boolean | null;
  readonly section: number;
  /** null without one. If it should be there and cannot be read, `structPageError` says why. */
  readonly structPage: StructPage | null;
  readonly structPageError: string | null;
  /** What the struct page says, as the rules ask for it; 0 without one. */
  readonly facts: PageFacts;
  readonly rule: (typeof RULES)[number]['name'];
  readonly reason: string;
  /** The head of the free block or compound that decided for this page, when that is another page. */
  readonly decidedBy: number | null;
  /** null where the dump does not tell. */
  readonly class: PageClass | null;
}

/**
 * Says what one page is and which rule decided it, by the same rules as the census.
 * @throws InspectError missingInfo or corrupt, when the memory map itself cannot be read; notStored for a pfn
 * that neither the dump nor the kernel's memory map knows
 */
export function explainPage(kernel: Kernel, pfn: number): PageExplanation {
  requireKeys(kernel);
  const { memory } = kernel.image;
  const isHole = surveyed(memory, pfn)[0] === HoldingCode.hole;
  const decoded = decodeStructPage(kernel, new StructPages(kernel), pfn);
  if (isHole) requireStructPage(pfn, decoded);
  const struct = typeof decoded === 'string' ? null : decoded;
  const structPages = new StructPages(kernel);
  const verdict = verdictOf(kernel, structPages, pfn, isHole);
  const zero = new ZeroPages(memory).isZero(pfn) ?? null;
  const rule = RULES[verdict.rule] as (typeof RULES)[number];
  return {
    pfn,
    contents:
      zero === null
        ? (memory.read(pfn * PAGE_SIZE, new Uint8Array(PAGE_SIZE))?.absence ?? 'notStored')
        : 'stored',
    zero,
    section: Math.floor(pfn / structPages.pagesPerSection),
    structPage: struct?.page ?? null,
    facts: struct?.facts ?? 0,
    structPageError: typeof decoded === 'string' ? decoded : null,
    rule: rule.name,
    reason: rule.reason,
    decidedBy: verdict.head === pfn ? null : verdict.head,
    class: rule.class ?? byContents(verdict.rule, zero),
  };
}

/**
 * A page that the dump does not cover can only be explained by its struct page.
 * @throws InspectError notStored, without one
 */
function requireStructPage(pfn: number, decoded: DecodedStructPage | string | null): void {
  const lacking = typeof decoded === 'string' ? decoded : decoded === null ? '' : unwritten(decoded);
  if (lacking === null) return;
  const where = `pfn ${pfn} (physical ${hex(pfn * PAGE_SIZE)}) is in no segment of the dump`;
  const message = lacking === '' ? where : `${where}, and ${lacking}`;
  throw new InspectError('notStored', message, { address: BigInt(pfn) * BigInt(PAGE_SIZE) });
}

function byContents(rule: Rule, zero: boolean | null): PageClass | null {
  if (rule >= FIRST_EXCLUDING || zero === null) return null;
  return zero ? 'zero' : 'kernelData';
}

function surveyed(memory: PhysicalMemory, pfn: number): Uint8Array {
  const holding = new Uint8Array(1);
  memory.survey(pfn, holding);
  return holding;
}

/**
 * Walks from the first page that may be the page's head, which is the start of its span, up to the page
 * itself: over what the dump covers, or for a page that it does not cover over all pages that may have struct
 * pages.
 */
function verdictOf(
  kernel: Kernel,
  structPages: StructPages,
  pfn: number,
  isHole: boolean,
): { rule: Rule; head: number } {
  const keys = { ...pageKeys(kernel.info), device: deviceTest(zonesOrNone(kernel), kernel.info) };
  const walk = new Walk(structPages, keys, new ClassJudge(keys));
  const { extents } = walk.judge;
  const start = pfn - (pfn % SPAN_PAGES);
  const before = isHole
    ? [{ start, end: pfn + 1 }]
    : pfnRanges(kernel.image.memory.described(start * PAGE_SIZE, (pfn + 1) * PAGE_SIZE));
  let rule: Rule = Rule.noStructPage;
  for (const run of runsOf(before)) {
    extents.clear();
    walk.run(run.pfn, run.count);
    rule = extents.rules[extents.length - 1] as Rule;
  }
  const unknown: readonly Rule[] = [Rule.unreadable, Rule.headUnread, Rule.noStructPage];
  const covered = !unknown.includes(rule) && pfn < walk.cover.until;
  return { rule, head: covered ? walk.cover.head : pfn };
}
