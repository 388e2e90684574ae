import { describe, expect, it } from 'vitest';
import { flattenedImage } from '../../../src/formats/flattened/flattened-image.ts';
import { HOLDINGS, type MemoryImage } from '../../../src/formats/image/image.ts';
import { openSources } from '../../../src/formats/open.ts';
import { elfBytes } from '../../builders/elf.ts';
import { pattern } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { flatBytes, flatHeader, flatSource, flattenedKdump } from '../../builders/flattened.ts';
import { kdumpSource } from '../../builders/kdump.ts';
import { MemorySource } from '../../builders/memory-source.ts';
import { noteSegment, vmcoreinfo } from '../../builders/notes.ts';
import { openSource } from '../../builders/open-source.ts';

const RAM = pattern(0x4000, 7);
const ELF = elfBytes({
  segments: [noteSegment([vmcoreinfo('OSRELEASE=6.1\n')]), { paddr: 0x10000, data: RAM, offset: 0x4000 }],
});
const piece = (start: number, end: number) => ({ target: start, bytes: ELF.subarray(start, end) });
/** What makedumpfile -F -E writes: the header, the notes, the memory, and the program headers last. */
const AS_WRITTEN = [
  piece(0, 64),
  piece(0x1000, 0x2000),
  piece(0x4000, 0x6000),
  piece(0x6000, 0x8000),
  piece(64, 176),
];

const placed = openSource(flatSource(AS_WRITTEN));
const called = (member: unknown) => (member as () => unknown)();

/** An image with every member that an image can have. */
const WHOLE: Required<MemoryImage> = {
  format: 'whole',
  path: 'core',
  bytes: 4096,
  dumpLevel: 31,
  live: true,
  memory: openSource(flatSource(AS_WRITTEN)).memory,
  openEnded: true,
  absent: { means: 'unknown' },
  flat: true,
  placedAround: () => placed,
  segments: [],
  unlistedSegments: 3,
  notes: [{ name: 'CORE', type: 1, offset: 0, size: 4 }],
  vmcoreinfo: { text: 'OSRELEASE=6.1', source: 'a note' },
  furtherVmcoreinfo: [{ text: 'OSRELEASE=6.2', source: 'another note' }],
  warnings: ['odd'],
  makedumpfile: { originalPages: 5, looked: () => [] },
  physBase: 6n,
  registers: [{ cpu: 0, cr3: 1n, cr4: 2n }],
  notedCpus: 8,
  statistics: { reads: 1, bytes: 2 },
  indexBytes: 7,
  mapChange: () => ({ removed: 1, added: 2, moved: true }),
  close: () => {},
};

