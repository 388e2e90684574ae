import { hex } from '../hex.ts';

/** A value with hex text for each bigint, which are the addresses in it. */
export type Hexed<T> = T extends bigint
  ? string
  : T extends object
    ? { readonly [Name in keyof T]: Hexed<T[Name]> }
    : T;

/** Plain data for JSON: its addresses, at any depth, as hex. */
export function hexed<T>(value: T): Hexed<T> {
  return convert(value) as Hexed<T>;
}

function convert(value: unknown): unknown {
  if (typeof value === 'bigint') return hex(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(convert);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, convert(inner)]));
}
