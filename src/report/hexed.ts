import { hex } from '../hex.ts';

/** A value whose addresses, which are its bigints, are hex text. */
export type Hexed<T> = T extends bigint
  ? string
  : T extends object
    ? { readonly [Name in keyof T]: Hexed<T[Name]> }
    : T;

/** Returns plain data for JSON: all addresses in it are hex text. */
export function hexed<T>(value: T): Hexed<T> {
  return convert(value) as Hexed<T>;
}

function convert(value: unknown): unknown {
  if (typeof value === 'bigint') return hex(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(convert);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, convert(inner)]));
}
