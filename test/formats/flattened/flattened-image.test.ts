import { describe, expect, it } from 'vitest';
import { HOLDINGS } from '../../../src/formats/image/image.ts';
import { openSource, openSources } from '../../../src/formats/open.ts';
import { elfBytes } from '../../builders/elf.ts';
import { pattern } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { flatBytes, flatHeader, flatSource } from '../../builders/flattened.ts';
import { MemorySource } from '../../builders/memory-source.ts';
import { noteSegment, vmcoreinfo } from '../../builders/notes.ts';

const RAM = pattern(0x4000, 7);
const ELF = elfBytes({
  segments: [noteSegment([vmcoreinfo('OSRELEASE=6.1\n')]), { paddr: 0x10000, data: RAM, offset: 0x4000 }],
});
const piece = (start: number, end: number) => ({ target: start, bytes: ELF.subarray(start, end) });
/** As makedumpfile -F -E writes: the header, the notes, the memory, and the program headers last. */
const AS_WRITTEN = [
  piece(0, 64),
  piece(0x1000, 0x2000),
  piece(0x4000, 0x6000),
  piece(0x6000, 0x8000),
  piece(64, 176),
];

describe('a flattened dump', () => {
  const file = flatSource(AS_WRITTEN, { path: 'core.flat' });
  const image = openSource(file);

  it('is what was flattened, and says that it was', () => {
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

  it('is opened by what it holds: anything else is refused by its name, another flattened file too', () => {
    expect(failureOf(() => openSource(flatSource([{ target: 0, bytes: pattern(100, 1) }]))).kind).toBe(
      'unsupported',
    );
    const twice = flatSource([{ target: 0, bytes: flatBytes(AS_WRITTEN) }]);
    const { kind, message, facts } = failureOf(() => openSource(twice));
    expect([kind, message]).toEqual(['unsupported', expect.stringContaining('inside of a flattened')]);
    expect(facts.hint).toContain('makedumpfile -R');
  });

  it('is unsupported with another type or version', () => {
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

  it('has the memory before the cut; what no record has is truncated, not zero', () => {
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

  it('is incomplete even when all that its headers promise is there: what would overwrite it may be missing', () => {
    const image = openSource(flatSource([header, headers, notes, first, second], { end: false }));
    expect(image.memory.amounts.truncated).toBe(0);
    expect([image.memory.cutShort, image.warnings.length]).toEqual([true, 1]);
  });

  it('has nothing left where its program headers were still to come, and says so', async () => {
    const source = flatSource([header, notes, first], { end: false });
    const failure = await openSources([source]).catch((error) => error);
    expect(failure).toMatchObject({ kind: 'corrupt', message: expect.stringContaining('program header') });
    expect(failure.facts.hint).toContain('cut short');
  });

  it('has nothing left before its first record', () => {
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
