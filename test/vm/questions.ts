import { cgroupQuestions } from './cgroup-questions.ts';

const kernelSymbols = [
  'page_offset_base',
  'vmemmap_base',
  'vmalloc_base',
  '_stext',
  'init_top_pgt',
  '__start_BTF',
  '__stop_BTF',
] as const;

export type KernelSymbol = (typeof kernelSymbols)[number];

/** Lines for the kernel log that no boot prints, as arguments of printf. */
const printed = [
  '<11>from user space',
  '',
  'two\\nlines',
  '<2>\\033[31mred\\033[0m \\t tab',
  'bytes \\342\\202\\254 of UTF-8, \\344 of none',
];

/**
 * CPUs add what they have counted to the counters in /proc/meminfo when this file is read. A kernel for one CPU
 * counts at once and lacks it.
 */
const addUpCounters = 'cat /proc/sys/vm/stat_refresh 2>/dev/null';

/** The questions before the crash, in order: the answer's name, and the shell command that gives it. */
export const questions = {
  release: 'uname -r',
  // Fewer than ten at once: the kernel drops what a program writes faster. Without a newline the last record
  // could continue.
  printed: printed.map((text) => `printf '${text}\\n' >/dev/kmsg`).join(' && '),
  kmsg: 'node /app/read-kmsg.mjs',
  dmesg: 'kdump-inspect dmesg --json',
  kmsgAfter: 'node /app/read-kmsg.mjs',
  // Filtered as plain text, because patterns take an emulated processor a minute. Lines of BPF programs and
  // trampolines are removed: the kernel lists them, but they are in no symbol table.
  listed: `grep -vF -e '[bpf]' -e '[__builtin__' /proc/kallsyms >/tmp/listed`,
  kallsyms: `grep -F ${kernelSymbols.map((symbol) => `-e ' ${symbol}'`).join(' ')} /tmp/listed`,
  kcoreHead: 'head -c 4096 /proc/kcore',
  vmcoreinfo: 'kdump-inspect vmcoreinfo --json',
  layout: 'kdump-inspect layout --json',
  segments: 'kdump-inspect segments /proc/kcore --json',
  symbols: 'kdump-inspect symbols /proc/kcore page_offset_base --json',
  symbolsDifference:
    'kdump-inspect symbols /proc/kcore >/tmp/printed && sed s/^0x// /tmp/printed >/tmp/symbols; rm /tmp/printed; cmp -s /tmp/listed /tmp/symbols || diff /tmp/listed /tmp/symbols | head -n 20',
  symbolsOfModules: `grep -cF '[' /tmp/symbols; rm /tmp/symbols /tmp/listed`,
  btfSums: 'sha1sum /sys/kernel/btf/*',
  structRelease: 'kdump-inspect struct /proc/kcore init_uts_ns.name.release --json',
  structComm: `kdump-inspect struct /proc/kcore task_struct.comm init_task --json`,
  // For each process its PID, and its arguments with a tab instead of a NUL.
  commands: `for of in /proc/[0-9]*; do printf '%s ' "\${of#/proc/}"; tr '\\0' '\\t' <"$of/cmdline"; echo; done 2>/dev/null; true`,
  statsBefore: 'cat /proc/[0-9]*/stat; true',
  statusBefore: 'cat /proc/[0-9]*/status; true',
  ps: 'kdump-inspect ps --json',
  statusAfter: 'cat /proc/[0-9]*/status; true',
  statsAfter: 'cat /proc/[0-9]*/stat; true',
  uptimeBefore: 'cat /proc/uptime',
  info: 'kdump-inspect info --json',
  uptimeAfter: 'cat /proc/uptime',
  cmdline: 'cat /proc/cmdline',
  tainted: 'cat /proc/sys/kernel/tainted',
  modules: "cut -d ' ' -f 1 /proc/modules 2>/dev/null; true",
  hostname: 'hostname',
  asOrdinaryUser: '/bin/setpriv --reuid 1000 --regid 1000 --clear-groups kdump-inspect pages /proc/kcore',
  withoutRawio:
    '/bin/setpriv --bounding-set=-sys_rawio --inh-caps=-sys_rawio kdump-inspect pages /proc/kcore',
  pages:
    'node --max-semi-space-size=1 --import /app/count-at-exit.mjs /app/dist/kdump-inspect.js pages --json',
  zoneinfoAtExit: 'cat /tmp/zoneinfo',
  meminfo: 'cat /proc/meminfo',
  makedumpfileBefore: 'makedumpfile --mem-usage /proc/kcore',
  compat:
    'node --max-semi-space-size=1 --import /app/count-at-exit.mjs /app/dist/kdump-inspect.js pages /proc/kcore --compat makedumpfile --json',
  makedumpfileAtExit: 'cat /tmp/makedumpfile',
  makedumpfileAfter: 'makedumpfile --mem-usage /proc/kcore',
  slabinfoBefore: 'cat /proc/slabinfo',
  vmallocinfoBefore: 'cat /proc/vmallocinfo',
  meminfoBefore: `${addUpCounters}; cat /proc/meminfo`,
  usage: 'node --import /app/slabs-of-the-run.mjs /app/dist/kdump-inspect.js usage --json --top 1000000',
  slabinfoStart: 'cat /tmp/slabinfo.start && rm /tmp/slabinfo.start',
  slabinfoExit: 'cat /tmp/slabinfo.exit && rm /tmp/slabinfo.exit',
  meminfoAfter: `${addUpCounters}; cat /proc/meminfo`,
  vmallocinfoAfter: 'cat /proc/vmallocinfo',
  slabinfoAfter: 'cat /proc/slabinfo',
  ...cgroupQuestions,
} as const;

/** The questions under lockdown=confidentiality, which a running kernel can enter but not leave. */
export const lockdownQuestions = {
  underLockdown: 'kdump-inspect pages /proc/kcore',
} as const;

export type AnswerName = keyof typeof questions | keyof typeof lockdownQuestions;
