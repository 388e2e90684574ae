import { describe, expect, it } from 'vitest';
import { type ElfRecipe, elfSource } from '../../builders/elf.ts';
import { ascii, pattern } from '../../builders/encode.ts';
import { note, noteSegment, vmcoreinfo } from '../../builders/notes.ts';
import { openSource } from '../../builders/open-source.ts';

const RAM = { paddr: 0x1000, data: pattern(0x1000, 1) };
const opened = (recipe: Partial<ElfRecipe>) => openSource(elfSource({ segments: [RAM], ...recipe }));

describe('a dump that its writer marked as incomplete', () => {
  it('lacks memory, even if the file has all that its headers promise', () => {
    const image = opened({ header: { flags: 1 } });
    expect([image.memory.cutShort, image.memory.amounts.truncated]).toEqual([true, 0]);
    expect(image.warnings).toEqual([expect.stringMatching(/incomplete.*e_flags/)]);
  });

  it('is not a dump with other flags', () => {
    for (const flags of [0, 2, 0xffff_fffe]) {
      const image = opened({ header: { flags } });
      expect([image.memory.cutShort, image.warnings]).toEqual([false, []]);
    }
  });
});

describe('a dump from which data were erased', () => {
  const erased = (text: string, lies = {}) => {
    const notes = noteSegment([vmcoreinfo('OSRELEASE=6.1\n'), note('ERASEINFO', 0, ascii(text), lies)]);
    return opened({ segments: [notes, RAM] });
  };

  it('says so, and how many objects its note names', () => {
    const image = erased('erase jiffies 8\nerase init_task.comm 16\n');
    expect(image.warnings).toEqual([expect.stringContaining('2 objects')]);
    expect(erased('erase jiffies 8\n').warnings[0]).toContain('1 object according to');
    expect(image.memory.cutShort).toBe(false);
  });

  it('also says so if the note is longer than any real one', () => {
    const notes = noteSegment([note('ERASEINFO', 0, ascii('erase x 1\n'), { descsz: 2 << 20 })], {
      filesz: 4 << 20,
    });
    expect(opened({ segments: [RAM, notes] }).warnings).toEqual([expect.stringContaining('too many')]);
  });

  it('has only a few such notes read, however many there are', () => {
    const notes = Array.from({ length: 50 }, () => note('ERASEINFO', 0, ascii('erase x 1\n')));
    const { warnings } = opened({ segments: [noteSegment(notes), RAM] });
    expect(warnings).toHaveLength(5);
    expect(warnings.at(-1)).toContain('50 ERASEINFO notes; only 4 were read');
  });

  it('keeps its VMCOREINFO unchanged', () => {
    expect(erased('erase jiffies 8\n').vmcoreinfo?.text).toBe('OSRELEASE=6.1\n');
  });
});
