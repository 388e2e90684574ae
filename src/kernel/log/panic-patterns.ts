/*
 * Patterns of the log lines of a panic, an oops, and reports that lead to them.
 */

/** panic() of kernel/panic.c */
export const PANIC = /^Kernel panic - not syncing/;

/** Where the reason is a record of its own, as in Debian's 5.10 with PREEMPT_RT. */
export const PANIC_ALONE = /^Kernel panic - not syncing:\s*$/;

/**
 * The line that die() prints for every oops, with a counter: "Oops: 0002 [#1] SMP"
 * (arch/x86/kernel/dumpstack.c)
 */
export const OOPS = /: [0-9a-f]{4} \[#\d+\]/;

/** The end of an oops or warning (kernel/panic.c). */
export const END = /^---\[ end trace /;

/** What may follow: the registers again, in case they scrolled away (oops_end), and the thread's end. */
export const AFTERWORD =
  /^(RIP|Code|R[A-Z0-9]{2}|FS|CS|CR2|DR[0-9]|PKRU)( ?:|: )|^note: |^Kernel Offset: |^Modules linked in:/;

/** The first lines of reports that may end in a panic. */
export const OPENINGS: readonly RegExp[] = [
  // BUG(), WARN() and list corruption; KASAN, UBSAN and lockdep print a line of dashes or equals signs first.
  /^-+\[ cut here \]-+$/,
  /^={20,}$/,
  /^kernel BUG at /,
  // Page faults, soft lockups, KASAN, bad pages (arch/x86/mm/fault.c, kernel/watchdog.c, mm)
  /^(watchdog: |NMI watchdog: )?BUG: /,
  /^(watchdog|NMI watchdog): (CPU\d+: )?Watchdog detected hard LOCKUP/,
  /^traps: PANIC: |^PANIC: double fault/,
  // Stalls: kernel/hung_task.c, kernel/rcu/tree_stall.h
  /^INFO: task .* blocked for more than /,
  /^(rcu: )?INFO: rcu_?\w* (self-)?detected /,
  / invoked oom-killer: /,
  /^(sysrq: )?(SysRq : )?Trigger a crash/,
  // mce_panic, ghes and unknown NMIs
  /^(mce: |\{\d+\})?\[Hardware Error\]: /,
  /^Uhhuh\. NMI received |^NMI: (PCI system error|IOCK error)/,
];

/**
 * The first words of lines that say what an oops is about (arch/x86/mm/fault.c, arch/x86/kernel/traps.c,
 * lib/bug.c).
 */
export const CAUSE =
  /^(BUG: |kernel BUG at |general protection fault|divide error|invalid opcode|traps: PANIC|watchdog: BUG: |NMI watchdog: )/;