describe('a flattened dump', () => {
  const file = flatSource(AS_WRITTEN, { path: 'core.flat' });
  const image = openSource(file);

  it('is the dump that was flattened, and says so', () => {
    expect(image).toMatchObject({ format: 'ELF64 vmcore, flattened', path: 'core.flat', bytes: file.size });
    expect([image.live, image.warnings, image.memory.cutShort]).toEqual([false, [], false]);
    expect(image.vmcoreinfo?.text).toBe('OSRELEASE=6.1\n');
  });

  it('has its memory', () => {
    const into = new Uint8Array(0x3000);
    expect(image.memory.read(0x10800, into)).toBeUndefined();
    expect(into).toEqual(RAM.subarray(0x800, 0x3800));
    expect(image.memory.amounts).toEqual({ described: 0x4000, stored: 0x4000, truncated: 0 });
  });

  it('says what the kdump-compressed dump in it says, including the dump level', async () => {
    const recipe = { pages: new Map([[1, { page: pattern(4096, 1) }]]), dumpLevel: 31, physBase: 0x20_0000n };
    const source = kdumpSource(recipe);
    const { dumpLevel, physBase } = await openSources([flattenedKdump(source)]);
    expect({ dumpLevel, physBase }).toEqual({ dumpLevel: 31, physBase: 0x20_0000n });
  });

  it('loses no member of the image that it wraps', () => {
    const changed = ['format', 'bytes', 'indexBytes', 'warnings'];
    const wrapped = flattenedImage(WHOLE, { bytes: 1, index: 2 }, true);
    for (const [name, member] of Object.entries(WHOLE)) {
      if (changed.includes(name)) continue;
      const found: unknown = Reflect.get(wrapped, name);
      if (typeof member === 'function') expect([name, called(found)]).toEqual([name, called(member)]);
      else expect([name, found]).toEqual([name, member]);
    }
    expect(wrapped).toMatchObject({ format: 'whole, flattened', bytes: 1, indexBytes: 9 });
    expect(wrapped.warnings).toEqual(['odd', expect.stringContaining('cut short')]);
  });

  it('is opened by its contents; anything else in it is refused and named, also another flattened file', () => {
    expect(failureOf(() => openSource(flatSource([{ target: 0, bytes: pattern(100, 1) }]))).kind).toBe(
      'unsupported',
    );
    const twice = flatSource([{ target: 0, bytes: flatBytes(AS_WRITTEN) }]);
    const { kind, message, facts } = failureOf(() => openSource(twice));
    expect([kind, message]).toEqual(['unsupported', expect.stringContaining('inside a flattened')]);
    expect(facts.hint).toContain('makedumpfile -R');
  });

  it('is unsupported if its type or version is another one', () => {
    for (const options of [{ type: 2n }, { version: 2n }]) {
      expect(failureOf(() => openSource(flatSource(AS_WRITTEN, options))).kind).toBe('unsupported');
    }
  });
});

describe('a flattened dump that was cut short', () => {
  const [header, notes, first, second, headers] = AS_WRITTEN as [
    (typeof AS_WRITTEN)[0],
    (typeof AS_WRITTEN)[0],
    (typeof AS_WRITTEN)[0],
    (typeof AS_WRITTEN)[0],
    (typeof AS_WRITTEN)[0],
  ];

  it('has the memory before the cut; memory that no record has is truncated, not zero', () => {
    const image = openSource(flatSource([header, headers, notes, second], { end: false }));
    const holdings = new Uint8Array(5);
    image.memory.survey(0x10, holdings);
    expect([...holdings].map((code) => HOLDINGS[code])).toEqual([
      'truncated',
      'truncated',
      'stored',
      'stored',
      'hole',
    ]);
    expect(image.memory.read(0x11000, new Uint8Array(16))).toEqual({
      absence: 'truncated',
      address: 0x11000,
    });
    expect(image.memory.amounts.truncated).toBe(0x2000);
    expect([...image.segments][0]?.missing).toBe(0x2000n);
    expect([image.memory.cutShort, image.warnings]).toEqual([true, [expect.stringContaining('end record')]]);
  });

  it('is incomplete even if it has all that its headers promise: later records that replace it may be missing', () => {
    const image = openSource(flatSource([header, headers, notes, first, second], { end: false }));
    expect(image.memory.amounts.truncated).toBe(0);
    expect([image.memory.cutShort, image.warnings.length]).toEqual([true, 1]);
  });

  it('cannot be read before its program headers were written, and says so', async () => {
    const source = flatSource([header, notes, first], { end: false });
    const failure = await openSources([source]).catch((error) => error);
    expect(failure).toMatchObject({ kind: 'corrupt', message: expect.stringContaining('program header') });
    expect(failure.facts.hint).toContain('cut short');
  });

  it('is corrupt if it ends before its first record', () => {
    const start = (bytes: Uint8Array) => failureOf(() => openSource(new MemorySource([{ at: 0n, bytes }])));
    for (const bytes of [flatHeader(), flatHeader().subarray(0, 20), flatHeader().subarray(0, 2000)]) {
      expect(start(bytes)).toMatchObject({ kind: 'corrupt', message: expect.stringContaining('cut short') });
    }
    expect(start(flatBytes([]))).toMatchObject({
      kind: 'corrupt',
      message: expect.stringContaining('no records'),
    });
  });
});
