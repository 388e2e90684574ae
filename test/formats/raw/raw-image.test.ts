import { describe, expect, it } from 'vitest';
import { HOLDINGS } from '../../../src/formats/image/image.ts';
import { elfSource } from '../../builders/elf.ts';
import { pattern } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { MemorySource, type SourceOptions } from '../../builders/memory-source.ts';
import { openSource } from '../../builders/open-source.ts';

const DATA = pattern(0x3000, 3);
const opened = (bytes: Uint8Array, options: SourceOptions = {}) =>
  openSource(new MemorySource([{ at: 0n, bytes }], options), { format: 'raw' });

describe('a raw image', () => {
  it('is memory starting at physical address 0, and nothing else', () => {
    const image = opened(DATA, { path: 'ram.img' });
    const into = new Uint8Array(16);
    expect(image.memory.read(0x1ff8, into)).toBeUndefined();
    expect(into).toEqual(DATA.subarray(0x1ff8, 0x2008));
    expect(image).toMatchObject({ format: 'raw memory image', path: 'ram.img', bytes: 0x3000, live: false });
    expect([image.vmcoreinfo, image.notes, image.openEnded, image.flat]).toEqual([null, [], true, true]);
    expect(image.makedumpfile.originalPages).toBe(3);
    expect([...image.segments]).toHaveLength(1);
  });

  it('is one because the user says so; its content is not checked', () => {
    const source = elfSource({ segments: [{ paddr: 0x1000, data: DATA }] });
    expect(openSource(source, { format: 'raw' }).format).toBe('raw memory image');
    expect(failureOf(() => openSource(new MemorySource([{ at: 0n, bytes: DATA }]))).kind).toBe('unsupported');
  });

  it('is unsupported if it is empty, or larger than any memory', () => {
    expect(failureOf(() => opened(new Uint8Array(0))).kind).toBe('unsupported');
    expect(failureOf(() => opened(DATA, { size: 2 ** 52 + 4096 })).kind).toBe('unsupported');
  });

  it('was cut short if it ends inside a page, as memory never does', () => {
    const image = opened(DATA.subarray(0, 0x2a00));
    const holdings = new Uint8Array(4);
    image.memory.survey(0, holdings);
    expect([...holdings].map((code) => HOLDINGS[code])).toEqual(['stored', 'stored', 'truncated', 'hole']);
    expect(image.memory.cutShort).toBe(true);
    expect(image.memory.amounts).toEqual({ described: 0x3000, stored: 0x2a00, truncated: 0x600 });
  });
});
