import { describe, expect, it } from 'vitest';
import type { OnProgress } from '../../../src/bytes/work.ts';
import { MemoryScan } from '../../../src/kernel/vmcoreinfo/memory-scan.ts';
import { ascii } from '../../builders/encode.ts';
import { BuiltMemory, type MemoryPlan } from '../../builders/memory.ts';

const MIB = 1 << 20;
const NEEDLE = ascii('NEEDLE!');

function scanOf(plan: MemoryPlan, addresses: readonly number[], onBytes: OnProgress = () => {}) {
  const memory = new BuiltMemory(plan);
  for (const address of addresses) memory.write(address, NEEDLE);
  const scan = new MemoryScan(memory, NEEDLE, onBytes);
  return { finds: [...scan.finds()], scan, memory };
}

describe('a scan of memory', () => {
  it('finds bytes at any address, ascending, each once', () => {
    const addresses = [0x1000, 0x1007, 0x1fff, 0x4321, 5 * MIB - 7, 5 * MIB + 1];
    expect(scanOf({ described: [{ start: 0x1000, end: 6 * MIB }] }, addresses).finds).toEqual(addresses);
  });

  it.each([1, 2, 3, 4, 5, 6, 7])('finds bytes with %i of them before the border of two reads', (before) => {
    const address = 0x1000 + MIB - before;
    expect(scanOf({ described: [{ start: 0x1000, end: 3 * MIB }] }, [address]).finds).toEqual([address]);
  });

  it('finds bytes in pages that are partly in the dump', () => {
    const described = [{ start: 0x1200, end: 0x9fc00 }];
    const addresses = [0x1200, 0x9fc00 - 7];
    const { finds, scan } = scanOf({ described }, [...addresses, 0x11f0, 0x9fc00]);
    expect(finds).toEqual(addresses);
    expect(scan.searched).toBe(0x9fc00 - 0x1200);
  });

  it('does not join bytes across memory that is not stored', () => {
    const described = [{ start: 0, end: 0x8000 }];
    const apart = { described, notStored: [{ start: 0x3000, end: 0x4000 }] };
    const { finds } = scanOf(apart, [0x2ffd, 0x3800, 0x3ffd, 0x5000]);
    expect(finds).toEqual([0x5000]);
  });

  it('reads no page that is not stored', () => {
    const plan = { described: [{ start: 0, end: 4 * MIB }], notStored: [{ start: 0x3000, end: 3 * MIB }] };
    const { memory } = scanOf(plan, [3 * MIB]);
    expect(memory.reads.filter((at) => at >= 0x3000 && at < 3 * MIB)).toEqual([]);
  });

  it('goes on after pages that cannot be read, and counts them', () => {
    const plan = { described: [{ start: 0, end: 2 * MIB }], unreadable: [{ start: 0x5000, end: 0x7000 }] };
    const { finds, scan } = scanOf(plan, [0x4ff0, 0x5100, 0x7000, MIB + 5]);
    expect(finds).toEqual([0x4ff0, 0x7000, MIB + 5]);
    expect(scan.unreadable).toBe(2);
  });

  it('reports its progress up to the end', () => {
    const calls: [number, number][] = [];
    const described = [
      { start: 0, end: 3 * MIB + 0x1800 },
      { start: 8 * MIB, end: 8 * MIB + 0x800 },
    ];
    scanOf({ described }, [], (done, total) => calls.push([done, total]));
    const total = 3 * MIB + 0x2000;
    expect(calls.map(([done]) => done)).toEqual([MIB, 2 * MIB, 3 * MIB, 3 * MIB + 0x1800, total]);
    expect(calls.every(([, of]) => of === total)).toBe(true);
  });
});
