import { ABSENCES } from '../../absence.ts';
import { hex } from '../../hex.ts';
import { findLayout } from '../../kernel/layout/layout.ts';
import { contradictedBy } from '../../kernel/layout/linear-map.ts';
import { type Bases, regionOf } from '../../kernel/layout/regions.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { explainWalk } from '../../kernel/paging/address-space.ts';
import type { WalkStep } from '../../kernel/paging/page-walk.ts';
import { entryFlagNames } from '../../kernel/paging/paging.ts';
import { jsonPieces } from '../../report/json-pieces.ts';
import { terminal } from '../../report/terminal.ts';
import {
  type TranslateReport,
  type TranslationRow,
  translateText,
  translationRow,
} from '../../report/translate-report.ts';
import type { CommonOptions } from '../options/options.ts';
import { EXIT } from '../output/output.ts';
import { withDump } from '../session/session.ts';

/** `translate`: the page-table walk of virtual addresses. Status 1 when one of them leads nowhere, 3 when one is contradicted. */
export function translate(
  file: string,
  addresses: readonly bigint[],
  options: CommonOptions,
): Promise<number> {
  return withDump([file], options, ({ image, kernelOrTables: open, output }) => {
    const kernel = open();
    const bases = findLayout(kernel, options.pageOffset);
    const contradictions = addresses.flatMap(
      (address) => contradictedBy(kernel.space.walk(address), bases, kernel.info) ?? [],
    );
    const warnings = [...kernel.info.doubts, ...contradictions];
    for (const warning of warnings) output.warn(warning);
    let mapped = true;
    const translations = function* () {
      for (const address of addresses) {
        const row = translateOne(kernel, bases, address);
        mapped &&= row.result === 'mapped';
        yield row;
      }
    };
    const report: TranslateReport<Iterable<TranslationRow>> = {
      schema: 'kdump-inspect/translate/1',
      file: { path: image.path, format: image.format },
      pagingLevels: kernel.pagingLevels,
      pageTableRoot: hex(kernel.space.walker.root),
      translations: translations(),
      warnings,
      consistent: contradictions.length === 0,
    };
    const show = terminal(output.color, output.columns);
    for (const piece of options.json ? jsonPieces(report) : translateText(report, show)) output.result(piece);
    if (!report.consistent) return EXIT.incomplete;
    return mapped ? EXIT.done : EXIT.failed;
  });
}

function translateOne({ space }: Kernel, bases: Bases, address: bigint): TranslationRow {
  const walk = space.walk(address);
  const region = regionOf(address, bases);
  const flagsOf = ({ entry, level }: WalkStep) => entryFlagNames(entry, level);
  const { result } = walk;
  if (result.kind !== 'mapped') {
    const explanation = explainWalk(result, address);
    return translationRow({ walk, flagsOf, region, explanation, contents: null });
  }
  const absence = space.memory.read(result.physical, new Uint8Array(1))?.absence;
  const explanation = absence ? `its memory is ${ABSENCES[absence]}` : 'is mapped';
  return translationRow({ walk, flagsOf, region, explanation, contents: absence ?? 'stored' });
}
