import { type Btf, DEPTH_LIMIT } from '../btf/btf.ts';
import { KIND } from '../btf/kinds.ts';

const KEYWORDS: Readonly<Record<number, string>> = {
  [KIND.STRUCT]: 'struct',
  [KIND.UNION]: 'union',
  [KIND.ENUM]: 'enum',
  [KIND.ENUM64]: 'enum',
};

const QUALIFIERS: Readonly<Record<number, string>> = {
  [KIND.CONST]: 'const',
  [KIND.VOLATILE]: 'volatile',
  [KIND.RESTRICT]: 'restrict',
};

/** Limit of types in one declaration: functions that take functions may nest exponentially. */
const PARTS_LIMIT = 1 << 10;

/** What is left for a declaration. */
interface Budget {
  readonly depth: number;
  readonly parts: { left: number };
}

/** Returns a type in C notation: `const char *`, `struct page`. @throws InspectError corrupt */
export function typeName(btf: Btf, id: number): string {
  return declaration(btf, id, '');
}

/** Returns a declaration in C notation: `int (*probe)(struct device *)`. @throws InspectError corrupt */
export function declaration(btf: Btf, id: number, name: string): string {
  return declare(btf, id, name, { depth: 0, parts: { left: PARTS_LIMIT } });
}

/** Builds a declarator outwards from its name: pointers before it, arrays and parameters after it. */
function declare(btf: Btf, id: number, declarator: string, budget: Budget): string {
  const { depth, parts } = budget;
  if (depth > DEPTH_LIMIT) throw btf.corrupt(id, `is a declaration more than ${DEPTH_LIMIT} deep`);
  if (--parts.left < 0) throw btf.corrupt(id, `is a declaration of more than ${PARTS_LIMIT} types`);
  const kind = btf.kind(id);
  const around = (target: number, inner: string) => declare(btf, target, inner, { depth: depth + 1, parts });
  switch (kind) {
    case KIND.PTR:
      return around(btf.target(id), starred(btf, btf.target(id), declarator));
    case KIND.ARRAY:
      return around(btf.array(id).element, `${declarator}[${btf.array(id).count || ''}]`);
    case KIND.FUNC_PROTO:
      return around(btf.target(id), `${declarator}(${parameters(btf, id, budget)})`);
    case KIND.TYPE_TAG:
      return around(btf.target(id), declarator);
    case KIND.CONST:
    case KIND.VOLATILE:
    case KIND.RESTRICT:
      return qualified(btf, id, declarator, around);
    default:
      return joined(plainName(btf, id, kind), declarator);
  }
}

function starred(btf: Btf, target: number, declarator: string): string {
  const kind = btf.kind(target);
  const binds = kind === KIND.ARRAY || kind === KIND.FUNC_PROTO;
  return binds ? `(*${declarator})` : `*${declarator}`;
}

/** A pointer's qualifier comes after its star, each other one before its type. */
function qualified(
  btf: Btf,
  id: number,
  declarator: string,
  around: (target: number, inner: string) => string,
): string {
  const word = QUALIFIERS[btf.kind(id)] ?? '';
  const target = btf.target(id);
  return btf.kind(target) === KIND.PTR
    ? around(target, joined(word, declarator))
    : `${word} ${around(target, declarator)}`;
}

function parameters(btf: Btf, id: number, { depth, parts }: Budget): string {
  const count = btf.elements(id);
  if (count === 0) return 'void';
  return Array.from({ length: count }, (_, i) => {
    const { type } = btf.parameter(id, i);
    // A last parameter without a type stands for "...".
    return type === 0 && i === count - 1 ? '...' : declare(btf, type, '', { depth: depth + 1, parts });
  }).join(', ');
}

function plainName(btf: Btf, id: number, kind: number): string {
  if (kind === KIND.VOID) return 'void';
  const name = btf.nameOf(id);
  const keyword = kind === KIND.FWD ? (btf.flag(id) ? 'union' : 'struct') : KEYWORDS[kind];
  if (keyword === undefined) return name;
  return name === '' ? `${keyword} {...}` : `${keyword} ${name}`;
}

function joined(before: string, after: string): string {
  return after === '' ? before : `${before} ${after}`;
}
