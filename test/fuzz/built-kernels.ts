import { kernelWithSymbols } from '../builders/kallsyms.ts';
import { type BuiltKernel, type KernelPlan, PAGES_PER_SECTION, pfns } from '../builders/kernel.ts';
import { type Flag, SHAPES, type Shape } from '../builders/kernel-shapes.ts';
import { kernelWithZones, type ZonePlan } from '../builders/kernel-zones.ts';
import { BuiltBuffer } from '../builders/log-buffer.ts';
import { BuiltRing } from '../builders/log-ring.ts';
import { BuiltModules } from '../builders/modules.ts';
import { plant, provableKernel, textOf } from '../builders/provable-kernel.ts';
import { ANON_MAPPING, FILE_MAPPING, type PageSpec } from '../builders/struct-page.ts';
import { TaskKernel } from '../builders/task-kernel.ts';

/** RAM with pages of every kind. */
const RAM = pfns(0x3000, 0x400);
const SECOND = pfns(PAGES_PER_SECTION, 0x200);

/** Struct pages of every kind that a rule knows, as far as this kernel has it. */
function* kinds(shape: Shape): Generator<readonly [number, PageSpec]> {
  const has = (flag: Flag) => shape.flags[flag] !== undefined;
  let pfn = 0x3000;
  const next = (pages = 1) => {
    const at = Math.ceil(pfn / pages) * pages;
    pfn = at + pages;
    return at;
  };
  for (let i = 0; i < 8; i++) {
    yield [next(), { flags: ['lru'], mapping: FILE_MAPPING }];
    yield [next(), { flags: ['lru', 'private'], mapping: FILE_MAPPING, private: 0x1000n }];
    yield [next(), { flags: ['lru', 'swapbacked'], mapping: ANON_MAPPING, type: 0 }];
    if (has('hwpoison')) yield [next(), { flags: ['hwpoison'] }];
    for (const type of ['offline', 'table', 'slab', 'hugetlb', 'unaccepted'] as const)
      if (shape.types[type] !== undefined) yield [next(), { type, private: 3n }];
    yield [next(4), { type: 'buddy', private: 2n, refcount: 0 }];
    const head = next(8);
    yield [head, { flags: ['head'], mapping: i % 2 ? ANON_MAPPING : 0n }];
    yield [head + 1, { tail: true, compound: { order: 3, hugetlb: i % 3 === 0 } }];
    for (let tail = 2; tail < 8; tail++) yield [head + tail, { tail: true }];
  }
}

const DMA32: ZonePlan = { name: 'DMA32', start: 1, spanned: PAGES_PER_SECTION - 1, free: [0, 0, 8] };
const NORMAL: ZonePlan = { name: 'Normal', start: PAGES_PER_SECTION, spanned: 0x200, free: [0, 0, 0] };

function pagesKernel(shape: Shape, plan: KernelPlan = {}): BuiltKernel {
  const ram = [RAM, SECOND];
  const built = kernelWithZones(
    { shape, ram, pages: kinds(shape), ...plan },
    { nodes: [[DMA32], [NORMAL]], numa: shape !== SHAPES['4.18'] },
  );
  for (let pfn = 0x3000; pfn < 0x3080; pfn += 3)
    built.memory.writeU64(pfn * 4096 + ((pfn * 8) % 4096), 0x1234n);
  return built;
}

function ringKernel(plan: KernelPlan = {}): BuiltKernel {
  const ring = new BuiltRing({ countBits: 4, sizeBits: 9, clearSeq: new Uint8Array(8), kernel: plan });
  for (let i = 0; i < 24; i++)
    ring.print({
      text: i % 5 ? `message ${i}\nof two lines` : '',
      level: i % 8,
      subsystem: 'block',
      device: '+x',
    });
  ring.print({ text: 'Kernel panic - not syncing: sysrq triggered crash', level: 0 });
  ring.print({ text: '---[ end Kernel panic - not syncing: sysrq triggered crash ]---', level: 0 });
  return ring.kernel();
}

function bufferKernel(): BuiltKernel {
  const texts = Array.from({ length: 30 }, (_, i) => ({
    text: `line ${i}`,
    level: i % 8,
    dictionary: ['DEVICE=+x'],
  }));
  return new BuiltBuffer({ callers: true, length: 512 }, texts).kernel();
}

function taskKernel(form: 'percpu' | 'split'): BuiltKernel {
  const threads = [10, 11, 12].map((pid) => ({ pid, tgid: 10, mm: 1, comm: `thread-${pid}`, cpu: 1 }));
  return new TaskKernel({
    form,
    tasks: [{ pid: 1, comm: 'init', mm: 0 }, { pid: 2, comm: 'kthreadd', flags: 0x20_8040 }, ...threads],
    mms: [{ counts: [10, 20, 0, 3], cpus: [[1, 2, 0, 0]], pageTables: 8192 }, { counts: [1, 2, 3, 4] }],
    current: [1, 11],
    panicCpu: 1,
  }).built.kernel;
}

function modulesKernel(old: boolean): BuiltKernel {
  const symbols = [
    ['write', 't', 0x200],
    ['read', 't', 0x100],
    ['mount', 'T', 0x400],
  ] as const;
  const plans = ['ext4', 'xfs', 'btrfs'].map((name) => ({ name, symbols, exported: ['mount'] }));
  return new BuiltModules(plans, { old }).built.kernel;
}

/** A kernel whose own copy of VMCOREINFO is in memory. */
function searchable(plan: KernelPlan = {}): BuiltKernel {
  const built = provableKernel({ ram: [RAM], ...plan });
  plant(built, RAM.start + 0x8000, textOf(built));
  return built;
}

/** Made-up kernels by their contents; each is made when it is first asked for. */
export const KERNELS: Readonly<Record<string, () => BuiltKernel>> = {
  ...Object.fromEntries(
    Object.entries(SHAPES).map(([name, shape]) => [`pages-${name}`, () => pagesKernel(shape)]),
  ),
  'pages-5level': () => pagesKernel(SHAPES['6.12'], { levels: 5 }),
  'pages-sme': () => pagesKernel(SHAPES['6.12'], { smeMask: 1n << 47n }),
  'pages-static': () => pagesKernel(SHAPES['6.12'], { sections: { form: 'static' } }),
  'pages-own-maps': () =>
    pagesKernel(SHAPES['6.12'], { sections: { maps: { 0: 24 * 2 ** 20, 1: 32 * 2 ** 20 } } }),
  'pages-pointer': () => pagesKernel(SHAPES['4.18'], { sections: { form: 'pointer' } }),
  'pages-kaslr': () => pagesKernel(SHAPES['7.1'], { kernelOffset: 0x1a00_0000n, physBase: -0x1900_0000n }),
  symbols: () => kernelWithSymbols(),
  'symbols-absolute': () => kernelWithSymbols({}, { form: 'absolute' }),
  'symbols-percpu': () =>
    kernelWithSymbols({ shape: SHAPES['5.10'] }, { form: 'absolute-percpu', lengths: 'byte', named: false }),
  'symbols-relative': () => kernelWithSymbols({ shape: SHAPES['7.1'] }, { form: 'place-relative' }),
  ring: () => ringKernel(),
  'ring-5level': () => ringKernel({ levels: 5 }),
  buffer: bufferKernel,
  tasks: () => taskKernel('percpu'),
  'tasks-split': () => taskKernel('split'),
  modules: () => modulesKernel(false),
  'modules-old': () => modulesKernel(true),
  searched: () => searchable(),
  'searched-kaslr': () => searchable({ kernelOffset: 0x1a00_0000n, physBase: -0x1900_0000n }),
};
