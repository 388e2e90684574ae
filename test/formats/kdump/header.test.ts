import { describe, expect, it } from 'vitest';
import { readKdumpHeader } from '../../../src/formats/kdump/header.ts';
import { openSources } from '../../../src/formats/open.ts';
import { packed, pattern } from '../../builders/encode.ts';
import { failureOf, failureOfAsync } from '../../builders/failure.ts';
import { type KdumpRecipe, kdumpSource, PAGE, type PageRecipe } from '../../builders/kdump.ts';
import { MemorySource, type SourceOptions } from '../../builders/memory-source.ts';

const PAGES = new Map<number, PageRecipe>([
  [1, { page: pattern(PAGE, 1) }],
  [2, 'excluded'],
  [9, { page: pattern(PAGE, 9), codec: 'zlib' }],
]);
const VMCOREINFO = 'OSRELEASE=6.1.0\nPAGESIZE=4096\n';

const headerOf = (recipe: Partial<KdumpRecipe>, options?: SourceOptions) =>
  readKdumpHeader(kdumpSource({ pages: PAGES, ...recipe }, { path: 'vmcore', ...options }));
const refused = (recipe: Partial<KdumpRecipe>, options?: SourceOptions) =>
  failureOf(() => headerOf(recipe, options));

describe.each([1, 2, 3, 4, 5, 6])('a header of version %i', (version) => {
  it.each([false, true])('is read, laid out by a 32-bit program: %s', async (packed32) => {
    const recipe = {
      pages: PAGES,
      version,
      packed32,
      vmcoreinfo: VMCOREINFO,
      notes: new Uint8Array(12),
      eraseinfo: 'erase x\n',
    };
    const header = headerOf(recipe);
    expect(header).toMatchObject({ version, maxMapnr: 10, dumpLevel: 31, split: null });
    expect(header.vmcoreinfo?.size).toBe(version >= 3 ? VMCOREINFO.length : undefined);
    expect(header.notes?.size).toBe(version >= 4 ? 12 : undefined);
    expect(header.eraseinfo?.size).toBe(version >= 5 ? 8 : undefined);
    const image = await openSources([kdumpSource(recipe)]);
    const page = new Uint8Array(PAGE);
    expect(image.memory.read(9 * PAGE, page)).toBeUndefined();
    expect(page).toEqual(pattern(PAGE, 9));
    expect(image.vmcoreinfo?.text).toBe(version >= 3 ? VMCOREINFO : undefined);
    expect(image.format).toBe(`kdump-compressed v${version}`);
  });

  it('states which pages a part of a split dump has, since version 2', () => {
    const { split } = headerOf({ version, split: { start: 2, end: 10 } });
    expect(split).toEqual(version >= 2 ? { start: 2, end: 10 } : null);
  });
});

describe('a diskdump header', () => {
  it('has registers in place of the sub header, and they are not read as one', async () => {
    const junk = { offset_vmcoreinfo: 77, size_vmcoreinfo: 99, split: 5, max_mapnr_64: 1n << 60n };
    const recipe: KdumpRecipe = { pages: PAGES, signature: 'DISKDUMP', header: junk };
    const image = await openSources([kdumpSource(recipe)]);
    expect([image.format, image.vmcoreinfo, image.memory.read(PAGE, new Uint8Array(8))]).toEqual([
      'diskdump v6',
      null,
      undefined,
    ]);
  });
});

describe('max_mapnr', () => {
  it('is 64 bits wide in version 6, and follows from the size of the bitmaps below that', () => {
    const far = 2 ** 32 + 5;
    const blocks = Math.ceil(far / 8 / PAGE);
    const size = (2 + 2 * blocks) * PAGE;
    for (const version of [5, 6]) {
      const header = { max_mapnr: 5, max_mapnr_64: far, bitmap_blocks: 2 * blocks };
      expect(headerOf({ version, header }, { size })).toMatchObject({ maxMapnr: far });
    }
  });

  it('is taken from the header if the bitmaps are merely larger than needed', () => {
    const header = { bitmap_blocks: 8 };
    expect(headerOf({ version: 5, header }, { size: 1 << 20 })).toMatchObject({ maxMapnr: 10 });
  });
});

describe('the bitmaps', () => {
  it('are two, or one if there are too few blocks for two', () => {
    const two = headerOf({});
    expect(two.bitmap2.offset - two.bitmap1.offset).toBe(PAGE);
    const one = headerOf({ singleBitmap: true });
    expect(one.bitmap2).toEqual(one.bitmap1);
    expect(one.descriptors).toBe(one.bitmap1.offset + PAGE);
  });
});

