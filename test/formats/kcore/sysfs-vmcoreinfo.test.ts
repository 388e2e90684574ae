import type { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noteContents } from '../../../src/formats/kcore/sysfs-vmcoreinfo.ts';
import { elfSource, kcoreOffset } from '../../builders/elf.ts';
import { ascii, concat, packed } from '../../builders/encode.ts';
import { note, noteSegment, taskstruct, vmcoreinfo } from '../../builders/notes.ts';
import { openSource } from '../../builders/open-source.ts';
import { refusal, replaceCalls } from '../../support/system-calls.ts';

const TEXT = 'OSRELEASE=4.14.0\nPAGESIZE=4096\n';
/** The contents of /sys/kernel/vmcoreinfo; null if there is no such file. */
let sysfs: string | null = null;
let restore = () => {};

beforeEach(() => {
  sysfs = null;
  restore = replaceCalls({
    readFileSync: ((path: string) => {
      if (path === '/sys/kernel/vmcoreinfo' && sysfs !== null) return sysfs;
      throw refusal('ENOENT', 'open');
    }) as typeof readFileSync,
  });
});
afterEach(() => restore());

/** VMCOREINFO from the /proc/kcore of a kernel before 4.19, with `memory` at physical address 0x1000. */
function vmcoreinfoOf(memory: Uint8Array, notes = [taskstruct()]) {
  const vaddr = 0xffff888000001000n;
  const ram = { vaddr, paddr: 0x1000, data: memory, offset: kcoreOffset(vaddr) };
  const segments = [noteSegment(notes, { offset: 0x400 }), ram];
  return openSource(elfSource({ segments }, { isProcfs: true, size: 2 ** 47 })).vmcoreinfo;
}
const at = (address: number, size: number) => `${address.toString(16)} ${size.toString(16)}\n`;
const MEMORY = concat(new Uint8Array(0x40), vmcoreinfo(TEXT), new Uint8Array(0x1000));

describe('VMCOREINFO of a kernel before 4.19', () => {
  it('is the note in memory that /sys/kernel/vmcoreinfo points to', () => {
    sysfs = at(0x1040, 0x400);
    expect(vmcoreinfoOf(MEMORY)).toEqual({
      text: TEXT,
      source: '/sys/kernel/vmcoreinfo: note at physical address 0x1040',
    });
  });

  it('is the note of the file if there is one', () => {
    sysfs = at(0x1040, 0x400);
    expect(vmcoreinfoOf(MEMORY, [taskstruct(), vmcoreinfo('OSRELEASE=6.1\n')])?.text).toBe('OSRELEASE=6.1\n');
  });

  it.each<[string, string | null]>([
    ['there is no such file', null],
    ['the file is empty', ''],
    ['it is not two numbers', 'zero one\n'],
    ['there is one number too many', '1040 400 1\n'],
    ['the note is smaller than its header', at(0x1040, 11)],
    ['the note is smaller than its sizes', at(0x1040, 3)],
    ['the note is larger than any real one', at(0x1040, 16_385)],
    ['there is no memory at the address', at(0x9000_0000, 0x400)],
    ['the memory ends before the note does', at(0x1040, 0x2000)],
    ['the address is the highest possible one', 'ffffffffffffffff 400\n'],
    ['there is no note at the address', at(0x1000, 0x40)],
  ])('is null if %s', (_, text) => {
    sysfs = text;
    expect(vmcoreinfoOf(MEMORY)).toBeNull();
  });
});

describe('a note in memory', () => {
  const header = (namesz: number, descsz: number) =>
    packed(12, [
      [0, 4, namesz],
      [4, 4, descsz],
    ]);

  it('has its contents after its name, without trailing zeros', () => {
    expect(noteContents(note('VMCOREINFO', 0, ascii(TEXT)))).toBe(TEXT);
    expect(noteContents(note('ABC', 0, ascii(`${TEXT}\0\0`)))).toBe(TEXT);
  });

  it('may fill its memory to the end', () => {
    expect(noteContents(concat(header(4, 4), ascii('ABC\0'), ascii('A=1\n')))).toBe('A=1\n');
  });

  it.each([
    ['contents that reach past it', 11, 0x1000],
    ['contents of the largest size', 11, 0xffff_ffff],
    ['no contents', 11, 0],
    ['a name that reaches past it', 0x1000, 4],
    ['a name of 2 GiB, whose size is negative as a signed number', 0x8000_0000, 0x8000_0020],
    ['a name of nearly 4 GiB, which rounds up to 0', 0xffff_fffe, 16],
  ])('is ignored if its sizes are false: %s', (_, namesz, descsz) => {
    expect(noteContents(concat(header(namesz, descsz), ascii('VMCOREINFO\0\0'), ascii(TEXT)))).toBeNull();
  });
});
