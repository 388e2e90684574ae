/** The kinds of BTF types (include/uapi/linux/btf.h), in its spelling; 19 is the newest up to Linux 7.3. */
export const KIND = {
  VOID: 0,
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;

const NAMES = Object.keys(KIND);

/** Returns a kind's name, for messages. */
export function kindName(kind: number): string {
  return NAMES[kind] ?? `kind ${kind}`;
}

/** 4-byte words that follow a type's own three: a fixed number, and a number per element (vlen). */
export interface KindLayout {
  readonly fixed: number;
  readonly each: number;
}

const layout = (fixed: number, each: number): KindLayout => ({ fixed, each });
const ALONE = layout(0, 0);

/** By kind. Others can be skipped only if the BTF's own layout section gives their length. */
export const KIND_LAYOUTS: readonly (KindLayout | undefined)[] = [
  undefined,
  layout(1, 0), // INT: encoding, offset and bits in a word
  ALONE,
  layout(3, 0), // ARRAY: element type, index type, number of elements
  layout(0, 3), // STRUCT: name, type and offset of a member
  layout(0, 3), // UNION: the same
  layout(0, 2), // ENUM: name and value
  ALONE,
  ALONE,
  ALONE,
  ALONE,
  ALONE,
  ALONE,
  layout(0, 2), // FUNC_PROTO: name and type of a parameter
  layout(1, 0), // VAR: linkage
  layout(0, 3), // DATASEC: type, offset and size of a variable
  ALONE,
  layout(1, 0), // DECL_TAG: index of the component
  ALONE,
  layout(0, 3), // ENUM64: name, low and high half of the value
];

/*
 * The second word of a type. Since 7.2 (f7a6b9eaff3e) the number of elements has 24 bits and the kind 7.
 * Before, they had 16 and 5, and the kernel rejected BTF with other bits set, so the wide form reads both.
 */
export const vlenOf = (info: number): number => info & 0xff_ffff;
export const btfKindOf = (info: number): number => (info >>> 24) & 0x7f;
/** The top bit, whose meaning depends on the kind: bit fields, a signed enum, or a forward-declared union. */
export const kindFlagOf = (info: number): boolean => info >>> 31 === 1;

/** Modifiers name or qualify another type without changing its layout. */
export function isModifier(kind: number): boolean {
  return (kind >= KIND.TYPEDEF && kind <= KIND.RESTRICT) || kind === KIND.TYPE_TAG;
}

/** Structures and unions: the kinds that have members. */
export function hasMembers(kind: number): boolean {
  return kind === KIND.STRUCT || kind === KIND.UNION;
}

/** Enumerations of either width. */
export function isEnum(kind: number): boolean {
  return kind === KIND.ENUM || kind === KIND.ENUM64;
}
