import { hex } from '../../hex.ts';
import { hasMembers, isEnum, KIND } from '../../kernel/btf/kinds.ts';
import { findKnownSymbol, findType } from '../../kernel/symbols/find-subject.ts';
import { addressOf } from '../../kernel/symbols/named-address.ts';
import { Symbolizer } from '../../kernel/symbols/symbolizer.ts';
import { declaration, typeName } from '../../kernel/types/c-names.ts';
import { layoutOf } from '../../kernel/types/layout.ts';
import { layoutFault } from '../../kernel/types/layout-faults.ts';
import { followPath, parseSubject, type Subject } from '../../kernel/types/subject.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { notesOn, readValue, type Value } from '../../kernel/types/value.ts';
import { jsonText } from '../../report/escape.ts';
import {
  enumeratorRows,
  jsonValue,
  layoutRow,
  type StructReport,
  type StructTypeRow,
} from '../../report/struct-report.ts';
import { typeText } from '../../report/struct-text.ts';
import { terminal } from '../../report/terminal.ts';
import { type SymbolOf, valueText } from '../../report/value-text.ts';
import type { CommonOptions } from '../options/options.ts';
import { EXIT, type Output } from '../output/output.ts';
import { type Session, withDump } from '../session/session.ts';

/** Elements of an array that are shown to people, and to programs. */
const SHOWN = { text: 256, json: 1 << 16 } as const;
/** Values altogether: a megabyte or so of output. */
const VALUES = 1 << 17;

/** `struct`: what a type looks like, or what memory holds by it. Returns the exit status. */
export function struct(
  file: string,
  name: string,
  at: string | undefined,
  options: CommonOptions,
): Promise<number> {
  return withDump([file], options, (session) => {
    const typed = new TypedKernel(session.kernel());
    const symbols = new Symbolizer(typed);
    const start = startOf(typed, symbols, name, at, session.output);
    const subject = followPath(typed.space, start, parseSubject(name).steps);
    const { address } = subject;
    if (address === null) return showType(session, name, subject, start.module);
    const elements = options.json ? SHOWN.json : SHOWN.text;
    const value = readValue(typed.space, subject, address, { elements, values: VALUES });
    const query = { name, address: at ?? null };
    return showValue(session, { query, subject, address, value, module: start.module }, (pointer) => {
      const found = symbols.locate(pointer);
      if (!found) return undefined;
      const inside = found.offset === 0n ? '' : `+${hex(found.offset)}`;
      return `${found.symbol.name}${inside}${found.module === undefined ? '' : ` [${found.module}]`}`;
    });
  });
}

interface Start extends Subject {
  readonly module: string | null;
}

/** The type that the name begins with, at the address that was given, or at that of the symbol that the name is. */
function startOf(
  typed: TypedKernel,
  symbols: Symbolizer,
  text: string,
  at: string | undefined,
  output: Output,
): Start {
  const name = parseSubject(text);
  const known = at === undefined && name.nth === 1 ? findKnownSymbol(typed, name) : undefined;
  if (known) return { ...known, module: null };
  const { btf, id, module, alike } = findType(typed, name);
  if (alike > 1 && !text.includes('#')) {
    output.warn(`${alike} types are named ${name.name}; this is the first, ${name.name}#2 is the next`);
  }
  const address = at === undefined ? null : addressOf(typed, symbols, at);
  return { btf, type: id, bits: null, address, module };
}

function showType(session: Session, name: string, subject: Subject, module: string | null): number {
  const { image, output, options } = session;
  const warnings = damageOf(subject);
  for (const warning of warnings) output.warn(warning);
  const report: StructReport = {
    schema: 'kdump-inspect/struct/1',
    file: { path: image.path, format: image.format },
    query: { name, address: null },
    type: typeRow(subject, module, true),
    address: null,
    value: null,
    symbols: {},
    warnings,
    complete: warnings.length === 0,
  };
  output.result(options.json ? jsonText(report) : typeText(report, terminal(output.color, output.columns)));
  return report.complete ? EXIT.done : EXIT.incomplete;
}

/** What BTF says of the type that cannot be so. */
function damageOf({ btf, type }: Subject): string[] {
  const id = btf.resolve(type);
  const fault = hasMembers(btf.kind(id)) ? layoutFault(btf, id) : undefined;
  return fault === undefined
    ? []
    : [`BTF is damaged: ${typeName(btf, type)} cannot be laid out so: ${fault}`];
}

interface Shown {
  readonly query: StructReport['query'];
  readonly subject: Subject;
  readonly address: bigint;
  readonly value: Value;
  readonly module: string | null;
}

function showValue({ image, output, options }: Session, shown: Shown, symbolOf: SymbolOf): number {
  const { value, address, query } = shown;
  const { missing: lost, cut, pointers } = notesOn(value);
  const missing = [...damageOf(shown.subject), ...new Set(lost)];
  const warnings = [...missing, ...cut];
  const type = typeRow(shown.subject, shown.module, false);
  for (const warning of options.json ? warnings : missing) output.warn(warning);
  if (options.json) {
    const report: StructReport = {
      schema: 'kdump-inspect/struct/1',
      file: { path: image.path, format: image.format },
      query,
      type,
      address: hex(address),
      value: jsonValue(value),
      symbols: symbolsOf(pointers, symbolOf),
      warnings,
      complete: missing.length === 0,
    };
    output.result(jsonText(report));
  } else {
    output.result(valueText({ type, address, name: query.name, symbol: symbolOf(address) }, value, symbolOf));
  }
  return missing.length === 0 ? EXIT.done : EXIT.incomplete;
}

function symbolsOf(pointers: readonly bigint[], symbolOf: SymbolOf): Record<string, string> {
  const named = [...new Set(pointers)].map((pointer) => [hex(pointer), symbolOf(pointer)]);
  return Object.fromEntries(named.filter(([, symbol]) => symbol !== undefined));
}

/** What a subject is; with its layout only where no value of it is shown. */
function typeRow({ btf, type, bits }: Subject, module: string | null, whole: boolean): StructTypeRow {
  const resolved = btf.resolve(type);
  const kind = btf.kind(resolved);
  const isTypedef = btf.kind(type) === KIND.TYPEDEF;
  const name = typeName(btf, type);
  return {
    name: bits === null ? name : `${name}:${bits.count}`,
    definition: isTypedef ? declaration(btf, btf.target(type), name) : null,
    size: btf.sizeOf(type) ?? null,
    module,
    layout: whole && hasMembers(kind) ? layoutRow(layoutOf(btf, resolved)) : null,
    enumerators:
      whole && isEnum(kind)
        ? enumeratorRows(
            Array.from({ length: btf.elements(resolved) }, (_, i) => btf.enumerator(resolved, i)),
          )
        : null,
  };
}