describe('a header that is refused', () => {
  it.each<[string, Partial<KdumpRecipe>, string, RegExp]>([
    ['for another page size', { header: { block_size: 65536 } }, 'unsupported', /blocks of 65536 bytes/],
    ['for another machine', { uts: { machine: 'aarch64' } }, 'unsupported', /kernel for aarch64/],
    ['for no page size', { header: { block_size: 12345 } }, 'corrupt', /block_size is 12345/],
    [
      'for bitmaps that are too small',
      { header: { max_mapnr: 65537 * 8 } },
      'corrupt',
      /max_mapnr is 524296, but 2 bitmap blocks/,
    ],
    [
      'for a max_mapnr_64 that is too large',
      { header: { max_mapnr_64: 1n << 40n } },
      'corrupt',
      /max_mapnr_64 is 1099511627776/,
    ],
    ['for a sub header of negative size', { header: { sub_hdr_size: -1 } }, 'corrupt', /sub_hdr_size is -1/],
    [
      'for a sub header larger than the file',
      { header: { sub_hdr_size: 0x7fff_ffff } },
      'corrupt',
      /need \d+ bytes, but the file has/,
    ],
    [
      'for more bitmap than file',
      { header: { bitmap_blocks: 0xffff_ffff } },
      'corrupt',
      /need \d+ bytes, but the file has/,
    ],
    ['for a part that ends before it starts', { split: { start: 9, end: 2 } }, 'corrupt', /pfn 9 to 2/],
    ['for a part past the last page', { split: { start: 2, end: 11 } }, 'corrupt', /pfn 2 to 11/],
  ])('is refused %s, with its name and figures', (_, recipe, kind, message) => {
    const failure = refused(recipe);
    expect([failure.kind, failure.facts.path]).toEqual([kind, 'vmcore']);
    expect(failure.message).toMatch(/^vmcore: /);
    expect(failure.message).toMatch(message);
  });

  it('is refused for a big-endian writer', () => {
    const bytes = new Uint8Array(2 * PAGE);
    bytes.set(Buffer.from('KDUMP   '));
    new DataView(bytes.buffer).setInt32(428, PAGE, false);
    const failure = failureOf(() =>
      readKdumpHeader(new MemorySource([{ at: 0n, bytes }], { path: 'vmcore' })),
    );
    expect([failure.kind, failure.message]).toEqual(['unsupported', expect.stringContaining('big-endian')]);
  });

  it('shows no control character of a machine name', () => {
    const { message } = refused({ uts: { machine: '\x1b]0;x\x07' } });
    expect([...message].every((c) => c >= ' ' && c <= '~')).toBe(true);
  });

  it.each([8, 300, 450, PAGE, PAGE + 50, 2 * PAGE, 2 * PAGE + 100, 4 * PAGE - 1])(
    'is corrupt, never a crash, in a file of %i bytes',
    async (cutAt) => {
      const failure = await failureOfAsync(
        openSources([kdumpSource({ pages: PAGES }, { cutAt, path: 'vmcore' })]),
      );
      expect(failure.kind).toBe('corrupt');
      expect(failure.message).toMatch(/^vmcore: .*(needs?) \d+ bytes, but the file has \d+/);
    },
  );
});

describe('an oddity in a header', () => {
  it.each<[string, Partial<KdumpRecipe>, RegExp]>([
    ['a newer version', { version: 9 }, /version 9 is newer/],
    ['the mark of an incomplete dump', { status: 0x9 }, /incomplete/],
    ['excluded struct pages', { status: 0x11 }, /struct pages/],
    ['erased memory', { eraseinfo: 'erase a.b\n' }, /erased/],
  ])('is reported: %s', async (_, recipe, warning) => {
    const image = await openSources([kdumpSource({ pages: PAGES, ...recipe })]);
    expect(image.warnings).toEqual([expect.stringMatching(warning)]);
  });

  it('does not exist in a good file', async () => {
    expect((await openSources([kdumpSource({ pages: PAGES, status: 1 })])).warnings).toEqual([]);
  });
});

describe('the layout of a header', () => {
  it('is that of a 64-bit writer if both layouts fit', () => {
    const header = headerOf({});
    expect(header.bitmap1.offset).toBe(2 * PAGE);
    expect(packed(4, [[0, 4, header.version]])[0]).toBe(6);
  });
});
