import { InspectError } from '../../errors.ts';
import { type Kallsyms, type KernelSymbol, readKallsyms } from '../../kernel/kallsyms.ts';
import { escapeText, jsonText } from '../../report/escape.ts';
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
    const kallsyms = readKallsyms(open());
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
      symbols: [...answer.symbols].map(symbolRow),
      ...(answer.location ? { location: locationRow(answer.location) } : {}),
    };
    output.result(jsonText(report));
    return EXIT.done;
  });
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
  const found = [...kallsyms].filter((symbol) => pattern.test(symbol.name));
  return found.length > 0 ? { symbols: found } : undefined;
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
  let lines: string[] = [];
  for (const symbol of found) {
    lines.push(symbolLine(symbol));
    if (lines.length < LINES) continue;
    output.result(lines.join(''));
    lines = [];
  }
  output.result(lines.join(''));
}
