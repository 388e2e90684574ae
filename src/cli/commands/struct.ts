import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { hasMembers, isEnum, KIND } from '../../kernel/btf/kinds.ts';
import { AddressResolver } from '../../kernel/symbols/address-resolver.ts';
import { findKnownSymbol, findType } from '../../kernel/symbols/find-subject.ts';
import { Symbolizer } from '../../kernel/symbols/symbolizer.ts';
import type { WrittenAddress } from '../../kernel/symbols/written-address.ts';
import { declaration, typeName } from '../../kernel/types/c-names.ts';
import { layoutOf } from '../../kernel/types/layout.ts';
import { layoutFault } from '../../kernel/types/layout-faults.ts';
import { followPath, parseSubject, type Subject, type SubjectName } from '../../kernel/types/subject.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { notesOn, readValue } from '../../kernel/types/value.ts';
import { jsonPieces } from '../../report/json-pieces.ts';
import {
  enumeratorRows,
  layoutRow,
  type StructFindings,
  type StructTypeRow,
  structDocument,
} from '../../report/struct-report.ts';
import type { Session } from '../session/session.ts';

/** Elements of an array that are shown in text, and in JSON. */
const SHOWN = { text: 256, json: 1 << 16 } as const;
/** Values in total: about a megabyte of output. */
const VALUES = 1 << 17;

export interface StructAsked {
  /** A type, or a symbol that has a type, with an optional path. */
  readonly subject: string;
  readonly at: WrittenAddress | undefined;
}

/** `struct`: the layout of a type, or a value of it in memory. */
export function report(session: Session, { subject: name, at }: StructAsked): StructFindings {
  const { image, kernel: open, options } = session;
  const typed = new TypedKernel(open());
  const symbols = new Symbolizer(typed);
  const resolver = new AddressResolver(typed.kernel, symbols);
  const start = startOf(typed, resolver, name, at);
  const subject = followPath(typed.space, start, parseSubject(name).steps);
  const { address } = subject;
  const elements = options.json ? SHOWN.json : SHOWN.text;
  const value =
    address === null ? null : readValue(typed.space, subject, address, { elements, values: VALUES });
  const { missing, cut, pointers } = value ? notesOn(value) : NO_NOTES;
  const lost = [...damageOf(subject), ...new Set(missing)];
  return {
    schema: 'kdump-inspect/struct/1',
    file: { path: image.path, format: image.format },
    query: { name, address: address === null ? null : (at?.text ?? null) },
    type: typeRow(subject, start.module, value === null),
    address: address === null ? null : hex(address),
    symbol: address === null ? null : (placeOf(symbols, address) ?? null),
    value,
    symbols: symbolsOf(pointers, symbols),
    // Text says so itself where it leaves something out.
    warnings: [...typed.kernel.info.doubts, ...start.warnings, ...lost, ...(options.json ? cut : [])],
    complete: lost.length === 0,
  };
}

const NO_NOTES: ReturnType<typeof notesOn> = { missing: [], cut: [], pointers: [] };

export { structView as view } from '../../report/views/struct-view.ts';

export function json(report: StructFindings): Generator<string> {
  return jsonPieces(structDocument(report));
}

interface Start extends Subject {
  readonly module: string | null;
  readonly warnings: readonly string[];
}

/** The type or symbol at the start of the name, with the given address or that of the symbol. */
function startOf(
  typed: TypedKernel,
  resolver: AddressResolver,
  text: string,
  at: WrittenAddress | undefined,
): Start {
  const name = parseSubject(text);
  const place = whereOf(name, at);
  const known = place === undefined && name.nth === 1 ? findKnownSymbol(typed, name) : undefined;
  if (known) return { ...known, module: null, warnings: [] };
  const { btf, id, module, alike } = findType(typed, name);
  const others =
    alike > 1 && !text.includes('#')
      ? [`${alike} types are named ${name.name}; this is the first, ${name.name}#2 is the next`]
      : [];
  const address = place === undefined ? null : resolver.resolve(place).address;
  return { btf, type: id, bits: null, address, module, warnings: [...others, ...resolver.warnings] };
}

/** The given address or, for a name with a CPU, that of the CPU's copy of the variable. */
function whereOf({ name, cpu }: SubjectName, at: WrittenAddress | undefined): WrittenAddress | undefined {
  if (cpu === null) return at;
  const text = `${name}@${cpu}`;
  if (at) throw new InspectError('usage', `${text} says where the value is, and so does ${at.text}`);
  return { text, number: null, symbol: name, module: null, cpu, offset: 0n, size: null };
}

/** What is impossible in BTF's layout of the type. */
function damageOf({ btf, type }: Subject): string[] {
  const id = btf.resolve(type);
  const fault = hasMembers(btf.kind(id)) ? layoutFault(btf, id) : undefined;
  return fault === undefined
    ? []
    : [`BTF is damaged: ${typeName(btf, type)} has an impossible layout: ${fault}`];
}

/** The symbol that contains an address, with the offset. */
function placeOf(symbols: Symbolizer, address: bigint): string | undefined {
  const found = symbols.locate(address);
  if (!found) return undefined;
  const inside = found.offset === 0n ? '' : `+${hex(found.offset)}`;
  return `${found.symbol.name}${inside}${found.module === undefined ? '' : ` [${found.module}]`}`;
}

function symbolsOf(pointers: readonly bigint[], symbols: Symbolizer): Record<string, string> {
  const named = [...new Set(pointers)].map((pointer) => [hex(pointer), placeOf(symbols, pointer)]);
  return Object.fromEntries(named.filter(([, symbol]) => symbol !== undefined));
}

/** The type of a subject, with its layout only if no value is shown. */
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
