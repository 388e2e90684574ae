import { InspectError } from '../errors.ts';
import { hex } from '../hex.ts';

/** One field of a structure: its offset, its width, and how to read it. */
export interface Field<T> {
  readonly at: number;
  readonly bytes: number;
  readonly read: (view: DataView, offset: number) => T;
}

const field = <T>(at: number, bytes: number, read: Field<T>['read']): Field<T> => ({ at, bytes, read });

export const u8 = (at: number): Field<number> => field(at, 1, (view, offset) => view.getUint8(offset));
export const u16 = (at: number): Field<number> =>
  field(at, 2, (view, offset) => view.getUint16(offset, true));
export const u32 = (at: number): Field<number> =>
  field(at, 4, (view, offset) => view.getUint32(offset, true));
export const u64 = (at: number): Field<bigint> =>
  field(at, 8, (view, offset) => view.getBigUint64(offset, true));

type Fields = Record<string, Field<unknown>>;
type Decoded<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** A little-endian structure as its format lays it out. The type of a decoded one follows from its fields. */
export interface Struct<F extends Fields> {
  readonly name: string;
  readonly size: number;
  /**
   * @throws InspectError corrupt, if `bytes` ends inside the structure; `base` is the file offset of `bytes`
   */
  decode(bytes: Uint8Array, offset?: number, base?: number): Decoded<F>;
}

/** Declares a structure of `size` bytes. Field names keep the spelling of the format. */
export function struct<F extends Fields>(name: string, size: number, fields: F): Struct<F> {
  const entries = Object.entries(fields);
  const decode = (bytes: Uint8Array, offset = 0, base = 0): Decoded<F> => {
    const left = bytes.length - offset;
    if (left < size) {
      const at = base + offset;
      throw new InspectError(
        'corrupt',
        `${name} at offset ${hex(at)} needs ${size} bytes, but the file has ${Math.max(0, left)}`,
        {
          offset: at,
        },
      );
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Object.fromEntries(entries.map(([key, f]) => [key, f.read(view, offset + f.at)])) as Decoded<F>;
  };
  return { name, size, decode };
}
