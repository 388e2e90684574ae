import { describe, expect, it } from 'vitest';
import type { StructReport } from '../../src/report/struct-report.ts';
import type { VmcoreinfoReport } from '../../src/report/vmcoreinfo-report.ts';
import { dumpOf, expectedOf, TYPED } from '../support/fixture.ts';
import { runMain } from '../support/run-main.ts';
import { violations } from '../support/schema.ts';

const FIVE = dumpOf('linux-7.3-5level');
const NUMA = dumpOf('linux-6.12-numa');
const OLD = dumpOf('linux-5.10');
/** A dump in which the pages with the types were blanked. */
const WITHOUT_TYPES = dumpOf('qemu-6.1');

async function json(args: readonly string[], status = 0): Promise<StructReport> {
  const ran = await runMain(['struct', ...args, '--json']);
  expect(ran.status).toBe(status);
  const report = JSON.parse(ran.stdout) as StructReport;
  expect(violations('struct', report)).toEqual([]);
  return report;
}

async function noted(dump: string, key: string): Promise<string> {
  return (await runMain(['vmcoreinfo', dump, '--get', key])).stdout.trim();
}

const lines = (text: string) => text.trimEnd().split('\n');

describe('the layout of a type', () => {
  it('is that of the kernel that crashed', async () => {
    // include/linux/types.h
    expect(lines((await runMain(['struct', FIVE, 'list_head'])).stdout)).toEqual([
      'struct list_head, 16 bytes',
      ' OFFSET   SIZE  MEMBER',
      '      0      8  struct list_head *next;',
      '      8      8  struct list_head *prev;',
      '16 bytes, 2 members',
    ]);
  });

  it('shows the contents of anonymous types, holes, and bit fields', async () => {
    // arch/x86/include/asm/desc_defs.h: a segment descriptor of the processor.
    const text = (await runMain(['struct', OLD, 'desc_struct'])).stdout;
    expect(lines(text).slice(2, 6)).toEqual([
      '      0      2  u16 limit0;',
      '      2      2  u16 base0;',
      '    4:0     8b  u16 base1:8;',
      '    4:8     4b  u16 type:4;',
    ]);
    const page = lines((await runMain(['struct', FIVE, 'page'])).stdout);
    expect(page[0]).toBe('struct page, 64 bytes');
    expect(page).toContain('      8     40  union {');
    expect(page).toContain('     52      4  atomic_t _refcount;');
  });

  it.each(TYPED)('in %s has the sizes in VMCOREINFO', async (name) => {
    const dump = dumpOf(name);
    for (const struct of ['page', 'pglist_data', 'zone', 'free_area', 'list_head']) {
      expect((await json([dump, struct])).type.size, struct).toBe(
        Number(await noted(dump, `SIZE(${struct})`)),
      );
    }
  });

  it('is found through a path that follows pointers by their types', async () => {
    const { type } = await json([FIVE, 'task_struct.mm->pgd']);
    expect(type).toMatchObject({ name: 'pgd_t *', size: 8, layout: null });
    expect((await json([FIVE, 'task_struct.comm'])).type.name).toBe('char [16]');
  });

  it('is a list of values for an enumeration, and has its definition for a typedef', async () => {
    // include/linux/pid.h
    const { type } = await json([NUMA, 'pid_type']);
    expect(type.name).toBe('enum pid_type');
    expect(type.enumerators?.slice(0, 2)).toEqual([
      { name: 'PIDTYPE_PID', value: 0 },
      { name: 'PIDTYPE_TGID', value: 1 },
    ]);
    expect((await json([NUMA, 'atomic_t'])).type).toMatchObject({
      definition: 'struct {...} atomic_t',
      size: 4,
    });
  });

  it('is also shown for the name of a symbol', async () => {
    // mm/memblock.c: struct memblock memblock
    expect(await json([FIVE, 'memblock'])).toMatchObject({
      address: null,
      type: { name: 'struct memblock' },
    });
    expect((await json([FIVE, 'memblock', 'memblock'])).address).toMatch(/^0xffffffff/);
  });

  it('can be that of a type of a module', async () => {
    const { type } = await json([FIVE, 'virtio_blk']);
    expect(type).toMatchObject({ name: 'struct virtio_blk', module: 'virtio_blk' });
    expect(type.layout?.members[0]?.declaration).toBe('struct mutex vdev_mutex');
  });

  it('is that of the first of several types, with a warning that there are more', async () => {
    const first = await runMain(['struct', NUMA, 'console']);
    const second = await runMain(['struct', NUMA, 'console#2']);
    expect(first.status).toBe(0);
    expect(first.stderr).toContain('2 types are named console');
    expect(second.stderr).toBe('');
    expect(second.stdout).not.toBe(first.stdout);
  });
});

