import type { Absence } from '../../absence.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { Windows } from '../../bytes/windows.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { type Codecs, ENCODED_LIMIT, type Refusal } from './codecs.ts';
import type { Descriptors } from './descriptors.ts';

/**
 * Pages lie in pfn order, so one read brings in the next hundred. A scan reads struct pages and contents in
 * turn, each at another place; 16 windows leave room for page tables and zones. 4 MiB in all.
 */
const WINDOWS = { size: 256 * 1024, count: 16 };
/** Encoded pages of zeros that are kept: one per codec and level, and a file has one of each. */
const KNOWN_ZEROS = 8;
const ZEROS = Buffer.alloc(PAGE_SIZE);

/** Why a page cannot be read. */
export interface Problem {
  readonly absence: Absence;
  readonly detail?: string;
}

interface KnownZero {
  readonly flags: number;
  readonly encoded: Uint8Array;
}

/** The pages of one file, decoded. */
export class PageData {
  readonly #windows: Windows;
  readonly #codecs: Codecs;
  readonly #zeros: KnownZero[] = [];
  readonly #scratch = new Uint8Array(PAGE_SIZE);

  constructor(source: ByteSource, codecs: Codecs) {
    this.#windows = new Windows(source, WINDOWS);
    this.#codecs = codecs;
  }

  /** Frees the memory of what was read. */
  release(): void {
    this.#windows.release();
  }

  /** Fills `page` with the page of the located descriptor; returns why that failed, or undefined. */
  read(at: Descriptors, page: Uint8Array): Problem | undefined {
    const codec = this.#codecs.get(at.flags);
    const where = `page data at offset ${hex(at.offset)}`;
    if (!codec) return corrupt(`${where}: no codec has flags ${hex(at.flags)}`);
    if (codec.refusal) return refused(codec.refusal);
    if (at.size > ENCODED_LIMIT) return corrupt(`${where}: ${at.size} bytes are too many for a page`);
    const encoded = this.#encoded(at);
    if (!(encoded instanceof Uint8Array)) return encoded;
    if (this.#isKnownZero(at.flags, encoded)) {
      page.fill(0);
      return undefined;
    }
    const why = codec.decode(encoded, page);
    if (why !== undefined) return corrupt(`${where}, ${at.size} bytes of ${codec.name}: ${why}`);
    if (isZero(page)) this.#remember(at.flags, encoded);
    return undefined;
  }

  /** What is proven about the page of the located descriptor without decoding it; undefined if nothing is. */
  proven(at: Descriptors): 'zero' | 'nonZero' | undefined {
    const codec = this.#codecs.get(at.flags);
    if (!codec || at.size > ENCODED_LIMIT) return undefined;
    const encoded = this.#encoded(at);
    if (!(encoded instanceof Uint8Array)) return undefined;
    if (at.flags === 0 && at.size === PAGE_SIZE) return isZero(encoded) ? 'zero' : 'nonZero';
    if (codec.provesNonZero?.(encoded)) return 'nonZero';
    return this.#isKnownZero(at.flags, encoded) ? 'zero' : undefined;
  }

  /** Whether the page of the located descriptor is all zero; also false if it cannot be read. */
  isZero(at: Descriptors): boolean {
    return this.read(at, this.#scratch) === undefined && isZero(this.#scratch);
  }

  #encoded(at: Descriptors): Uint8Array | Problem {
    try {
      const encoded = this.#windows.at(at.offset, at.size);
      return encoded.length === at.size ? encoded : { absence: 'truncated' };
    } catch (error) {
      if (!(error instanceof InspectError) || error.kind !== 'io') throw error;
      return { absence: 'unreadable', detail: error.message };
    }
  }

  /** The same bytes decode to the same page if the codec is the same. */
  #isKnownZero(flags: number, encoded: Uint8Array): boolean {
    return this.#zeros.some((zero) => zero.flags === flags && areEqual(zero.encoded, encoded));
  }

  #remember(flags: number, encoded: Uint8Array): void {
    if (flags === 0) return;
    if (this.#zeros.length >= KNOWN_ZEROS) this.#zeros.shift();
    this.#zeros.push({ flags, encoded: encoded.slice() });
  }
}

function refused(refusal: Refusal): Problem {
  refusal.met = true;
  return { absence: 'unreadable', detail: refusal.why };
}

const corrupt = (detail: string): Problem => ({ absence: 'corrupt', detail });

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Most pages start with something other than zero, so the comparison is rarely made. */
function isZero(page: Uint8Array): boolean {
  return page[0] === 0 && page[PAGE_SIZE - 1] === 0 && ZEROS.compare(page) === 0;
}
