import { repeatable } from '../../bytes/ranges.ts';
import { InspectError } from '../../errors.ts';
import type { AddressResolver } from '../../kernel/symbols/address-resolver.ts';
import type { AnySymbol } from '../../kernel/symbols/symbolizer.ts';
import type { WrittenAddress } from '../../kernel/symbols/written-address.ts';
import type { SymbolPlace } from '../../report/symbols-report.ts';
import type { NamePattern } from '../options/address-words.ts';
import { matchesPattern } from '../options/name-pattern.ts';

export type SymbolQuery = WrittenAddress | NamePattern;

/** A symbol, and for an address where in it that is. */
export interface FoundSymbol {
  readonly symbol: AnySymbol;
  readonly place?: SymbolPlace;
}

/**
 * The symbols that a query asks for, at least one.
 * @throws InspectError missingInfo if there is none, with names that are like it
 */
export function findSymbols(resolver: AddressResolver, query: SymbolQuery): Iterable<FoundSymbol> {
  return 'pattern' in query ? matching(resolver, query.pattern) : written(resolver, query);
}

function matching(resolver: AddressResolver, pattern: string): Iterable<FoundSymbol> {
  const found = repeatable(function* () {
    for (const symbol of resolver.symbols) if (matchesPattern(pattern, symbol.name)) yield { symbol };
  });
  if (found[Symbol.iterator]().next().done)
    throw noSymbol(pattern, [resolver.unread ?? 'patterns take * and ?']);
  return found;
}

/** A bare name stands for all symbols of that name, anything else for places in symbols. */
function written(resolver: AddressResolver, query: WrittenAddress): FoundSymbol[] {
  const { number, cpu, offset, size, text, symbol: name, module } = query;
  const named = resolver.find(query);
  if (named.length === 0 && number === null) {
    const error = resolver.notFound(query);
    throw module === null ? noSymbol(name ?? text, [error.facts.hint]) : error;
  }
  if (named.length > 0 && cpu === null && size === null && offset === 0n)
    return named.map((symbol) => ({ symbol }));
  const found =
    named.length > 0 ? named.flatMap((one) => placeIn(resolver, query, one)) : placeIn(resolver, query, null);
  if (found.length === 0) throw noSymbol(`at ${text}`, [resolver.unread]);
  return found;
}

/** The place of an address in the symbol that it was written with or, past the end of that, in another. */
function placeIn(resolver: AddressResolver, query: WrittenAddress, symbol: AnySymbol | null): FoundSymbol[] {
  const linked = BigInt.asUintN(64, (symbol?.address ?? query.number ?? 0n) + query.offset);
  const location = resolver.symbols.locateLinked(linked);
  if (!location) return [];
  const { offset, size, module } = { module: undefined, ...location };
  const other = module === undefined ? location.symbol : { ...location.symbol, module };
  const own = symbol?.address === linked - offset ? symbol : other;
  const { cpu } = query;
  const address = cpu === null ? linked : resolver.addressAt(query, symbol);
  return [{ symbol: own, place: { address, offset, size, cpu } }];
}

function noSymbol(what: string, hints: readonly (string | null | undefined)[]): InspectError {
  const message = `neither the kernel nor a module has a symbol ${what}`;
  const [hint] = hints.filter((one) => one != null);
  return new InspectError('missingInfo', message, hint === undefined ? {} : { hint });
}
