import path from 'node:path';
import { cache } from './cache.ts';
import type { GuestPlan, Questions } from './guest-image.ts';
import { install } from './programs.ts';

/** How often `pages` is run in a row. */
export const runs = 20;

const times = (name: string, count: number, command: string): [string, string][] =>
  Array.from({ length: count }, (_, k) => [`${name}.${k + 1}`, command]);

/** A random pfn of memory that is always there: from 16 MiB on, because there are holes below. */
const somePfn = '$((4096 + $(od -An -N4 -tu4 /dev/urandom) % 122880))';

/** The commands on the live memory; an answer is named after its command and a number. */
export const pressureQuestions: Questions = Object.fromEntries([
  ...times('pages', runs, 'kdump-inspect pages /proc/kcore --json'),
  ...times('usage', 2, 'kdump-inspect usage --json'),
  ...times('ps', 2, 'kdump-inspect ps --json'),
  ...times('info', 2, 'kdump-inspect info --json'),
  ...times('page', 4, `kdump-inspect page /proc/kcore ${somePfn} --json`),
  ...times('dmesg', 1, 'kdump-inspect dmesg --json'),
  ...times('layout', 1, 'kdump-inspect layout --json'),
  ...times('segments', 1, 'kdump-inspect segments --json'),
  ...times('symbols', 1, 'kdump-inspect symbols /proc/kcore init_task --json'),
  ['offlined', 'wc -l </tmp/offlined'],
]);

/**
 * Programs that fill and empty memory. Together they take a quarter of the processor from the inspector
 * (guest/pressure.sh).
 */
const stressors = [
  ...['--oomable', '--vm', '1', '--vm-bytes', '96m', '--vm-keep'],
  ...[
    '--fork',
    '1',
    '--mmap',
    '1',
    '--mmap-bytes',
    '32m',
    '--madvise',
    '1',
    '--shm',
    '1',
    '--shm-bytes',
    '16m',
  ],
  ...['--hdd', '1', '--hdd-bytes', '48m', '--dentry', '1', '--brk', '1'],
];

export interface PressureFacts {
  readonly faultQuestions: Questions;
  /** The table of the device with bad sectors. */
  readonly badDisk: readonly string[];
}

/** The guest whose memory is filled, emptied, removed and brought back while it is inspected. */
export const pressurePlan = ({ faultQuestions, badDisk }: PressureFacts): GuestPlan => ({
  init: 'pressure.sh',
  settings: { STRESSORS: stressors.join(' '), BAD_DISK: badDisk.join(';') },
  questions: { 'questions.faults': faultQuestions, 'questions.pressure': pressureQuestions },
  modules: ['dm-mod'],
  programs: ['/usr/bin/nice', '/usr/bin/stress-ng', '/usr/sbin/dmsetup'],
  furnish: (tree) => install(tree, path.join(cache, 'poison'), '/bin/poison'),
});
