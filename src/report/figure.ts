import { PAGE_SIZE } from '../machine.ts';
import { percent, size } from './units.ts';

/** Pages and their bytes. */
export interface PageAmount {
  readonly pages: number;
  readonly bytes: number;
}

/** How many pages there are; null where the dump cannot tell, and then what it has at least. */
export interface Figure {
  readonly pages: number | null;
  readonly bytes: number | null;
  readonly atLeast?: PageAmount;
}

export const amount = (pages: number): PageAmount => ({ pages, bytes: pages * PAGE_SIZE });

/** Pages that were counted, and whether those are all. */
export function figure(pages: number, known: boolean): Figure {
  return known ? amount(pages) : { pages: null, bytes: null, atLeast: amount(pages) };
}

/** A count of pages, as it is in JSON. */
export function figureOf({
  pages,
  atLeast,
}: {
  readonly pages: number | null;
  readonly atLeast?: number;
}): Figure {
  if (pages !== null) return amount(pages);
  return atLeast === undefined ? { pages: null, bytes: null } : figure(atLeast, false);
}

/** As text: 12, or >=12 where there may be more, or a question mark. */
export function pagesOf(row: Figure): string {
  return row.pages === null ? least(row, ({ pages }) => String(pages)) : String(row.pages);
}

/** As text, in a unit that suits it. */
export function sizeText(row: Figure): string {
  return row.bytes === null ? least(row, ({ bytes }) => size(bytes)) : size(row.bytes);
}

function least({ atLeast }: Figure, text: (amount: PageAmount) => string): string {
  return atLeast ? `>=${text(atLeast)}` : '?';
}

/** The share of a row in the total, as text. */
export function shareOf(row: Figure, total: Figure): string {
  return row.pages === null || total.pages === null ? '-' : percent(row.pages, total.pages);
}
