import { describe, expect, it } from 'vitest';
import { FileSource } from '../../../src/bytes/file-source.ts';
import { elfSource } from '../../builders/elf.ts';
import { pattern } from '../../builders/encode.ts';
import type { SourceOptions } from '../../builders/memory-source.ts';
import { note, noteSegment, prstatus } from '../../builders/notes.ts';
import { openSource } from '../../builders/open-source.ts';
import { type CpuState, CR4_4_LEVELS, qemuNote } from '../../builders/qemu-dump.ts';
import { dumpOf } from '../../support/fixture.ts';

const RAM = { paddr: 0x1000, data: pattern(0x1000, 1) };

function registersOf(cpus: readonly CpuState[], options: SourceOptions = {}) {
  const notes = noteSegment([...cpus.map(prstatus), ...cpus.map(qemuNote)]);
  return openSource(elfSource({ segments: [notes, RAM] }, options)).registers;
}

describe("the registers in QEMU's notes", () => {
  it('are read for each CPU, in the order of the notes', () => {
    const cr4 = CR4_4_LEVELS | (1n << 12n);
    expect(registersOf([{ cr3: 0x234c000n }, { cr3: 0x1064801n, cr4 }])).toEqual([
      { cpu: 0, cr3: 0x234c000n, cr4: CR4_4_LEVELS },
      { cpu: 1, cr3: 0x1064801n, cr4 },
    ]);
  });

  it('leave out a CPU that was not started: without paging CR3 means nothing', () => {
    const cpus = [{ cr3: 0x1000n, cr0: 0x6000_0010n }, { cr3: 0x2000n }];
    expect(registersOf(cpus).map(({ cpu }) => cpu)).toEqual([1]);
  });

  it('are read from a note without kernel_gs_base, and from a longer one', () => {
    expect(registersOf([{ cr3: 0x1000n, bytes: 432 }])).toHaveLength(1);
    expect(registersOf([{ cr3: 0x1000n, size: 512 }])).toHaveLength(1);
  });

  it('are not read from a note of another version or size', () => {
    expect(registersOf([{ cr3: 0x1000n, version: 2 }])).toEqual([]);
    expect(registersOf([{ cr3: 0x1000n, size: 431 }])).toEqual([]);
    expect(registersOf([{ cr3: 0x1000n, bytes: 428, size: 440 }])).toEqual([]);
  });

  it('are not read from notes of another name or type', () => {
    const state = new Uint8Array(440).fill(0xff);
    const notes = noteSegment([note('QEMU', 1, state), note('CORE', 0, state)]);
    expect(openSource(elfSource({ segments: [notes, RAM] })).registers).toEqual([]);
  });

  it('are read for the CPUs before the end of a file that is cut inside its notes', () => {
    const cpus = [{ cr3: 0x1000n }, { cr3: 0x2000n }];
    const [first] = [{ cpu: 0, cr3: 0x1000n, cr4: CR4_4_LEVELS }];
    // The note segment is at 4096: two of NT_PRSTATUS (356 bytes), a whole one of QEMU (460), and half of
    // one.
    expect(registersOf(cpus, { cutAt: 4096 + 2 * 356 + 460 + 200 })).toEqual([first]);
  });

  it('are read as QEMU wrote them for a real machine', () => {
    const image = openSource(new FileSource(dumpOf('qemu-6.1')));
    expect(image.registers).toEqual([{ cpu: 0, cr3: 0x2a54000n, cr4: 0x750eb0n }]);
    image.close();
  });
});
