import type { ByteSource } from '../../src/bytes/source.ts';
import { InspectError } from '../../src/errors.ts';
import type { OpenOptions } from '../../src/formats/image/format.ts';
import type { VmcoreinfoText } from '../../src/formats/image/image.ts';
import { openSources } from '../../src/formats/open.ts';
import { findVmcoreinfo } from '../../src/kernel/identity/vmcoreinfo-note.ts';
import { openKernel } from '../../src/kernel/open/kernel.ts';
import { completeMemory } from '../../src/pages/absent/left-out.ts';
import { EXCLUDABLE } from '../../src/pages/classify/page-class.ts';
import { type PagesReport, pagesReport } from '../../src/report/pages-report.ts';
import { censusOf } from '../builders/census.ts';
import { CutSource } from '../builders/parts-source.ts';

/** How to run `pages`, besides on which file. */
export interface Asked extends OpenOptions {
  readonly vmcoreinfo?: VmcoreinfoText;
}

/**
 * The report of `pages --json` on a dump, made in this process: a hundred cuts take as long as three runs of
 * the program.
 */
export async function reportOf(files: readonly ByteSource[], asked: Asked = {}): Promise<PagesReport> {
  const image = await openSources(files, asked);
  const vmcoreinfo = asked.vmcoreinfo ?? findVmcoreinfo(image);
  const kernel = completeMemory(openKernel(image, { vmcoreinfo }));
  return pagesReport({ image, info: kernel.info, excludable: EXCLUDABLE }, censusOf(kernel));
}

/**
 * Offsets in a file of `size` bytes, the same in every run: a linear congruential generator (Knuth's MMIX).
 */
export function randomPlaces(size: number, count: number, seed = 1): number[] {
  let state = BigInt(seed);
  return Array.from({ length: count }, () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % (1n << 64n);
    return Math.floor((Number(state >> 11n) / 2 ** 53) * size);
  });
}

/**
 * The exit status, and what is wrong with the answer: nothing, if the dump was cut and the answer is honest.
 */
export interface Cut {
  readonly at: number;
  readonly status: 0 | 1 | 3;
  readonly faults: readonly string[];
}

/** Cuts file number `which` of a dump at an offset, and compares the report with the one on all of it. */
export async function cutAt(
  files: readonly ByteSource[],
  { at, which = 0 }: { readonly at: number; readonly which?: number },
  whole: PagesReport,
  asked: Asked = {},
): Promise<Cut> {
  let report: PagesReport;
  try {
    report = await reportOf(
      files.map((file, i) => (i === which ? new CutSource(file, at) : file)),
      asked,
    );
  } catch (error) {
    const said = error instanceof InspectError && error.kind !== 'usage' && error.message.length > 10;
    return { at, status: 1, faults: said ? [] : [`not a sentence: ${error}`] };
  }
  const faults = [...figureFaults(report, whole), ...silences(report)];
  return { at, status: report.complete ? 0 : 3, faults };
}

/** A report on a cut dump may lack figures, but it must say so. */
function silences(report: PagesReport): string[] {
  if (report.complete) return ['complete is true'];
  return report.warnings.some((warning) => warning.length > 10) ? [] : ['there is no warning'];
}

interface Figure {
  readonly pages: number | null;
  readonly atLeast?: { readonly pages: number };
}

/** For a row that is in a report only if it has pages. */
const NONE: Figure = { pages: 0 };

/** Figures that differ from those of the whole dump, and lower bounds that do not hold. */
export function figureFaults(cut: PagesReport, whole: PagesReport): string[] {
  const pairs: [string, Figure, Figure][] = [['total', cut.total, whole.total]];
  for (const name of Object.keys(whole.classes) as (keyof PagesReport['classes'])[]) {
    pairs.push([name, cut.classes[name] ?? NONE, whole.classes[name] ?? NONE]);
  }
  return pairs.flatMap(([name, now, then]) => {
    if (then.pages === null) return [];
    if (now.pages !== null)
      return now.pages === then.pages ? [] : [`${name} ${now.pages}, not ${then.pages}`];
    const least = now.atLeast?.pages ?? 0;
    return least <= then.pages ? [] : [`${name} at least ${least}, but the whole dump has ${then.pages}`];
  });
}
