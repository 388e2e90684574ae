/** What the help and the man page say about the program as a whole. */
export const PROGRAM = {
  name: 'kdump-inspect',
  summary: 'says what every page of memory is used for in a Linux crash dump',
  description:
    'Reads a Linux x86_64 vmcore or the live /proc/kcore and says what every page of memory is used for.',
  reads:
    'FILE is recognised by its content: an ELF64 vmcore of kdump or QEMU, a kdump-compressed dump (also flattened or split), ' +
    'a LiME or AVML image, or with --format raw a raw memory image. No debuginfo is needed.',
  withoutFile: 'Without FILE the live /proc/kcore is read, which requires root.',
  examples: [
    ['kdump-inspect vmcore', 'what happened to which kernel, as info vmcore'],
    ['kdump-inspect pages /proc/kcore', "what this machine's memory is used for"],
    ['kdump-inspect pages vmcore --json | jq .classes.free.pages', ''],
    ['kdump-inspect usage vmcore', 'who holds the memory'],
    ['kdump-inspect dmesg vmcore --panic', 'what the kernel said when it died'],
    ['kdump-inspect page vmcore 0x1000000', 'one page: its class and its owner'],
  ],
  common: 'Every command that reads a dump has these options.',
  files: [
    ['/proc/kcore', 'the live memory, which is read if no FILE is given; requires root'],
    ['/proc/vmcore', 'the memory of the crashed kernel, while the capture kernel runs'],
    ['/var/crash', 'where many distributions keep their dumps'],
  ],
  seeAlso: [
    ['crash', 8],
    ['makedumpfile', 8],
    ['kexec', 8],
    ['ps', 1],
    ['dmesg', 1],
  ],
  statuses: [
    [0, 'done'],
    [1, 'could not be done'],
    [2, 'wrong usage'],
    [3, "done, but the dump is incomplete, or a figure is contradicted by the kernel's own"],
  ],
} as const;
