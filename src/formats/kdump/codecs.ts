import { inflateSync } from 'node:zlib';
import { snappyUncompressor } from 'hysnappy';
import { ZSTDDecoder } from 'zstddec';
import { isOutOfMemory } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { LzoDecoder } from './lzo.ts';
import { byChecksum, byLzoLiterals, bySnappyLiterals, byZstdLiterals } from './non-zero.ts';

/** More than any encoder makes of a page: zlib's own bound is 4,109 bytes, those of the others are near 4,800. */
export const ENCODED_LIMIT = 8192;

/** Fills `page` from its encoded form; returns why it cannot, or undefined. Never throws, whatever the bytes are. */
export type Decode = (encoded: Uint8Array, page: Uint8Array) => string | undefined;

/**
 * Whether an encoded page is, without decoding it, proven not to be all zero. Assumes an encoder's whole output with
 * nothing behind it, and that the bytes which the proof looks at are undamaged. False says nothing.
 */
export type ProvesNonZero = (encoded: Uint8Array) => boolean;

export interface Codec {
  readonly name: string;
  readonly decode: Decode;
  readonly provesNonZero?: ProvesNonZero;
  /** Only of a codec that this Node.js refuses, which says nothing against the pages. */
  readonly refusal?: Refusal;
}

/** Why no page of a codec can be decoded, and whether one was asked for. */
export interface Refusal {
  readonly why: string;
  met: boolean;
}

/** The codecs by the flags of a page descriptor (DUMP_DH_COMPRESSED_*, makedumpfile's diskdump_mod.h). */
export type Codecs = ReadonlyMap<number, Codec>;

/**
 * Loads all codecs; which of them a page needs only its own descriptor says. All are synchronous once loaded, and work
 * in worker threads too.
 */
export async function loadCodecs(): Promise<Codecs> {
  const zstd = await ofWebAssembly('zstd', loadZstd);
  const snappy = await ofWebAssembly('snappy', loadSnappy);
  const lzo = new LzoDecoder();
  const codecs: [number, Codec][] = [
    [0, { name: 'none', decode: copy }],
    [1, { name: 'zlib', decode: guarded((encoded) => inflate(encoded)), provesNonZero: byChecksum }],
    [2, { name: 'lzo', decode: (encoded, page) => lzo.decode(encoded, page), provesNonZero: byLzoLiterals }],
    [4, { ...snappy, provesNonZero: bySnappyLiterals }],
    [0x20, { ...zstd, provesNonZero: byZstdLiterals }],
  ];
  return new Map(codecs);
}

/** A decoder that comes as WebAssembly, which Node.js may refuse: under --jitless, and where address space is short (ulimit -v). */
async function ofWebAssembly(name: string, load: () => Promise<DecodeToNew>): Promise<Codec> {
  try {
    return { name, decode: guarded(await load()) };
  } catch (error) {
    const why = `this Node.js cannot decode pages of ${name}: ${messageOf(error)}`;
    return { name, decode: () => why, refusal: { why, met: false } };
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function copy(encoded: Uint8Array, page: Uint8Array): string | undefined {
  if (encoded.length !== PAGE_SIZE) return wrongLength(encoded.length);
  page.set(encoded);
  return undefined;
}

const wrongLength = (length: number) => `it decodes to ${length} bytes, not ${PAGE_SIZE}`;

type DecodeToNew = (encoded: Uint8Array) => Uint8Array;

/** A decoder that returns a new array: its length is all that vouches for it, but for zlib, which has a checksum. */
function guarded(decode: DecodeToNew): Decode {
  return (encoded, page) => {
    try {
      const decoded = decode(encoded);
      if (decoded.length !== PAGE_SIZE) return wrongLength(decoded.length);
      page.set(decoded);
      return undefined;
    } catch (error) {
      if (isOutOfMemory(error)) throw error;
      return messageOf(error);
    }
  };
}

/** One byte more than a page may come out, so that a longer page is seen and a bomb is not unpacked. */
const INFLATE = { chunkSize: PAGE_SIZE + 1, maxOutputLength: PAGE_SIZE + 1 };

function inflate(encoded: Uint8Array): Uint8Array {
  return inflateSync(encoded, INFLATE);
}

/** A snappy stream begins with its length (format_description.txt of snappy), which the decoder takes on trust. */
async function loadSnappy(): Promise<DecodeToNew> {
  const uncompress = snappyUncompressor();
  return (encoded) => {
    const length = (encoded[0] ?? 0) - 0x80 + ((encoded[1] ?? 0) << 7);
    if (encoded.length < 2 || length !== PAGE_SIZE)
      throw new Error(`it says ${length} bytes, not ${PAGE_SIZE}`);
    return uncompress(encoded, PAGE_SIZE);
  };
}

/**
 * zstddec fetches its own WebAssembly from a data: URL where there is a fetch, and the first touch of Node's takes
 * 30 to 50 ms; without one it decodes the same text in 2.
 */
async function loadZstd(): Promise<DecodeToNew> {
  const decoder = new ZSTDDecoder();
  const held = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
  Object.defineProperty(globalThis, 'fetch', { value: undefined, configurable: true, writable: true });
  const loaded = decoder.init();
  if (held) Object.defineProperty(globalThis, 'fetch', held);
  await loaded;
  return (encoded) => decoder.decode(encoded, PAGE_SIZE);
}
