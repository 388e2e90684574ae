import { inflateSync } from 'node:zlib';
import { ZSTDDecoder } from 'zstddec';
import { isOutOfMemory } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { loadSnappy } from '../image/snappy.ts';
import { LzoDecoder } from './lzo.ts';
import { byChecksum, byLzoLiterals, bySnappyLiterals, byZstdLiterals } from './non-zero.ts';

/**
 * No encoder makes more of a page: zlib's own bound is 4,109 bytes; the bounds of the others are near 4,800.
 */
export const ENCODED_LIMIT = 8192;

/**
 * Decodes `encoded` into `page`; returns why that failed, or undefined. Never throws, whatever the bytes are.
 */
export type Decode = (encoded: Uint8Array, page: Uint8Array) => string | undefined;

/**
 * Whether an encoded page is proven not to be all zero, without decoding it. Assumes that `encoded` is
 * exactly an encoder's output, and that the bytes which are looked at are undamaged. False means nothing.
 */
export type ProvesNonZero = (encoded: Uint8Array) => boolean;

export interface Codec {
  readonly name: string;
  readonly decode: Decode;
  readonly provesNonZero?: ProvesNonZero;
  /** Present if this Node.js cannot run the codec. That says nothing about the pages. */
  readonly refusal?: Refusal;
}

/** Why a codec can decode no page, and whether a page of it was asked for. */
export interface Refusal {
  readonly why: string;
  met: boolean;
}

/** The codecs by the flags of a page descriptor (DUMP_DH_COMPRESSED_*, makedumpfile's diskdump_mod.h). */
export type Codecs = ReadonlyMap<number, Codec>;

/**
 * Loads all codecs, because only a page's own descriptor says which one it needs. Once loaded, all are
 * synchronous, and also work in worker threads.
 */
export async function loadCodecs(): Promise<Codecs> {
  const zstd = await ofWebAssembly('zstd', loadZstd);
  const snappy = await ofWebAssembly('snappy', loadSnappyPages);
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

/**
 * A WebAssembly decoder. Node.js may refuse it: under --jitless, or with little address space (ulimit -v).
 */
async function ofWebAssembly(name: string, load: () => Promise<DecodeToNew>): Promise<Codec> {
  try {
    return { name, decode: guarded(await load()) };
  } catch (error) {
    const why = `this Node.js cannot decode ${name} pages: ${messageOf(error)}`;
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

/** Wraps a decoder that returns a new array. Only its length can be checked; zlib also has a checksum. */
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

/** One byte more than a page, so that a page that is too long is noticed and a bomb is not unpacked. */
const INFLATE = { chunkSize: PAGE_SIZE + 1, maxOutputLength: PAGE_SIZE + 1 };

function inflate(encoded: Uint8Array): Uint8Array {
  return inflateSync(encoded, INFLATE);
}

async function loadSnappyPages(): Promise<DecodeToNew> {
  const decode = loadSnappy();
  return (encoded) => decode(encoded, PAGE_SIZE);
}

/**
 * If there is a `fetch`, zstddec uses it to get its own WebAssembly from a data: URL, and the first use of
 * Node's `fetch` takes 30 to 50 ms. Without it, zstddec decodes the same text in 2 ms.
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
