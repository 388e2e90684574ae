import { repeatable } from '../../bytes/ranges.ts';
import { InspectError } from '../../errors.ts';
import { type AnySymbol, Symbolizer } from '../../kernel/symbols/symbolizer.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { each } from '../../report/each.ts';
import {
  locationRow,
  moduleRow,
  type SymbolsFindings,
  symbolRow,
  symbolsJson,
} from '../../report/symbols-report.ts';
import { matchesPattern } from '../options/name-pattern.ts';
import type { Session } from '../session/session.ts';

export interface SymbolsAsked {
  readonly query: string | undefined;
}

interface Answer {
  readonly symbols: Iterable<AnySymbol>;
  readonly location?: { readonly address: bigint; readonly offset: bigint; readonly size: bigint };
}

/** `symbols`: the symbols of the kernel and its modules, by name, address or pattern, or all. */
export function report({ image, kernel: open }: Session, { query }: SymbolsAsked): SymbolsFindings {
  const kernel = open();
  const typed = new TypedKernel(kernel);
  const all = new Symbolizer(typed);
  const { symbols, location } = ask(typed, all, query, image.path);
  const { count, form, source, damage } = typed.symbols;
  const { warnings, complete } = whatIsMissing(all, damage);
  return {
    schema: 'kdump-inspect/symbols/1',
    file: { path: image.path, format: image.format },
    table: { symbols: count, form, source },
    modules: all.modules?.modules.map(moduleRow) ?? null,
    query: query ?? null,
    ...(location ? { location: locationRow(location) } : {}),
    warnings: [...kernel.info.doubts, ...warnings],
    complete,
    symbols: each(() => rowsOf(symbols)),
  };
}

export { symbolsView as view } from '../../report/views/symbols-view.ts';
export { symbolsJson as json };

function* rowsOf(symbols: Iterable<AnySymbol>) {
  for (const symbol of symbols) yield symbolRow(symbol);
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

function ask(typed: TypedKernel, all: Symbolizer, query: string | undefined, path: string): Answer {
  if (query === undefined) return { symbols: all };
  const isAddress = /^0x[0-9a-f]{1,16}$/i.test(query);
  const answer = isAddress ? at(typed, all, BigInt(query)) : named(all, query);
  if (answer) return answer;
  const untold = typed.noData ? `; ${typed.noData.message}` : '';
  const unread = all.modules === null ? '; the symbols of modules could not be read' : '';
  throw new InspectError(
    'missingInfo',
    `${path}: neither the kernel nor a module has a symbol ${isAddress ? 'at ' : ''}${query}`,
    {
      path,
      hint: `patterns take * and ?${unread}${untold}`,
    },
  );
}

/**
 * Addresses below the image are offsets into per-CPU areas, which are in the symbol table of kernels before
 * 6.15.
 */
function at(typed: TypedKernel, all: Symbolizer, address: bigint): Answer | undefined {
  const found = all.locate(address) ?? typed.symbols.nearest(address);
  if (!found) return undefined;
  const { symbol, offset, size, module } = { module: undefined, ...found };
  const named = module === undefined ? symbol : { ...symbol, module };
  return { symbols: [named], location: { address, offset, size } };
}

function named(all: Symbolizer, query: string): Answer | undefined {
  if (!/[*?]/.test(query)) {
    const found = all.find(query);
    return found.length > 0 ? { symbols: found } : undefined;
  }
  const found = repeatable(() => matching(all, query));
  return found[Symbol.iterator]().next().done ? undefined : { symbols: found };
}

function* matching(all: Symbolizer, pattern: string): Generator<AnySymbol> {
  for (const symbol of all) if (matchesPattern(pattern, symbol.name)) yield symbol;
}
