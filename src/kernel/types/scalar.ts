import type { Btf } from '../btf/btf.ts';
import { isEnum, KIND } from '../btf/kinds.ts';
import type { MemberPlace } from './members.ts';

/** How to read a number from the bytes of a structure. */
export interface Scalar {
  /** Bytes from the start of the structure. */
  readonly offset: number;
  /** 1, 2, 4 or 8; for a bit field, the number of bytes it touches, up to 9. */
  readonly width: number;
  readonly signed: boolean;
  /** First bit of a bit field, counted from `offset`. */
  readonly shift: number;
  /** Width of a bit field, 0 for a whole number. */
  readonly bits: number;
}

/** More levels of wrappers than any kernel puts around a number. */
const WRAPPERS = 8;

/**
 * Returns how to read the number at a place: an integer, enumeration, pointer, bit field, or a structure that
 * wraps only one of these (atomic_t, refcount_t, kuid_t, memdesc_flags_t). Returns undefined if it is not a
 * number.
 */
export function scalarAt(btf: Btf, { type, bitOffset, bitSize }: MemberPlace): Scalar | undefined {
  const number = numberType(btf, type);
  if (!number) return undefined;
  const offset = Math.floor(bitOffset / 8);
  if (bitSize === null) return { offset, width: number.size, signed: number.signed, shift: 0, bits: 0 };
  const shift = bitOffset % 8;
  return { offset, width: Math.ceil((shift + bitSize) / 8), signed: number.signed, shift, bits: bitSize };
}

interface NumberType {
  readonly size: number;
  readonly signed: boolean;
}

function numberType(btf: Btf, type: number): NumberType | undefined {
  let id = btf.resolve(type);
  for (let depth = 0; depth < WRAPPERS; depth++) {
    const kind = btf.kind(id);
    const size = btf.sizeOf(id) ?? 0;
    if (kind === KIND.PTR) return { size, signed: false };
    if (kind === KIND.INT) return { size, signed: btf.int(id).signed };
    if (isEnum(kind)) return { size, signed: btf.isSigned(id) };
    if (kind !== KIND.STRUCT || btf.elements(id) !== 1) return undefined;
    const only = btf.member(id, 0);
    if (only.bitSize !== null || btf.sizeOf(only.type) !== size) return undefined;
    id = btf.resolve(only.type);
  }
  return undefined;
}

/** Reads a number from `view`, where the structure begins at `base`. */
export function readBig(view: DataView, base: number, scalar: Scalar): bigint {
  const at = base + scalar.offset;
  if (scalar.bits > 0) return bitField(view, at, scalar);
  const signed = scalar.signed;
  switch (scalar.width) {
    case 8:
      return signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
    case 4:
      return BigInt(signed ? view.getInt32(at, true) : view.getUint32(at, true));
    case 2:
      return BigInt(signed ? view.getInt16(at, true) : view.getUint16(at, true));
    default:
      return bitField(view, at, { ...scalar, bits: 8 * scalar.width });
  }
}

/** Like readBig, but returns a number; undefined if it is beyond the safe integers. */
export function readNumber(view: DataView, base: number, scalar: Scalar): number | undefined {
  const at = base + scalar.offset;
  if (scalar.bits === 0 && scalar.width === 4)
    return scalar.signed ? view.getInt32(at, true) : view.getUint32(at, true);
  const value = Number(readBig(view, base, scalar));
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Assembles the bytes, last to first, then extracts the bits; also for integers of odd sizes (__int128). */
function bitField(view: DataView, at: number, { width, shift, bits, signed }: Scalar): bigint {
  let whole = 0n;
  for (let i = width - 1; i >= 0; i--) whole = (whole << 8n) | BigInt(view.getUint8(at + i));
  const value = BigInt.asUintN(bits, whole >> BigInt(shift));
  return signed ? BigInt.asIntN(bits, value) : value;
}
