import { InspectError } from '../../errors.ts';
import { AddressResolver } from '../../kernel/symbols/address-resolver.ts';
import { Symbolizer } from '../../kernel/symbols/symbolizer.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { each } from '../../report/each.ts';
import {
  locationRow,
  moduleRow,
  type SymbolPlace,
  type SymbolsFindings,
  symbolRow,
  symbolsJson,
} from '../../report/symbols-report.ts';
import type { Session } from '../session/session.ts';
import { type FoundSymbol, findSymbols, type SymbolQuery } from './symbol-search.ts';

export interface SymbolsAsked {
  readonly queries: readonly SymbolQuery[] | undefined;
}

/** `symbols`: the symbols of the kernel and its modules, by name, address or pattern, or all. */
export function report({ image, kernel: open }: Session, { queries }: SymbolsAsked): SymbolsFindings {
  const kernel = open();
  const typed = new TypedKernel(kernel);
  const all = new Symbolizer(typed);
  const resolver = new AddressResolver(kernel, all);
  const answers = queries?.map((query) => answer(resolver, query)) ?? [];
  const missing = answers.flatMap(({ text, error }) => (error ? [{ text, error }] : []));
  if (answers.length === 1 && missing[0]) throw missing[0].error;
  const place = answers.length === 1 ? onlyPlace(answers[0]?.found ?? []) : undefined;
  const { count, form, source, damage } = typed.symbols;
  const { warnings, complete } = whatIsMissing(all, damage);
  return {
    schema: 'kdump-inspect/symbols/1',
    file: { path: image.path, format: image.format },
    table: { symbols: count, form, source },
    modules: all.modules?.modules.map(moduleRow) ?? null,
    query: queries ? answers.map(({ text }) => text).join(' ') : null,
    ...(place ? { location: locationRow(place) } : {}),
    ...(missing.length > 0 ? { notFound: missing.map(({ text }) => text) } : {}),
    warnings: [
      ...kernel.info.doubts,
      ...warnings,
      ...resolver.warnings,
      ...missing.map(({ error: { message, facts } }) => (facts.hint ? `${message}; ${facts.hint}` : message)),
    ],
    complete,
    symbols: each(() => (queries ? rowsOf(answers) : allRows(all))),
  };
}

export { symbolsView as view } from '../../report/views/symbols-view.ts';
export { symbolsJson as json };

/** Why not every name, address and pattern has a symbol. The report says of each why. */
export function failed({ file: { path }, notFound }: SymbolsFindings): InspectError | undefined {
  if (notFound === undefined) return undefined;
  const message = `${path}: not found: ${notFound.join(', ')}: see the warnings`;
  return new InspectError('missingInfo', message, { path });
}

/** What a query found; of several queries, or why it found nothing. */
interface Answer {
  readonly text: string;
  readonly found: Iterable<FoundSymbol>;
  readonly error?: InspectError;
}

function answer(resolver: AddressResolver, query: SymbolQuery): Answer {
  const text = 'pattern' in query ? query.pattern : query.text;
  try {
    return { text, found: findSymbols(resolver, query) };
  } catch (error) {
    if (!(error instanceof InspectError) || error.kind !== 'missingInfo') throw error;
    return { text, found: [], error };
  }
}

/** The place of a single address. */
function onlyPlace(found: Iterable<FoundSymbol>): SymbolPlace | undefined {
  const [first, second] = found;
  return second === undefined ? first?.place : undefined;
}

function* rowsOf(answers: readonly Answer[]) {
  for (const { found } of answers) for (const { symbol, place } of found) yield symbolRow(symbol, place);
}

function* allRows(all: Symbolizer) {
  for (const symbol of all) yield symbolRow(symbol);
}

interface Missing {
  readonly warnings: readonly string[];
  readonly complete: boolean;
}

/**
 * The symbols of modules need BTF. Without BTF nothing is lost; modules that cannot be read although there is
 * BTF are.
 */
function whatIsMissing({ modules, modulesError }: Symbolizer, damage: string | null): Missing {
  const damaged = damage === null ? [] : [damage];
  if (modulesError !== null) {
    const warnings = [...damaged, `the symbols of modules are missing: ${modulesError.message}`];
    return { warnings, complete: damage === null && modulesError.kind === 'missingInfo' };
  }
  const { warnings, whole } = modules ?? { warnings: [], whole: true };
  return { warnings: [...damaged, ...warnings], complete: damage === null && whole };
}