describe('a value in memory', () => {
  it.each(TYPED)('of %s is decoded with the types in the dump', async (name) => {
    const dump = dumpOf(name);
    expect((await json([dump, 'init_uts_ns.name.release'])).value).toBe(expectedOf(name).kernel);
    expect((await json([dump, 'uts_namespace.name.sysname', 'init_uts_ns'])).value).toBe('Linux');
    expect((await json([dump, 'task_struct.comm', 'init_task'])).value).toMatch(/^swapper(\/0)?$/);
    expect((await json([dump, 'init_task.pid'])).value).toBe(0);
  });

  it.each(TYPED)('of %s names the symbols that its pointers point at', async (name) => {
    const dump = dumpOf(name);
    const { value, symbols, address } = await json([dump, 'mm_struct.pgd', 'init_mm']);
    const { entries } = JSON.parse(
      (await runMain(['vmcoreinfo', dump, '--json'])).stdout,
    ) as VmcoreinfoReport;
    expect(value).toBe(entries['SYMBOL(swapper_pg_dir)']);
    expect(Object.values(symbols)[0]).toMatch(/^(init_top_pgt|swapper_pg_dir)$/);
    const text = (await runMain(['struct', dump, 'init_mm.pgd'])).stdout;
    expect(text).toContain(`pgd_t * at ${address} <init_mm+`);
    expect(text).toContain(`init_mm.pgd = ${value} <${Object.values(symbols)[0]}>`);
  });

  it('is the same at an address, at a symbol, and at an offset in a symbol', async () => {
    const whole = await json([FIVE, 'list_head', 'modules']);
    const address = whole.address ?? '';
    expect((await json([FIVE, 'list_head', address])).value).toEqual(whole.value);
    expect((await json([FIVE, 'list_head.prev', `modules+0x0`])).address).toBe(
      `0x${(BigInt(address) + 8n).toString(16)}`,
    );
    const { address: inside } = await json([FIVE, 'list_head', 'modules+0x8']);
    expect(inside).toBe(`0x${(BigInt(address) + 8n).toString(16)}`);
  });

  it('is followed through pointers, also into modules', async () => {
    const { next } = (await json([FIVE, 'modules'])).value as { next: string };
    // The list links the members `list` of struct module, which has 8 bytes of state before it.
    const module = `0x${(BigInt(next) - 8n).toString(16)}`;
    expect(['qemu_fw_cfg', 'virtio_blk']).toContain((await json([FIVE, 'module.name', module])).value);
    const text = (await runMain(['struct', FIVE, 'module', module])).stdout;
    expect(text).toContain('state = MODULE_STATE_LIVE (0)');
    expect(text).toMatch(/ at 0x[0-9a-f]+ <__this_module \[(qemu_fw_cfg|virtio_blk)\]>/);
  });

  it("is the CPU's own copy with @CPU", async () => {
    const zero = await json([NUMA, 'rq', 'runqueues@0']);
    const one = await json([NUMA, 'rq', 'runqueues@1']);
    expect(zero.address).not.toBe(one.address);
    expect((await runMain(['struct', NUMA, 'rq', 'runqueues@2'])).stderr).toContain(
      'CPU 2 has no per-CPU area',
    );
  });

  it('says what is not in the dump, keeps the rest, and ends with status 3', async () => {
    // Blanked pages of a fixture are there; the memory of the crash kernel is not.
    const { pageOffset } = expectedOf('linux-6.12-numa');
    const before = BigInt(pageOffset) + 0x3000000n - 8n;
    const report = await json([NUMA, 'list_head', `0x${before.toString(16)}`], 3);
    expect(report.value).toMatchObject({ prev: null });
    expect((report.value as { next: string }).next).toMatch(/^0x/);
    expect(report.complete).toBe(false);
    expect(report.warnings[0]).toContain('is not in the dump');
  });
});

describe('what cannot be done', () => {
  it.each([
    [['tsk_struct'], 1, /no type tsk_struct\n {2}did you mean .*task_struct/],
    [['task_struct.nonsense'], 1, /struct task_struct has no member nonsense/],
    [['task_struct.mm.pgd'], 1, /has no member pgd\n {2}it is a pointer: write ->pgd/],
    [['task_struct.comm[16]'], 1, /char \[16\] has no element 16/],
    [['task_struct.comm->x'], 2, /needs a pointer before it/],
    [['init_task.mm->pgd'], 1, /is NULL/],
    [['list_head', 'no_such_symbol'], 1, /no symbol no_such_symbol/],
    [['list_head', '0x10'], 3, /is not mapped/],
    [['list_head', '12 34'], 2, /is not an address/],
    [['task_struct..mm'], 2, /is not a path/],
    [['1abc'], 2, /is not the name of a type/],
  ])('struct %j says why', async (args, status, message) => {
    const ran = await runMain(['struct', FIVE, ...args]);
    expect(ran.stderr).toMatch(message);
    expect(ran.status).toBe(status);
  });

  it('is reading a dump without types', async () => {
    const ran = await runMain(['struct', WITHOUT_TYPES, 'page']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(/the kernel's types at 0x[0-9a-f]+: BTF/);
  });
});
