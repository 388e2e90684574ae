const kernelSymbols = ['page_offset_base', 'vmemmap_base', 'vmalloc_base', '_stext', 'init_top_pgt'] as const;

export type KernelSymbol = (typeof kernelSymbols)[number];

/** Lines for the kernel log that a boot does not have, as printf writes them. */
const printed = [
  '<11>from user space',
  '',
  'two\\nlines',
  '<2>\\033[31mred\\033[0m \\t tab',
  'bytes \\342\\202\\254 of UTF-8, \\344 of none',
];

/**
 * What the guest is asked before it crashes, in this order: the name of the answer, and the shell command that gives it. Both counters
 * run once before they are compared, so that their files are in the page cache by then.
 */
export const questions = {
  release: 'uname -r',
  // Fewer than ten at once: the kernel drops what a program writes faster than that. Without a newline the last record could go on.
  printed: printed.map((text) => `printf '${text}\\n' >/dev/kmsg`).join(' && '),
  kmsg: 'node /app/read-kmsg.mjs',
  dmesg: 'kdump-inspect dmesg --json',
  kallsyms: `grep -E ' (${kernelSymbols.join('|')})$' /proc/kallsyms`,
  kcoreHead: 'head -c 4096 /proc/kcore',
  vmcoreinfo: 'kdump-inspect vmcoreinfo --json',
  layout: 'kdump-inspect layout --json',
  segments: 'kdump-inspect segments /proc/kcore --json',
  symbols: 'kdump-inspect symbols /proc/kcore page_offset_base --json',
  // The kernel lists its BPF programs and trampolines too, which are in no symbol table.
  symbolsDifference: `kdump-inspect symbols /proc/kcore >/tmp/symbols; grep -vE '\\[(bpf|__builtin__.*)\\]$' /proc/kallsyms | diff - /tmp/symbols | head -n 20`,
  symbolsOfModules: `grep -c '\\[' /tmp/symbols; rm /tmp/symbols`,
  btfSums: 'sha1sum /sys/kernel/btf/*',
  structRelease: 'kdump-inspect struct /proc/kcore init_uts_ns.name.release --json',
  structComm: `kdump-inspect struct /proc/kcore task_struct.comm init_task --json`,
  statusBefore: 'cat /proc/[0-9]*/status; true',
  ps: 'kdump-inspect ps --json',
  statusAfter: 'cat /proc/[0-9]*/status; true',
  uptimeBefore: 'cat /proc/uptime',
  info: 'kdump-inspect info --json',
  uptimeAfter: 'cat /proc/uptime',
  cmdline: 'cat /proc/cmdline',
  tainted: 'cat /proc/sys/kernel/tainted',
  modules: "cut -d ' ' -f 1 /proc/modules",
  hostname: 'hostname',
  asOrdinaryUser: '/bin/setpriv --reuid 1000 --regid 1000 --clear-groups kdump-inspect pages /proc/kcore',
  withoutRawio:
    '/bin/setpriv --bounding-set=-sys_rawio --inh-caps=-sys_rawio kdump-inspect pages /proc/kcore',
  warmUp: 'makedumpfile --mem-usage /proc/kcore',
  pages: 'node --import /app/count-at-exit.mjs /app/dist/kdump-inspect.js pages --json',
  zoneinfoAtExit: 'cat /tmp/zoneinfo',
  meminfo: 'cat /proc/meminfo',
  makedumpfileBefore: 'makedumpfile --mem-usage /proc/kcore',
  compat:
    'node --import /app/count-at-exit.mjs /app/dist/kdump-inspect.js pages /proc/kcore --compat makedumpfile --json',
  makedumpfileAtExit: 'cat /tmp/makedumpfile',
  makedumpfileAfter: 'makedumpfile --mem-usage /proc/kcore',
  // What it needs of node is read from the disk now, so the file does not grow while it is counted.
  usageWarmUp: 'kdump-inspect usage --json --top 1000000',
  slabinfoBefore: 'cat /proc/slabinfo',
  usage: 'kdump-inspect usage --json --top 1000000',
  slabinfo: 'cat /proc/slabinfo',
  vmallocinfo: 'cat /proc/vmallocinfo',
  meminfoAfter: 'cat /proc/meminfo',
} as const;

/** What it is asked under lockdown=confidentiality, which a running kernel can enter but not leave. */
export const lockdownQuestions = {
  underLockdown: 'kdump-inspect pages /proc/kcore',
} as const;

export type AnswerName = keyof typeof questions | keyof typeof lockdownQuestions;
