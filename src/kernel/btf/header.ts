import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { KindLayout } from './kinds.ts';

const MAGIC = 0xeb9f;
const VERSION = 1;
/** struct btf_header up to 7.0; 7.1 appended layout_off and layout_len. */
const OLD_HEADER = 24;
const HEADER_WITH_LAYOUT = 32;
/**
 * struct btf_layout: bytes that follow a type's struct btf_type, in all and per element; one entry per kind.
 */
const LAYOUT_ENTRY = 4;

/** How every BTF begins: the magic number, the version, and no flags. */
export const BTF_START = Uint8Array.of(MAGIC & 0xff, MAGIC >> 8, VERSION, 0);
/** Bytes of a header that claimedSize() needs. */
export const HEADER_START = OLD_HEADER;
/** Longer than any header: each release that changed it added a few words. */
const HEADER_LIMIT = 256;

/**
 * Returns the bytes that a header claims for all of its BTF; undefined if a kernel's BTF never looks like
 * this: types first, then names, both not empty.
 */
export function claimedSize(header: Uint8Array): number | undefined {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [length = 0, types = 0, typesLength = 0, strings = 0, stringsLength = 0] = [4, 8, 12, 16, 20].map(
    (at) => view.getUint32(at, true),
  );
  const isHeader = BTF_START.every((byte, i) => header[i] === byte) && length % 4 === 0;
  const isSane = length >= OLD_HEADER && length <= HEADER_LIMIT && types === 0 && typesLength % 4 === 0;
  if (!isHeader || !isSane || typesLength === 0 || stringsLength === 0) return undefined;
  return strings < typesLength ? undefined : length + strings + stringsLength;
}

/** Where the sections of a BTF lie; bytes from its start. */
export interface BtfSections {
  readonly types: number;
  readonly typesLength: number;
  readonly strings: number;
  readonly stringsLength: number;
  /** Length of each kind according to the BTF itself; empty if it has no layout section. */
  readonly layouts: readonly KindLayout[];
}

/** The error for invalid BTF; `offset` is in bytes from its start. */
export function corruptBtf(what: string, offset?: number): InspectError {
  const where = offset === undefined ? '' : ` at byte offset ${hex(offset)}`;
  return new InspectError('corrupt', `BTF${where}: ${what}`, offset === undefined ? {} : { offset });
}

/**
 * Reads the header (struct btf_header, include/uapi/linux/btf.h) and checks that all sections lie inside the
 * BTF.
 * @throws InspectError corrupt; unsupported for another version of BTF
 */
export function readHeader(bytes: Uint8Array): BtfSections {
  if (bytes.length < OLD_HEADER) {
    throw corruptBtf(`its header needs ${OLD_HEADER} bytes, there are ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => view.getUint32(at, true);
  const magic = view.getUint16(0, true);
  if (magic !== MAGIC) throw corruptBtf(`the magic number is ${hex(magic)}, not ${hex(MAGIC)}`, 0);
  const [version, length] = [view.getUint8(2), word(4)];
  if (version !== VERSION) throw new InspectError('unsupported', `BTF: version ${version} is not supported`);
  if (length < OLD_HEADER || length > bytes.length || length % 4 !== 0) {
    throw corruptBtf(`hdr_len is ${length}, but BTF has ${bytes.length} bytes`, 4);
  }
  const part = (at: number, name: string) => section(bytes, length, word(at), word(at + 4), name);
  const types = part(8, 'type');
  const strings = part(16, 'str');
  if (types.at % 4 !== 0 || types.length % 4 !== 0) throw corruptBtf('the types are not aligned', 8);
  requireStrings(bytes, strings);
  return {
    types: types.at,
    typesLength: types.length,
    strings: strings.at,
    stringsLength: strings.length,
    layouts: length < HEADER_WITH_LAYOUT ? [] : layoutsIn(bytes, part(24, 'layout')),
  };
}

interface Part {
  readonly at: number;
  readonly length: number;
}

function section(bytes: Uint8Array, header: number, offset: number, length: number, name: string): Part {
  const at = header + offset;
  if (at + length > bytes.length) {
    throw corruptBtf(
      `${name}_off ${offset} and ${name}_len ${length} do not fit into ${bytes.length} bytes`,
      8,
    );
  }
  return { at, length };
}

/**
 * Every string ends with a NUL. Offset 0 is the empty name in a base; a split BTF may have no strings of its
 * own.
 */
function requireStrings(bytes: Uint8Array, { at, length }: Part): void {
  if (length > 0 && bytes[at + length - 1] !== 0) throw corruptBtf('the last string has no end', at);
}

function layoutsIn(bytes: Uint8Array, { at, length }: Part): KindLayout[] {
  return Array.from({ length: Math.min(128, Math.floor(length / LAYOUT_ENTRY)) }, (_, kind) => {
    const entry = at + kind * LAYOUT_ENTRY;
    return { fixed: (bytes[entry] as number) / 4, each: (bytes[entry + 1] as number) / 4 };
  });
}
