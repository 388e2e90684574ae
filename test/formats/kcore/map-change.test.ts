import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MapChange, Segment } from '../../../src/formats/image/image.ts';
import { mapChange, mapChangeSince } from '../../../src/formats/kcore/map-change.ts';
import { liveChange } from '../../../src/report/live-change.ts';

const MIB = 1 << 20;
const DIRECT_MAP = 0xffff888000000000n;

/** A segment of the direct map, as in /proc/kcore. */
const ram = (start: number, size: number, data = 0x4000n): Segment => ({
  type: 'LOAD',
  virtual: DIRECT_MAP + BigInt(start),
  physical: start,
  memorySize: BigInt(size),
  fileSize: BigInt(size),
  offset: BigInt(start) + 0x4000_0000n + data,
  missing: 0n,
});
const vmalloc: Segment = { ...ram(0, 1 << 30), virtual: 0xffffc90000000000n, physical: null };
const LOW = ram(0x1000, 64 * MIB);
const MODULE = ram(256 * MIB, 128 * MIB);

describe('the memory map of a running machine, read again', () => {
  it('is the same in any order and any pieces', () => {
    const halves = [ram(256 * MIB, 32 * MIB), ram(288 * MIB, 96 * MIB)];
    expect(mapChange([vmalloc, LOW, MODULE], [...halves, LOW, vmalloc])).toBeNull();
  });

  it('has lost what a pulled memory module held, and gained what a new one has', () => {
    const gone: MapChange = { removed: 128 * MIB, added: 0, moved: false };
    expect(mapChange([vmalloc, LOW, MODULE], [vmalloc, LOW])).toEqual(gone);
    expect(mapChange([vmalloc, LOW], [vmalloc, LOW, MODULE])).toEqual({
      removed: 0,
      added: 128 * MIB,
      moved: false,
    });
  });

  it('has moved contents if the headers grew past the end of a page', () => {
    const later = [LOW, MODULE].map(({ physical, memorySize }) =>
      ram(physical ?? 0, Number(memorySize), 0x5000n),
    );
    expect(mapChange([LOW, MODULE], later)).toEqual({ removed: 0, added: 0, moved: true });
  });
});

describe('what a report says about it', () => {
  it('is nothing if nothing changed, and for a dump', () => {
    const nothing = { warnings: [], complete: true };
    expect(liveChange(null)).toEqual(nothing);
  });

  it('is incomplete if memory was removed, and says how much', () => {
    const { warnings, complete } = liveChange({ removed: 128 * MIB, added: 0, moved: false });
    expect(warnings).toEqual([expect.stringMatching(/^128 MiB of memory were removed from the machine/)]);
    expect(complete).toBe(false);
  });

  it('is complete if memory was added, because what was there is counted', () => {
    const { warnings, complete } = liveChange({ removed: 0, added: 128 * MIB, moved: false });
    expect(warnings).toEqual([expect.stringMatching(/^128 MiB of memory were added to the machine/)]);
    expect(complete).toBe(true);
  });

  it("is a warning not to trust it if the file's contents moved", () => {
    const { warnings, complete } = liveChange({ removed: 0, added: 0, moved: true });
    expect(warnings).toEqual([expect.stringContaining('no figure can be trusted')]);
    expect(complete).toBe(false);
  });
});

describe('the file, opened again', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'map-change-'));
  const file = path.join(folder, 'kcore');
  afterAll(() => rmSync(folder, { recursive: true }));

  /** ELF64 header and program headers, all of them LOADs. */
  const write = (segments: readonly Segment[]): void => {
    const bytes = Buffer.alloc(64 + 56 * segments.length);
    bytes.write('\x7fELF\x02\x01\x01', 'latin1');
    bytes.writeUInt16LE(4, 16);
    bytes.writeUInt16LE(62, 18);
    bytes.writeUInt32LE(1, 20);
    bytes.writeBigUInt64LE(64n, 32);
    bytes.writeUInt16LE(64, 52);
    bytes.writeUInt16LE(56, 54);
    bytes.writeUInt16LE(segments.length, 56);
    segments.forEach((segment, k) => {
      const at = 64 + 56 * k;
      bytes.writeUInt32LE(1, at);
      bytes.writeBigUInt64LE(segment.offset, at + 8);
      bytes.writeBigUInt64LE(BigInt(segment.physical ?? 0), at + 24);
      bytes.writeBigUInt64LE(segment.memorySize, at + 40);
    });
    writeFileSync(file, bytes);
  };
  const read = (before: readonly Segment[]) =>
    mapChangeSince(before, file, (loads) =>
      loads.map(({ p_paddr, p_memsz, p_offset }) => ({
        ...LOW,
        virtual: DIRECT_MAP + p_paddr,
        physical: Number(p_paddr),
        memorySize: p_memsz,
        offset: p_offset,
      })),
    );

  it('is compared with its earlier contents', () => {
    write([LOW]);
    expect(read([LOW])).toBeNull();
    expect(read([LOW, MODULE])).toEqual({ removed: 128 * MIB, added: 0, moved: false });
  });

  it('shows no change if it can no longer be read', () => {
    writeFileSync(file, '');
    expect(read([LOW, MODULE])).toBeNull();
    rmSync(file);
    expect(read([LOW, MODULE])).toBeNull();
  });
});
