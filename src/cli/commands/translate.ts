import { ABSENCES } from '../../absence.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { findLayout } from '../../kernel/layout/layout.ts';
import { contradictedBy } from '../../kernel/layout/linear-map.ts';
import { regionOf } from '../../kernel/layout/regions.ts';
import type { AddressSpace } from '../../kernel/paging/address-space.ts';
import { explainWalk } from '../../kernel/paging/address-space.ts';
import type { PageTableWalk, WalkStep } from '../../kernel/paging/page-walk.ts';
import { entryFlagNames } from '../../kernel/paging/paging.ts';
import { AddressResolver } from '../../kernel/symbols/address-resolver.ts';
import { mayBeHashed, type WrittenAddress } from '../../kernel/symbols/written-address.ts';
import { each } from '../../report/each.ts';
import {
  type TranslateFindings,
  type TranslationRow,
  translationRow,
} from '../../report/translate-report.ts';
import type { Session } from '../session/session.ts';

export interface TranslateAsked {
  readonly addresses: readonly WrittenAddress[];
}

/** `translate`: the page-table walk of virtual addresses. They are walked while the report is written. */
export function report(
  { image, kernelOrTables: open, options }: Session,
  { addresses }: TranslateAsked,
): TranslateFindings {
  const kernel = open();
  const { space, info } = kernel;
  const bases = findLayout(kernel, options.pageOffset);
  const resolver = new AddressResolver(kernel);
  const asked = addresses.map((written) => ({ written, ...resolver.resolve(written) }));
  const told = {
    warnings: [...info.doubts, ...resolver.warnings],
    consistent: true,
    complete: true,
    mapped: true,
  };
  const walked = function* () {
    for (const { written, address, isNumber } of asked) {
      const walk = space.walk(address);
      const contradiction = contradictedBy(walk, bases, info);
      if (contradiction !== undefined) told.warnings.push(contradiction);
      told.consistent &&= contradiction === undefined;
      told.complete &&= walk.result.kind !== 'noTable';
      told.mapped &&= walk.result.kind === 'mapped';
      if (walk.result.kind !== 'mapped' && mayBeHashed(written)) told.warnings.push(hashed(written));
      yield {
        ...translate(space, walk, regionOf(address, bases)),
        ...(isNumber ? {} : { query: written.text }),
      };
    }
  };
  return {
    schema: 'kdump-inspect/translate/1',
    file: { path: image.path, format: image.format },
    pagingLevels: kernel.pagingLevels,
    pageTableRoot: hex(space.walker.root),
    translations: each(walked),
    get mapped() {
      return told.mapped;
    },
    warnings: told.warnings,
    get complete() {
      return told.complete;
    },
    get consistent() {
      return told.consistent;
    },
  };
}

export { translateView as view } from '../../report/views/translate-view.ts';

/** Why not every address leads to memory. The report says which do not. */
export function failed({ file: { path }, mapped, complete, consistent }: TranslateFindings) {
  if (!consistent || mapped) return undefined;
  const why = complete ? 'is not mapped' : 'needs a page table that the dump lacks';
  const message = `${path}: an address ${why}: see the explanations of its translations`;
  return new InspectError(complete ? 'notMapped' : 'notStored', message, { path });
}

function hashed({ text }: WrittenAddress): string {
  return `${text} may be a hashed pointer: for %p the kernel prints a hash instead of the address`;
}

function translate(
  space: AddressSpace,
  walk: PageTableWalk,
  region: TranslationRow['region'],
): TranslationRow {
  const flagsOf = ({ entry, level }: WalkStep) => entryFlagNames(entry, level);
  const { result, address } = walk;
  if (result.kind !== 'mapped') {
    const explanation = explainWalk(result, address);
    return translationRow({ walk, flagsOf, region, explanation, contents: null });
  }
  const absence = space.memory.read(result.physical, new Uint8Array(1))?.absence;
  const explanation = absence ? `its memory is ${ABSENCES[absence]}` : 'is mapped';
  return translationRow({ walk, flagsOf, region, explanation, contents: absence ?? 'stored' });
}
