import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { build } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Codec, type Codecs, loadCodecs } from '../../../src/formats/kdump/codecs.ts';
import { PAGE_SIZE } from '../../../src/machine.ts';
import { concat, pattern } from '../../builders/encode.ts';
import { CODECS, type CodecName } from '../../builders/kdump.ts';
import realPages from './real-pages.json' with { type: 'json' };

const NAMES: readonly CodecName[] = ['none', 'zlib', 'lzo', 'snappy', 'zstd'];
const COMPRESSED = NAMES.filter((name) => name !== 'none');
/** Some bytes, then zeros: every encoder makes it smaller. */
const SAMPLE = concat(pattern(900, 3), new Uint8Array(PAGE_SIZE - 900));

let codecs: Codecs;
beforeAll(async () => {
  codecs = await loadCodecs();
});

const codecOf = (name: CodecName) => codecs.get(CODECS[name].flags) as Codec;

function decode(name: CodecName, encoded: Uint8Array): Uint8Array | string {
  const page = new Uint8Array(PAGE_SIZE).fill(0xee);
  return codecOf(name).decode(encoded, page) ?? page;
}

describe('a page that a real program encoded', () => {
  it.each(realPages.map((page) => [page.codec, page.pfn, page] as const))(
    'is decoded: %s, pfn %i',
    (name, _, real) => {
      expect(codecOf(name as CodecName).name).toBe(name);
      const page = decode(name as CodecName, Buffer.from(real.encoded, 'base64'));
      expect(createHash('sha256').update(page).digest('hex')).toBe(real.sha256);
    },
  );

  it('is decoded: snappy, from bytes made by its format description', () => {
    // Length 4096; a literal of 3; copies of 64 from an offset of 3, and one of 61.
    const copies = Array.from({ length: 63 }, () => [0b1111_1110, 3, 0]).flat();
    const encoded = Uint8Array.of(0x80, 0x20, 0b0000_1000, 7, 8, 9, ...copies, 0b1111_0010, 3, 0);
    const page = Uint8Array.from({ length: PAGE_SIZE }, (_, i) => 7 + (i % 3));
    expect(decode('snappy', encoded)).toEqual(page);
  });
});

describe.each(NAMES)('the codec %s', (name) => {
  it('decodes what was encoded', () => {
    for (const page of [SAMPLE, new Uint8Array(PAGE_SIZE), new Uint8Array(PAGE_SIZE).fill(0xff)]) {
      expect(decode(name, CODECS[name].encode(page))).toEqual(page);
    }
  });

  it.each([0, 1, PAGE_SIZE - 1, PAGE_SIZE + 1, 2 * PAGE_SIZE])(
    'refuses a page that decodes to %i bytes',
    (length) => {
      const encoded = name === 'zstd' ? framed(length) : CODECS[name].encode(new Uint8Array(length).fill(5));
      expect(decode(name, encoded)).toEqual(expect.any(String));
    },
  );

  it('refuses an encoded page that ends too early, with a reason', () => {
    const encoded = CODECS[name].encode(SAMPLE);
    expect(decode(name, encoded.subarray(0, encoded.length - 3))).toMatch(/./);
    expect(decode(name, new Uint8Array(0))).toMatch(/./);
  });

  it('never throws, however a page is damaged', () => {
    const encoded = CODECS[name].encode(SAMPLE);
    const change = fc.tuple(
      fc.integer({ min: 0, max: encoded.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
    );
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 8 }),
        fc.integer({ min: 0, max: encoded.length }),
        (changes, length) => {
          const damaged = Uint8Array.from(encoded.subarray(0, length));
          for (const [at, byte] of changes) damaged[at] = byte;
          expect(['string', 'object']).toContain(typeof decode(name, damaged));
        },
      ),
      { numRuns: 200 },
    );
    expect(decode(name, encoded)).toEqual(SAMPLE);
  });
});

/** A zstd frame that states its length correctly. */
function framed(length: number): Uint8Array {
  const block = (length << 3) | 2 | 1;
  const size = [length & 0xff, (length >> 8) & 0xff, 0, 0];
  return Uint8Array.of(
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0xa0,
    ...size,
    block & 0xff,
    (block >> 8) & 0xff,
    block >> 16,
    5,
  );
}

/** The header of a zstd block, the last of its frame. */
const block = (type: number, size: number) => [1 | (type << 1) | ((size & 0x1f) << 3), size >> 5, 0];

