import type { Base } from './bases.ts';
import type { Random } from './random.ts';

/** The name of a base's file on the command line. */
export function fileName(index: number): string {
  return `fuzzed-${index}`;
}

const TYPES = [
  'task_struct',
  'page',
  'list_head',
  'task_struct.mm->pgd',
  'module.name',
  'xa_node',
  'no_such',
  'mm_struct.rss_stat',
];
const SYMBOLS = ['_stext', '*', 'init_*', '0xffffffff81000100', 'helper', 'no_such', '0xffffffff81200000'];
const PLACES = [
  'init_task',
  'init_task+0x10',
  'init_task+0x10/0x40',
  'helper+0x1/0x2 [ext4]',
  'bad',
  'ffffffff81000100',
  'current_task@1',
  '0xffffffff81180000',
  '0xffff888000001000',
  '0x0',
  '0xffffffffffffffff',
];
const KEYS = ['OSRELEASE', 'SYMBOL(mem_section)', 'SIZE(page)', 'no'];

/**
 * A page: in the made-up kernels one that is used, in the fixtures any; sometimes one that does not exist.
 */
function pageOperand(random: Random): string {
  const pfn = random.pick([
    random.below(0x200),
    0x3000 + random.below(0x400),
    random.below(98_304),
    32768 + random.below(512),
    random.below(2 ** 40),
  ]);
  const ways = [
    `${pfn}`,
    `0x${(pfn * 4096 + random.below(4096)).toString(16)}`,
    `0x${(0xffff_8880_0000_0000n + BigInt(pfn % 2 ** 30) * 4096n).toString(16)}`,
  ];
  if (random.once(20)) return random.pick(PLACES);
  return random.once(20) ? `0x${random.u64().toString(16)}` : random.pick(ways);
}

function address(random: Random): string {
  const known = [
    0xffff_ffff_8100_0000n,
    0xffff_8880_0000_0000n,
    0xffff_ea00_0000_0000n,
    0n,
    (1n << 47n) - 1n,
  ];
  return `0x${BigInt.asUintN(64, random.once(5) ? random.u64() : random.pick(known) + BigInt(random.below(2 ** 25))).toString(16)}`;
}

type Maker = (random: Random) => readonly [operands: readonly string[], options: readonly string[]];

/** All commands, with the operands and options that each can have. */
const MAKERS: Readonly<Record<string, Maker>> = {
  pages: () => [[], ['--jobs', '1']],
  'pages --compat': () => [[], ['--compat', 'makedumpfile']],
  info: () => [[], []],
  usage: (random) => [
    [],
    random.pick([
      [],
      ['--by', 'slab'],
      ['--by', 'file', '--top', '3'],
      ['--by', 'process'],
      ['--by', 'cgroup'],
      ['--by', 'type'],
    ]),
  ],
  ps: (random) => [[], random.pick([[], ['--threads'], ['--sort', 'rss', '--top', '2'], ['--sort', 'cpu']])],
  dmesg: (random) => [
    [],
    random.pick([[], ['--panic'], ['--level', 'err+'], ['--since', '0.01'], ['--last', '3']]),
  ],
  page: (random) => [[pageOperand(random)], []],
  struct: (random) => [
    [
      random.pick([...TYPES, 'init_task.comm', 'init_task']),
      ...(random.once(2) ? [random.pick(PLACES)] : []),
    ],
    [],
  ],
  symbols: (random) => [
    Array.from({ length: random.below(3) }, () => random.pick(random.once(2) ? SYMBOLS : PLACES)),
    [],
  ],
  layout: (random) => [[], random.once(6) ? ['--page-offset', address(random)] : []],
  vmcoreinfo: (random) => [[], random.pick([[], ['--raw'], ['--get', random.pick(KEYS)]])],
  segments: () => [[], []],
  translate: (random) => [
    Array.from({ length: 1 + random.below(3) }, () =>
      random.once(4) ? random.pick(PLACES) : address(random),
    ),
    [],
  ],
};

/** A command line for the files of a base. */
function commandLine(maker: string, base: Base, random: Random): string[] {
  const [command = ''] = maker.split(' ');
  const [operands, options] = MAKERS[maker]?.(random) ?? [[], []];
  const [first, ...rest] = base.files.map((_, i) => fileName(i));
  const parts = rest.flatMap((name) => ['--part', name]);
  const common = [
    ...(random.once(2) ? ['--json'] : []),
    ...(random.once(8) ? ['--color'] : []),
    ...(random.once(30) ? ['--debug'] : []),
  ];
  return [command, first ?? '', ...operands, ...parts, ...options, ...base.args, ...common];
}

/** The commands that are run on an input: mostly `pages`, and one or two others. */
export function commandLines(base: Base, random: Random): string[][] {
  const others = Object.keys(MAKERS);
  const makers = random.once(2) ? ['pages', random.pick(others)] : [random.pick(others)];
  return makers.map((maker) => commandLine(maker, base, random));
}
