import { inflateSync } from 'node:zlib';
import { snappyUncompressor } from 'hysnappy';
import { ZSTDDecoder } from 'zstddec';
import { LzoDecoder } from './lzo.ts';
import { byChecksum, byLzoLiterals, bySnappyLiterals } from './non-zero.ts';

/** Bytes of a page, as every encoded one must decode to. */
export const PAGE = 4096;
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
}

/** The codecs by the flags of a page descriptor (DUMP_DH_COMPRESSED_*, makedumpfile's diskdump_mod.h). */
export type Codecs = ReadonlyMap<number, Codec>;

/**
 * Loads all codecs; which of them a page needs only its own descriptor says. All are synchronous once loaded, and work
 * in worker threads too.
 */
export async function loadCodecs(): Promise<Codecs> {
  const zstd = await loadZstd();
  const uncompress = snappyUncompressor();
  const lzo = new LzoDecoder();
  const codecs: [number, Codec][] = [
    [0, { name: 'none', decode: copy }],
    [1, { name: 'zlib', decode: guarded((encoded) => inflate(encoded)), provesNonZero: byChecksum }],
    [2, { name: 'lzo', decode: (encoded, page) => lzo.decode(encoded, page), provesNonZero: byLzoLiterals }],
    [
      4,
      {
        name: 'snappy',
        decode: guarded((encoded) => snappy(uncompress, encoded)),
        provesNonZero: bySnappyLiterals,
      },
    ],
    [0x20, { name: 'zstd', decode: guarded((encoded) => zstd.decode(encoded, PAGE)) }],
  ];
  return new Map(codecs);
}

function copy(encoded: Uint8Array, page: Uint8Array): string | undefined {
  if (encoded.length !== PAGE) return wrongLength(encoded.length);
  page.set(encoded);
  return undefined;
}

const wrongLength = (length: number) => `it decodes to ${length} bytes, not ${PAGE}`;

/** A decoder that returns a new array: its length is all that vouches for it, but for zlib, which has a checksum. */
function guarded(decode: (encoded: Uint8Array) => Uint8Array): Decode {
  return (encoded, page) => {
    try {
      const decoded = decode(encoded);
      if (decoded.length !== PAGE) return wrongLength(decoded.length);
      page.set(decoded);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
}

/** One byte more than a page may come out, so that a longer page is seen and a bomb is not unpacked. */
const INFLATE = { chunkSize: PAGE + 1, maxOutputLength: PAGE + 1 };

function inflate(encoded: Uint8Array): Uint8Array {
  return inflateSync(encoded, INFLATE);
}

/** A snappy stream begins with its length (format_description.txt of snappy), which the decoder takes on trust. */
function snappy(uncompress: ReturnType<typeof snappyUncompressor>, encoded: Uint8Array): Uint8Array {
  const length = (encoded[0] ?? 0) - 0x80 + ((encoded[1] ?? 0) << 7);
  if (encoded.length < 2 || length !== PAGE) throw new Error(`it says ${length} bytes, not ${PAGE}`);
  return uncompress(encoded, PAGE);
}

/**
 * zstddec fetches its own WebAssembly from a data: URL where there is a fetch, and the first touch of Node's takes
 * 30 to 50 ms; without one it decodes the same text in 2.
 */
async function loadZstd(): Promise<ZSTDDecoder> {
  const decoder = new ZSTDDecoder();
  const held = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
  Object.defineProperty(globalThis, 'fetch', { value: undefined, configurable: true, writable: true });
  const loaded = decoder.init();
  if (held) Object.defineProperty(globalThis, 'fetch', held);
  await loaded;
  return decoder;
}