describe('a proof that an encoded page is not all zero', () => {
  it('is found for pages that start with non-zero bytes', () => {
    for (const name of COMPRESSED) {
      expect([name, codecOf(name).provesNonZero?.(CODECS[name].encode(SAMPLE))]).toEqual([name, true]);
    }
  });

  it('is found by the checksum for a zlib page that ends with non-zero bytes', () => {
    const page = new Uint8Array(PAGE_SIZE);
    page[PAGE_SIZE - 1] = 1;
    expect(codecOf('zlib').provesNonZero?.(CODECS.zlib.encode(page))).toBe(true);
  });

  it.each(
    realPages
      .filter(({ codec }) => codec === 'zlib' || codec === 'zstd')
      .map((page) => [page.codec, page.pfn, page] as const),
  )('is found only if a real program encoded non-zero bytes: %s, pfn %i', (name, _, real) => {
    const encoded = Buffer.from(real.encoded, 'base64');
    const isZero = (decode(name as CodecName, encoded) as Uint8Array).every((byte) => byte === 0);
    expect(codecOf(name as CodecName).provesNonZero?.(encoded)).toBe(!isZero);
  });

  it.each([
    ['raw bytes, after a window descriptor', [0x40, 0x58, 0, 0x0f, ...block(0, 3), 0, 0, 5], true],
    ['raw zeros', [0x60, 0, 0x0f, ...block(0, 3), 0, 0, 0], false],
    ['one byte repeated', [0xa0, 0, 0x10, 0, 0, ...block(1, 4096), 7], true],
    ['a zero repeated, after a dictionary ID', [0x61, 9, 0, 0x0f, ...block(1, 4096), 0], false],
    ['raw literals', [0x60, 0, 0x0f, ...block(2, 9), 2 << 3, 0, 5], true],
    [
      'zero literals, with their number in two bytes',
      [0x60, 0, 0x0f, ...block(2, 9), 0x24, 0, 0, 0, 5],
      false,
    ],
    ['literals, with their number in three bytes', [0x60, 0, 0x0f, ...block(2, 9), 0x2c, 0, 0, 0, 5], true],
    ['a literal repeated', [0x60, 0, 0x0f, ...block(2, 9), (4 << 3) | 1, 5], true],
    ['a zero repeated as literals', [0x60, 0, 0x0f, ...block(2, 9), (4 << 3) | 1, 0, 5], false],
    ['literals with a Huffman table', [0x60, 0, 0x0f, ...block(2, 9), 2], true],
    [
      'literals with the Huffman table of an earlier block, though this is the first',
      [0x60, 0, 0x0f, ...block(2, 9), 3, 5],
      false,
    ],
    ['a block of a reserved type', [0x60, 0, 0x0f, ...block(3, 9), 5, 5], false],
  ])('is found only in a zstd frame that starts with non-zero bytes: %s', (_, bytes, isFound) => {
    const encoded = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, ...bytes);
    expect(codecOf('zstd').provesNonZero?.(encoded)).toBe(isFound);
  });

  it('is never found for a page of zeros, encoded at any level', () => {
    const zeros = new Uint8Array(PAGE_SIZE);
    for (const name of COMPRESSED) {
      expect([name, codecOf(name).provesNonZero?.(CODECS[name].encode(zeros)) ?? false]).toEqual([
        name,
        false,
      ]);
    }
    for (const level of [0, 1, 6, 9]) {
      expect(codecOf('zlib').provesNonZero?.(deflateSync(zeros, { level }))).toBe(false);
    }
  });

  it('is never found in bytes that are not an encoded page', () => {
    for (const name of COMPRESSED) {
      expect(codecOf(name).provesNonZero?.(new Uint8Array(0)) ?? false).toBe(false);
      expect(codecOf(name).provesNonZero?.(new Uint8Array(64)) ?? false).toBe(false);
    }
  });

  it('is always right if it is found', () => {
    const sparse = fc.array(
      fc.tuple(fc.integer({ min: 0, max: PAGE_SIZE - 1 }), fc.integer({ min: 0, max: 255 })),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(sparse, fc.constantFrom(...COMPRESSED), (bytes, name) => {
        const page = new Uint8Array(PAGE_SIZE);
        for (const [at, byte] of bytes) page[at] = byte;
        const proven = codecOf(name).provesNonZero?.(CODECS[name].encode(page)) ?? false;
        expect(proven && page.every((byte) => byte === 0)).toBe(false);
      }),
    );
  });
});

describe('the codecs', () => {
  it('leave the fetch of the program as it was', async () => {
    const { fetch } = globalThis;
    await loadCodecs();
    expect(globalThis.fetch).toBe(fetch);
  });

  it('work in a worker thread', async () => {
    const entry = fileURLToPath(new URL('../../../src/formats/kdump/codecs.ts', import.meta.url));
    const bundled = await build({
      input: entry,
      platform: 'node',
      write: false,
      output: { format: 'cjs', codeSplitting: false },
    });
    const code = `${bundled.output[0].code}
      const { parentPort, workerData } = require('node:worker_threads');
      loadCodecs().then((codecs) => {
        const page = ([flags, encoded]) => {
          const page = new Uint8Array(4096);
          return codecs.get(flags).decode(encoded, page) ?? page;
        };
        parentPort.postMessage(workerData.map(page));
      });`;
    const workerData = NAMES.map((name) => [CODECS[name].flags, CODECS[name].encode(SAMPLE)]);
    const worker = new Worker(code, { eval: true, workerData });
    const pages = await new Promise<Uint8Array[]>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    for (const page of pages) expect(page).toEqual(SAMPLE);
  });
});
