import { hex } from '../../hex.ts';
import type { StructFindings } from '../struct-report.ts';
import type { View } from '../view.ts';
import { typeView } from './type-view.ts';
import { valueView } from './value-view.ts';

/** A value, or the layout of a type. */
export function structView({ type, query, address, symbol, value, symbols }: StructFindings): View {
  if (value === null || address === null) return typeView(type);
  const title = { type, name: query.name, address: BigInt(address), symbol: symbol ?? undefined };
  return valueView(title, value, (pointer) => symbols[hex(pointer)]);
}
