import type { ForeignKind } from './foreign-kind.ts';

const VMCORE = "give the vmcore, which holds the kernel's memory; no kernel image is needed";

/** Programs, and data that lies where dumps lie. */
export const OTHER_FILES: readonly ForeignKind[] = [
  // setup_header.header, and an EFI stub that starts like an EFI program (Documentation/arch/x86/boot.rst)
  { magic: ['HdrS'], at: 0x202, what: 'a kernel image (vmlinuz, bzImage)', hint: VMCORE },
  { magic: ['MZ'], what: 'an EFI or Windows program, perhaps a kernel image (vmlinuz)', hint: VMCORE },
  {
    magic: ['\xcf\xfa\xed\xfe', '\xce\xfa\xed\xfe'],
    what: 'a Mach-O file of macOS',
    hint: 'only memory of Linux is read',
  },
  // HEADER_SIGNATURE (src/libsystemd/sd-journal/journal-def.h of systemd)
  {
    magic: ['LPKSHHRH'],
    what: 'a journal of systemd, not a dump',
    hint: 'journalctl --file FILE -k shows the kernel messages in it',
  },
  // PERF_MAGIC (tools/perf/util/header.c)
  {
    magic: ['PERFILE2', '2ELIFREP'],
    what: 'a recording of perf, not a dump',
    hint: 'perf report -i FILE reads it',
  },
  { magic: ['SQLite format 3\0'], what: 'an SQLite database, not a dump', hint: 'give the vmcore' },
  { magic: ['%PDF-'], what: 'a PDF document, not a dump', hint: 'give the vmcore' },
];
