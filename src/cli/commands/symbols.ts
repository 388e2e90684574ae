import { anew } from '../../bytes/ranges.ts';
import { InspectError } from '../../errors.ts';
import { type AnySymbol, Symbolizer } from '../../kernel/symbols/symbolizer.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { jsonLine, jsonText } from '../../report/escape.ts';
import {
  locationLine,
  locationRow,
  moduleRow,
  type SymbolsReport,
  symbolLine,
  symbolRow,
} from '../../report/symbols-report.ts';
import { matchesPattern } from '../options/name-pattern.ts';
import type { CommonOptions } from '../options/options.ts';
import { EXIT, type Output } from '../output/output.ts';
import { withDump } from '../session/session.ts';

/** Lines written at once: all of them at once would be some ten MiB of text. */
const LINES = 4096;

interface Answer {
  readonly symbols: Iterable<AnySymbol>;
  readonly location?: { readonly address: bigint; readonly offset: bigint; readonly size: bigint };
}

/** `symbols`: the symbols of the kernel and its modules, by name, address or pattern, or all. Returns the exit status. */
export function symbols(file: string, query: string | undefined, options: CommonOptions): Promise<number> {
  return withDump([file], options, ({ image, kernel: open, output }) => {
    const kernel = open();
    for (const doubt of kernel.info.doubts) output.warn(doubt);
    const typed = new TypedKernel(kernel);
    const all = new Symbolizer(typed);
    const answer = ask(typed, all, query, image.path);
    const { warnings, status } = whatIsMissing(all, typed.symbols.damage);
    for (const warning of warnings) output.warn(warning);
    if (!options.json) {
      print(answer, output);
      return status;
    }
    const { count, form, source } = typed.symbols;
    const report: SymbolsReport = {
      schema: 'kdump-inspect/symbols/1',
      file: { path: image.path, format: image.format },
      table: { symbols: count, form, source },
      modules: all.modules?.modules.map(moduleRow) ?? null,
      query: query ?? null,
      ...(answer.location ? { location: locationRow(answer.location) } : {}),
      warnings,
      complete: status === EXIT.done,
      symbols: [],
    };
    streamJson(report, answer.symbols, output);
    return status;
  });
}

interface Missing {
  readonly warnings: string[];
  readonly status: number;
}

/** A kernel without BTF has told all that it can; modules that should be readable and are not leave a gap. */
function whatIsMissing({ modules, modulesError }: Symbolizer, damage: string | null): Missing {
  const damaged = damage === null ? [] : [damage];
  if (modulesError !== null) {
    const warnings = [...damaged, `the symbols of modules are not here: ${modulesError.message}`];
    const whole = damage === null && modulesError.kind === 'missingInfo';
    return { warnings, status: whole ? EXIT.done : EXIT.incomplete };
  }
  const { warnings, whole } = modules ?? { warnings: [], whole: true };
  const status = damage === null && whole ? EXIT.done : EXIT.incomplete;
  return { warnings: [...damaged, ...warnings], status };
}

/** Writes the document piece by piece: as one text, all symbols would take 300 MiB. */
function streamJson(report: SymbolsReport, found: Iterable<AnySymbol>, output: Output): void {
  const [before = '', after = ''] = jsonText(report).split('"symbols": []');
  output.result(`${before}"symbols": [`);
  let separator = '\n';
  inPieces(found, (symbols) => {
    output.result(symbols.map((symbol) => `${take()}    ${jsonLine(symbolRow(symbol))}`).join(''));
  });
  output.result(`\n  ]${after}`);

  function take(): string {
    const now = separator;
    separator = ',\n';
    return now;
  }
}

/** Hands over LINES symbols at a time. */
function inPieces(found: Iterable<AnySymbol>, use: (symbols: readonly AnySymbol[]) => void): void {
  let piece: AnySymbol[] = [];
  for (const symbol of found) {
    piece.push(symbol);
    if (piece.length < LINES) continue;
    use(piece);
    piece = [];
  }
  if (piece.length > 0) use(piece);
}

function ask(typed: TypedKernel, all: Symbolizer, query: string | undefined, path: string): Answer {
  if (query === undefined) return { symbols: all };
  const answer = /^0x[0-9a-f]{1,16}$/i.test(query) ? at(typed, all, BigInt(query)) : named(all, query);
  if (answer) return answer;
  const unread = all.modules === null ? '; those of modules could not be read' : '';
  throw new InspectError('missingInfo', `${path}: the kernel has no ${query}, nor has a module`, {
    path,
    hint: `patterns take * and ?${unread}`,
  });
}

/** Addresses below the image are offsets into per-CPU areas, which kernels before 6.15 have in their table. */
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
  const found = anew(() => matching(all, query));
  return found[Symbol.iterator]().next().done ? undefined : { symbols: found };
}

function* matching(all: Symbolizer, pattern: string): Generator<AnySymbol> {
  for (const symbol of all) if (matchesPattern(pattern, symbol.name)) yield symbol;
}

function print({ symbols: found, location }: Answer, output: Output): void {
  if (!location) inPieces(found, (piece) => output.result(piece.map(symbolLine).join('')));
  else for (const symbol of found) output.result(locationLine(symbol, location));
}
