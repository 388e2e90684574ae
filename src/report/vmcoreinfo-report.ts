import type { Vmcoreinfo } from '../kernel/vmcoreinfo/vmcoreinfo.ts';
import { type BootRow, bootRows } from './boots.ts';
import type { Report } from './report.ts';
import { choiceOf, type VmcoreinfoChoice } from './vmcoreinfo-choice.ts';

/** The document of `vmcoreinfo --json`. */
export interface VmcoreinfoReport extends Report, VmcoreinfoChoice {
  readonly schema: 'kdump-inspect/vmcoreinfo/1';
  readonly file: { readonly path: string; readonly format: string };
  /** Kernels that a search found; empty if the note was enough. */
  readonly boots: readonly BootRow[];
  /**
   * Every line in the order of the note: addresses as 0x text, numbers up to 2^53 as numbers, everything else
   * as text.
   */
  readonly entries: Readonly<Record<string, string | number>>;
}

export function vmcoreinfoReport(info: Vmcoreinfo, file: VmcoreinfoReport['file']): VmcoreinfoReport {
  const entries = Object.fromEntries(info.keys().map((key) => [key, info.presented(key)]));
  const cut =
    info.unterminated === null ? [] : [`the last line is cut off and was ignored: ${info.unterminated}`];
  const odd = info.odd.map((line) => `a line without a key: ${line}`);
  return {
    schema: 'kdump-inspect/vmcoreinfo/1',
    file,
    ...choiceOf(info),
    boots: bootRows(info.boots),
    entries,
    warnings: [...info.doubts, ...cut, ...odd, ...notABuildId(info)],
    complete: info.unterminated === null,
  };
}

function notABuildId(info: Vmcoreinfo): string[] {
  const rest = info.cutBuildId;
  if (rest === undefined) return [];
  return [
    `BUILD-ID is not the build id: it begins with the header of a note, as some stable kernels wrote it; the id begins with ${rest}`,
  ];
}
