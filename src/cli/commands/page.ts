import { type ErrorKind, InspectError } from '../../errors.ts';
import type { MemoryImage } from '../../formats/image/image.ts';
import { isLoss } from '../../formats/image/loss.ts';
import { hex } from '../../hex.ts';
import { type Fact, fact, type Missing } from '../../kernel/evidence/fact.ts';
import { completed } from '../../kernel/keys/second-source.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { AddressResolver, type ResolvedAddress } from '../../kernel/symbols/address-resolver.ts';
import { mayBeHashed } from '../../kernel/symbols/written-address.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE, PHYSICAL_LIMIT } from '../../machine.ts';
import { type PageDetails, pageDetails } from '../../pages/details/details.ts';
import { kfencePhysical } from '../../pages/details/kfence.ts';
import type { PageOwner } from '../../pages/details/owner.ts';
import { isPlaced } from '../../pages/details/place.ts';
import { explainPage, type PageExplanation } from '../../pages/explain/explain.ts';
import { CONTENTS, isByContents, type PageReport, pageReport } from '../../report/page-report.ts';
import type { PageOperand } from '../options/parsers.ts';
import type { Session } from '../session/session.ts';

export interface PageAsked {
  readonly at: PageOperand;
}

/** `page`: everything about one page. */
export function report({ image, kernel: open }: Session, { at }: PageAsked): PageReport {
  const kernel = completed(open());
  const resolver = new AddressResolver(kernel);
  const asked = 'pfn' in at ? null : { name: at.text, ...resolver.resolve(at) };
  const physical = asked && physicalOf(kernel, asked);
  const pfn = 'pfn' in at ? at.pfn : Math.floor((physical ?? 0) / PAGE_SIZE);
  const explained = explainPage(kernel, pfn);
  const details = fact(() => pageDetails(new TypedKernel(kernel), explained, physical));
  const lost = [...lostDetails(details, image), ...misplaced(details, image), ...lostPage(explained, image)];
  return pageReport(explained, details, {
    file: { path: image.path, format: image.format },
    ...(asked?.isNumber === false ? { query: { name: asked.name, address: hex(asked.address) } } : {}),
    warnings: [...kernel.info.doubts, ...resolver.warnings, ...hashed(at), ...lost],
    complete: lost.length === 0,
  });
}

export { pageView as view } from '../../report/views/page-view.ts';

function lostDetails(details: Fact<PageDetails | null>, image: MemoryImage): string[] {
  // Without types there are no details; the report says why.
  const counts = 'value' in details && !image.live ? isLoss : isLost;
  const lost = missingOf(details).find(({ kind }) => counts(kind, image));
  return lost ? [`not all about the page can be read: ${lost.missing}`] : [];
}

/** A warning if the zone that the flags name does not contain the page. */
function misplaced(details: Fact<PageDetails | null>, { live }: MemoryImage): string[] {
  if (live || !('value' in details) || details.value === null) return [];
  const { use, place } = details.value;
  if (!isPlaced(use) || 'missing' in place || place.value?.inSpan === true) return [];
  const zone = place.value
    ? `in ${place.value.zone} of node ${place.value.node}`
    : 'in a zone that does not exist';
  return [`by its flags the page is ${zone}, but it is outside the span of that zone`];
}

/** What is lost of the page itself. A page that a filter left out is not lost. */
function lostPage(page: PageExplanation, { live }: MemoryImage): string[] {
  const { class: held, contents, rule, reason, structPageError } = page;
  if (contents === 'hole' || contents === 'notStored') return [];
  const lost = contents !== 'stored' && `the contents of the page are ${CONTENTS[contents]}`;
  if (held !== null) return lost && !live ? [lost] : [];
  if (lost && isByContents(rule)) return [`${lost}, so whether it is ZERO or KERN_DATA is unknown`];
  return [`the use of the page is unknown: ${structPageError ?? reason}`, ...(lost && !live ? [lost] : [])];
}

/** What is missing in the details, or why there are none. */
function missingOf(details: Fact<PageDetails | null>): Missing[] {
  if ('missing' in details) return [details];
  if (!details.value) return [];
  const { place, owner } = details.value;
  const facts = [place, owner].flatMap((one) => ('missing' in one ? [one] : []));
  return [...facts, ...('value' in owner ? unnamedFile(owner.value) : [])];
}

function unnamedFile(owner: PageOwner | null): Missing[] {
  const error = owner && 'file' in owner ? owner.file?.unnamed : null;
  return error ? [{ missing: `the name of its file: ${error.message}`, kind: error.kind }] : [];
}

/** Whether the file is why a value is missing: it cannot be read there, or ends before it. */
function isLost(kind: ErrorKind, { live, memory }: MemoryImage): boolean {
  return !live && (kind === 'io' || (kind === 'notStored' && memory.cutShort));
}

function hashed(at: PageOperand): string[] {
  if ('pfn' in at || !mayBeHashed(at)) return [];
  return [
    `${at.text} is taken as a physical address; in a log it may be a hashed pointer (%p) or a process's address`,
  ];
}

/** A number that can be a physical address is one. */
function physicalOf(kernel: Kernel, { address, isNumber }: ResolvedAddress): number {
  return isNumber && address < BigInt(PHYSICAL_LIMIT) ? Number(address) : translatePage(kernel, address);
}

/** KFENCE unmaps the pages of its pool whose objects are free, and its guard pages. */
function translatePage(kernel: Kernel, address: bigint): number {
  try {
    return kernel.space.translate(address);
  } catch (error) {
    const unmapped = error instanceof InspectError && error.kind === 'notMapped';
    const physical = unmapped ? kfencePhysical(new TypedKernel(kernel), address) : null;
    if (physical === null) throw error;
    return physical;
  }
}
