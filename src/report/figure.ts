import { PAGE_SIZE } from '../machine.ts';
import { percent, size } from './units.ts';

/** Pages and their bytes. */
export interface PageAmount {
  readonly pages: number;
  readonly bytes: number;
}

/** How many pages there are; null if the dump does not show that, with the least that there are. */
export interface Figure {
  readonly pages: number | null;
  readonly bytes: number | null;
  readonly atLeast?: PageAmount;
}

export const amount = (pages: number): PageAmount => ({ pages, bytes: pages * PAGE_SIZE });

/** @param known whether the pages that were counted are all */
export function figure(pages: number, known: boolean): Figure {
  return known ? amount(pages) : { pages: null, bytes: null, atLeast: amount(pages) };
}

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

/** "12", or ">=12" if there may be more, or "?". */
export function pagesOf(row: Figure): string {
  return row.pages === null ? least(row, ({ pages }) => String(pages)) : String(row.pages);
}

/** "48 KiB", or ">=48 KiB" if there may be more, or "?". */
export function sizeText(row: Figure): string {
  return row.bytes === null ? least(row, ({ bytes }) => size(bytes)) : size(row.bytes);
}

function least({ atLeast }: Figure, text: (amount: PageAmount) => string): string {
  return atLeast ? `>=${text(atLeast)}` : '?';
}

/** The share of a row in the total, in percent. */
export function shareOf(row: Figure, total: Figure): string {
  return row.pages === null || total.pages === null ? '-' : percent(row.pages, total.pages);
}
