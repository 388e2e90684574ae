import { ascii, packed } from '../builders/encode.ts';
import { note } from '../builders/notes.ts';
import { withHeaders } from './elf-files.ts';
import { SparseFile } from './sparse-file.ts';

const PT_NOTE = 4;
/** Where the added notes lie: after everything that the fixture has in its file, before the added headers. */
const NOTES = 2 ** 29;
const MIB = 2 ** 20;

/** A real dump with `count` notes before its own; all of them use the same bytes of the file. */
const withNotes = (bytes: Uint8Array, size: number, count: number) => (path: string) => {
  const parts = withHeaders(
    path,
    count,
    () => ({ type: PT_NOTE, offset: NOTES, paddr: 0, filesz: size, memsz: size }),
    true,
  );
  const file = new SparseFile(path);
  file.put(NOTES, bytes);
  file.close();
  return parts;
};

/** A note that claims this many bytes of contents, most of which were never written. */
const header = (name: string, size: number) => note(name, 0, new Uint8Array(0), { descsz: size });

/** One VMCOREINFO, as large as a 32-bit field can state. */
export const hugeVmcoreinfo = withNotes(header('VMCOREINFO', 2 ** 32 - 1), 2 ** 33, 1);

/** One ERASEINFO of the same size. */
export const hugeEraseinfo = withNotes(header('ERASEINFO', 2 ** 32 - 1), 2 ** 33, 1);

/** As many ERASEINFO notes as are looked at, 1 MiB each. */
export const manyEraseinfo = withNotes(
  note('ERASEINFO', 0, ascii('erase jiffies 8\n'.repeat(MIB / 16))),
  MIB + 24,
  99_000,
);

/** A VMCOREINFO of 1 MiB, in which each line is a key. */
export const longVmcoreinfo = (path: string) => {
  const lines = Array.from({ length: MIB / 8 }, (_, n) => `${n.toString(36).padStart(5, 'a')}=1\n`);
  return withNotes(note('VMCOREINFO', 0, ascii(lines.join(''))), MIB + 24, 1)(path);
};

/** Registers of as many CPUs as are looked at, each with its own page tables. */
export const manyCpus = (path: string) => {
  const notes = Array.from({ length: 99_000 }, (_, cpu) =>
    note(
      'QEMU',
      0,
      packed(440, [
        [0, 4, 1],
        [4, 4, 440],
        [392, 8, 2n ** 31n],
        [416, 8, BigInt(cpu) * 4096n],
        [424, 8, 0x20n],
      ]),
    ),
  );
  const bytes = Buffer.concat(notes);
  return withNotes(bytes, bytes.length, 1)(path);
};
