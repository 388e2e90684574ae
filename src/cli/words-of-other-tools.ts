/** Words of one meaning, and what to type instead. */
interface Meaning {
  readonly words: readonly string[];
  /** For a hint: command lines of this program, and what each shows. */
  readonly instead: string;
}

const NO_OPTION = 'a dump needs no option: kdump-inspect FILE; without FILE a command reads /proc/kcore';
const NO_SYMBOLS = 'no vmlinux and no debuginfo is needed: kdump-inspect FILE';
const NO_FILTER =
  'no dump is written or filtered: kdump-inspect pages FILE shows, as EXCLUDABLE, what makedumpfile can leave out';
const PAGES_AND_USAGE =
  'kdump-inspect pages FILE shows what each page is, kdump-inspect usage FILE who holds the memory';

/**
 * What people who know other tools type first: commands of crash and drgn, options of crash, drgn and
 * makedumpfile, plugins of Volatility, and commands of a running system.
 */
export const MEANINGS: readonly Meaning[] = [
  {
    words: ['log', 'vmcore-dmesg', '--log', '--dump-dmesg', 'dump-dmesg', 'kmsg', 'printk', 'journalctl'],
    instead: 'kdump-inspect dmesg FILE shows the kernel log',
  },
  {
    words: ['bt', 'backtrace', 'where', 'stack', 'stacks', 'stacktrace', 'foreach'],
    instead: 'kdump-inspect dmesg FILE --panic shows the backtrace that the kernel printed when it died',
  },
  { words: ['panic', 'oops'], instead: 'kdump-inspect dmesg FILE --panic' },
  {
    words: ['kmem', 'mem', 'memory', '--mem-usage', 'mem-usage', 'mem_usage', 'memusage'],
    instead: `${PAGES_AND_USAGE} (--by slab, file, process or cgroup); pages --compat makedumpfile counts as makedumpfile does`,
  },
  { words: ['free', 'meminfo', 'vmstat', 'zone', 'zones', 'buddyinfo'], instead: PAGES_AND_USAGE },
  { words: ['slab', 'slabs', 'slabtop', 'slabinfo'], instead: 'kdump-inspect usage FILE --by slab' },
  {
    words: ['files', 'lsof', 'pagecache', 'page-cache'],
    instead: 'kdump-inspect usage FILE --by file shows the files in the page cache',
  },
  {
    words: ['cgroup', 'cgroups', 'memcg', 'systemd-cgtop'],
    instead: 'kdump-inspect usage FILE --by cgroup shows the memory of each cgroup',
  },
  {
    words: ['vm', 'pmap', 'smem'],
    instead: 'kdump-inspect usage FILE --by process shows the memory of each process',
  },
  {
    words: [
      'task',
      'tasks',
      'process',
      'processes',
      'threads',
      'runq',
      'top',
      'pslist',
      'pstree',
      'linux.pslist',
    ],
    instead: 'kdump-inspect ps FILE shows the tasks (--threads, --sort rss)',
  },
  {
    words: ['sys', 'mach', 'uname', 'uptime', 'summary', 'show', 'open', 'kdumpid', 'mod', 'lsmod', 'mods'],
    instead: 'kdump-inspect info FILE shows kernel, panic, machine and modules',
  },
  { words: ['--osrelease', 'osrelease'], instead: 'kdump-inspect vmcoreinfo FILE --get OSRELEASE' },
  {
    words: ['sym', 'symbol', 'kallsyms', 'nm'],
    instead: 'kdump-inspect symbols FILE NAME; NAME may be an address, or a pattern with * and ?',
  },
  {
    words: ['vtop', 'v2p', 'pte', 'vtp'],
    instead: 'kdump-inspect translate FILE ADDR walks the page tables of a virtual address',
  },
  {
    words: ['ptov', 'btop', 'ptob', 'pfn', 'page-types'],
    instead: 'kdump-inspect page FILE PFN tells all about one page; it takes addresses, too',
  },
  {
    words: ['p', 'print', 'ptype', 'whatis', 'union', 'type', 'types', 'rd', 'x', 'pahole'],
    instead: 'kdump-inspect struct FILE NAME shows a type, or with ADDR a value of it in memory',
  },
  { words: ['kaslr', 'phys_base', 'page_offset'], instead: 'kdump-inspect layout FILE' },
  {
    words: ['iomem', 'readelf', 'segment', 'headers'],
    instead: "kdump-inspect segments FILE shows the file's own map of memory",
  },
  { words: ['-x', '-s', '-S', '-i', '--symbols', '--vmlinux'], instead: NO_SYMBOLS },
  { words: ['-f', '-k', '--core', '--kcore', '--file'], instead: NO_OPTION },
  { words: ['-c'], instead: `${NO_OPTION}. ${NO_FILTER}` },
  {
    words: [
      '-d',
      '-l',
      '-p',
      '-z',
      '-E',
      '-F',
      '-X',
      '--dry-run',
      '--split',
      '--num-threads',
      'makedumpfile',
    ],
    instead: NO_FILTER,
  },
  { words: ['-R'], instead: 'a flattened file is read as it is: kdump-inspect FILE' },
  {
    words: ['--reassemble', '--diskset'],
    instead: 'all parts of a split dump are read together: kdump-inspect info FILE...',
  },
  { words: ['-g'], instead: 'kdump-inspect vmcoreinfo FILE --raw prints the text of VMCOREINFO' },
  { words: ['-v', 'version'], instead: 'kdump-inspect --version' },
];

/** What to type instead of a word or an option that another tool has; undefined if none is known to have it. */
export function insteadOf(word: string): string | undefined {
  const known = (text: string) => MEANINGS.find(({ words }) => words.includes(text))?.instead;
  return known(word) ?? known(word.toLowerCase());
}
