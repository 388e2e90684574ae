import { InspectError } from '../../errors.ts';
import { type Kallsyms, type KernelSymbol, readKallsyms } from '../../kernel/kallsyms.ts';
import { escapeText, jsonLine, jsonText } from '../../report/escape.ts';
import { type SymbolsReport, symbolLine, symbolRow } from '../../report/symbols-report.ts';
import { hex } from '../../report/units.ts';
import type { CommonOptions } from '../options.ts';
import { EXIT, type Output } from '../output.ts';
import { withDump } from '../session.ts';

/** Lines written at once: all of them at once would be some ten MiB of text. */
const LINES = 4096;

interface Answer {
  readonly symbols: Iterable<KernelSymbol>;
  readonly location?: { readonly address: bigint; readonly offset: bigint; readonly size: bigint };
}

/** `symbols`: the kernel's own symbol table, by name, by address, by pattern, or all of it. Returns the exit status. */
export function symbols(file: string, query: string | undefined, options: CommonOptions): Promise<number> {
  return withDump([file], options, ({ image, kernel: open, output }) => {
    const kernel = open();
    for (const doubt of kernel.info.doubts) output.warn(doubt);
    const kallsyms = readKallsyms(kernel);
    const answer = ask(kallsyms, query, image.path);
    if (!options.json) {
      print(answer, output);
      return EXIT.done;
    }
    const report: SymbolsReport = {
      schema: 'kdump-inspect/symbols/1',
      file: { path: image.path, format: image.format },
      table: { symbols: kallsyms.count, form: kallsyms.form, source: kallsyms.source },
      query: query ?? null,
      ...(answer.location ? { location: locationRow(answer.location) } : {}),
      symbols: [],
    };
    streamJson(report, answer.symbols, output);
    return EXIT.done;
  });
}

/** Writes the document piece by piece: as one text, all symbols would take 300 MiB. */
function streamJson(report: SymbolsReport, found: Iterable<KernelSymbol>, output: Output): void {
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
function inPieces(found: Iterable<KernelSymbol>, use: (symbols: readonly KernelSymbol[]) => void): void {
  let piece: KernelSymbol[] = [];
  for (const symbol of found) {
    piece.push(symbol);
    if (piece.length < LINES) continue;
    use(piece);
    piece = [];
  }
  if (piece.length > 0) use(piece);
}

function locationRow({
  address,
  offset,
  size,
}: NonNullable<Answer['location']>): NonNullable<SymbolsReport['location']> {
  return { address: hex(address), offset: Number(offset), size: Number(size) };
}

function ask(kallsyms: Kallsyms, query: string | undefined, path: string): Answer {
  if (query === undefined) return { symbols: kallsyms };
  const answer = /^0x[0-9a-f]{1,16}$/i.test(query) ? at(kallsyms, BigInt(query)) : named(kallsyms, query);
  if (answer) return answer;
  throw new InspectError('missingInfo', `${path}: the kernel's symbol table has no ${query}`, {
    path,
    hint: 'patterns take * and ?; modules are not in this table',
  });
}

function at(kallsyms: Kallsyms, address: bigint): Answer | undefined {
  const found = kallsyms.nearest(address);
  return found && { symbols: [found.symbol], location: { address, offset: found.offset, size: found.size } };
}

function named(kallsyms: Kallsyms, query: string): Answer | undefined {
  if (!/[*?]/.test(query)) {
    const found = kallsyms.find(query);
    return found.length > 0 ? { symbols: found } : undefined;
  }
  const literal = (text: string) => text.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`^${literal(query).replace(/\*+/g, '.*').replace(/\?/g, '.')}$`, 's');
  const found: Iterable<KernelSymbol> = { [Symbol.iterator]: () => matching(kallsyms, pattern) };
  return found[Symbol.iterator]().next().done ? undefined : { symbols: found };
}

function* matching(kallsyms: Kallsyms, pattern: RegExp): Generator<KernelSymbol> {
  for (const symbol of kallsyms) if (pattern.test(symbol.name)) yield symbol;
}

function print({ symbols: found, location }: Answer, output: Output): void {
  if (location) {
    for (const { name } of found) {
      output.result(
        `${hex(location.address)} ${escapeText(name)}+${hex(location.offset)}/${hex(location.size)}\n`,
      );
    }
    return;
  }
  inPieces(found, (piece) => output.result(piece.map(symbolLine).join('')));
}
