import { describe, expect, it } from 'vitest';
import type { SymbolsReport } from '../../src/report/symbols-report.ts';
import { dumpOf, TYPED } from '../support/fixture.ts';
import { runMain } from '../support/run-main.ts';
import { violations } from '../support/schema.ts';

const FIVE = dumpOf('linux-7.3-5level');
const WITHOUT_TYPES = dumpOf('qemu-6.1');

async function json(args: readonly string[], status = 0): Promise<SymbolsReport> {
  const ran = await runMain(['symbols', ...args, '--json']);
  expect(ran.status).toBe(status);
  const report = JSON.parse(ran.stdout) as SymbolsReport;
  expect(violations('symbols', report)).toEqual([]);
  return report;
}

describe.each(TYPED)('the symbols of the modules of %s', (name) => {
  const dump = dumpOf(name);

  it('are found by name, and by an address inside them', async () => {
    // drivers/block/virtio_blk.c: the handler of a queue's interrupt.
    const { symbols } = await json([dump, 'virtblk_done']);
    expect(symbols).toEqual([
      { name: 'virtblk_done', type: 't', address: symbols[0]?.address, module: 'virtio_blk' },
    ]);
    const inside = `0x${(BigInt(symbols[0]?.address ?? 0) + 0x12n).toString(16)}`;
    expect((await runMain(['symbols', dump, inside])).stdout).toMatch(
      new RegExp(`^${inside} virtblk_done\\+0x12/0x[0-9a-f]+ \\[virtio_blk\\]\\n$`),
    );
    const { location } = await json([dump, inside]);
    expect(location?.offset).toBe(0x12);
    expect(location?.size).toBeGreaterThan(0x12);
  });

  it('are found by pattern, after those of the kernel, and printed as in /proc/kallsyms', async () => {
    const found = (await runMain(['symbols', dump, 'virtblk_*'])).stdout.trimEnd().split('\n');
    expect(found.length).toBeGreaterThan(5);
    for (const line of found)
      expect(line).toMatch(/^0x[0-9a-f]{16} [a-zA-Z] virtblk_\w+(\.\w+)*\t\[virtio_blk\]$/);
  });

  it('are as many as each module says, and all are listed', async () => {
    const { modules, symbols, table, complete } = await json([dump]);
    expect(complete).toBe(true);
    const owned = new Map<string, number>();
    for (const { module } of symbols) if (module) owned.set(module, (owned.get(module) ?? 0) + 1);
    expect(modules?.map((m) => [m.name, m.symbols])).toEqual([...owned]);
    const ofModules = [...owned.values()].reduce((sum, count) => sum + count, 0);
    expect(symbols).toHaveLength(table.symbols + ofModules);
  });
});

describe('an address', () => {
  it('between the kernel and its modules is in no symbol', async () => {
    const [end] = (await json([FIVE, '_end'])).symbols;
    const beyond = `0x${(BigInt(end?.address ?? 0) + 0x1000_0000n).toString(16)}`;
    const ran = await runMain(['symbols', FIVE, beyond]);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(`has a symbol at ${beyond}`);
  });
});

describe('several names, addresses and patterns', () => {
  const NUMA = dumpOf('linux-6.12-numa');

  it('are each answered, in their order', async () => {
    const words = [
      'init_task',
      'virtblk_done+0x12/0x100',
      '[virtio_blk]',
      'init_uts_n?',
      'runqueues@1+0x8',
      'runqueues',
    ];
    const { stdout, status } = await runMain(['symbols', NUMA, ...words]);
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    const forms = [
      /^0xffffffff[0-9a-f]{8} D init_task$/,
      /^0xffffffffc[0-9a-f]{7} virtblk_done\+0x12\/0x100 \[virtio_blk\]$/,
      /^0xffffffff[0-9a-f]{8} D init_uts_ns$/,
      /^0xffff[0-9a-f]{12} runqueues@1\+0x8\/0x[0-9a-f]+$/,
      /^0x00000000000[0-9a-f]{5} A runqueues$/,
    ];
    expect(lines).toHaveLength(forms.length);
    forms.forEach((form, i) => {
      expect(lines[i]).toMatch(form);
    });
    const { symbols, query, location } = await json([NUMA, ...words]);
    expect(query).toBe(
      'init_task virtblk_done+0x12/0x100 [virtio_blk] init_uts_n? runqueues@1+0x8 runqueues',
    );
    expect(location).toBeUndefined();
    expect(symbols.map((symbol) => symbol.location?.offset)).toEqual([
      undefined,
      0x12,
      undefined,
      8,
      undefined,
    ]);
    expect(symbols[3]?.location).toMatchObject({ address: lines[3]?.split(' ')[0], cpu: 1 });
  });

  it('that have no symbol are named with what is like them, and end with status 1', async () => {
    const words = ['init_task', 'inti_task', 'no_such_*', '0xffffffffff000000', 'runqueues@9'];
    const { stdout, stderr, status } = await runMain(['symbols', NUMA, ...words]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^0x[0-9a-f]{16} D init_task\n$/);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'kdump-inspect: warning: neither the kernel nor a module has a symbol inti_task; did you mean init_task?',
      'kdump-inspect: warning: neither the kernel nor a module has a symbol no_such_*; patterns take * and ?',
      'kdump-inspect: warning: neither the kernel nor a module has a symbol at 0xffffffffff000000',
      'kdump-inspect: warning: CPU 9 has no per-CPU area: this kernel has CPUs 0-1',
    ]);
    expect((await json([NUMA, ...words], 1)).notFound).toEqual(words.slice(1));
  });

  it('that all have none leave nothing on stdout', async () => {
    const { stdout, status } = await runMain(['symbols', NUMA, 'no_such_1', 'no_such_2']);
    expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
  });
});

describe('one name', () => {
  const NUMA = dumpOf('linux-6.12-numa');

  it('is that of each symbol that has it, also at an offset', async () => {
    const { symbols } = await json([NUMA, 't_next']);
    expect(symbols).toHaveLength(6);
    const inside = (await json([NUMA, 't_next+0x1'])).symbols;
    expect(inside.map(({ location }) => BigInt(location?.address ?? 0))).toEqual(
      symbols.map(({ address }) => BigInt(address) + 1n),
    );
  });

  it('that no symbol has suggests those that are like it, also of modules', async () => {
    for (const [wrong, right] of [
      ['inti_task', 'init_task'],
      ['virtblk_doen', 'virtblk_done'],
      ['VIRTBLK_DONE', 'virtblk_done'],
    ] as const) {
      const ran = await runMain(['symbols', NUMA, wrong]);
      expect(ran.stderr).toMatch(
        new RegExp(`has a symbol ${wrong}\\n {2}did you mean (\\w+ or )*${right}\\b`),
      );
      expect(ran.status).toBe(1);
    }
  });

  it('that is hex as well is a symbol; hex without 0x is an address', async () => {
    const [edd] = (await json([NUMA, 'edd'])).symbols;
    expect(edd?.name).toBe('edd');
    const bare = edd?.address.slice(2) ?? '';
    expect((await runMain(['symbols', NUMA, bare])).stdout).toMatch(
      /^0x[0-9a-f]{16} edd\+0x0\/0x[0-9a-f]+\n$/,
    );
  });
});

describe('an address below the image', () => {
  it.each(TYPED)('of %s, where the image is when it is not moved, is in no symbol', async (name) => {
    // CONFIG_PHYSICAL_START is 16 MiB; with KASLR all of these kernels lie higher.
    const ran = await runMain(['symbols', dumpOf(name), '0xffffffff81000000']);
    expect(ran.stderr).toContain('has a symbol at 0xffffffff81000000');
    expect(ran.status).toBe(1);
  });

  it.each(TYPED)('of %s is in a per-CPU variable or in nothing', async (name) => {
    const dump = dumpOf(name);
    const ran = await runMain(['symbols', dump, '0x1234567890']);
    expect(ran.stderr).toContain('has a symbol at 0x1234567890');
    expect(ran.status).toBe(1);
  });
});

describe('a dump whose types cannot be read', () => {
  it('has the symbols of the kernel, says what is missing, and ends with status 3', async () => {
    const ran = await runMain(['symbols', WITHOUT_TYPES, '_stext']);
    expect(ran.stdout).toMatch(/^0x[0-9a-f]{16} T _stext\n$/);
    expect(ran.stderr).toContain('the symbols of modules are missing');
    expect(ran.status).toBe(3);
    expect(await json([WITHOUT_TYPES, '_stext'], 3)).toMatchObject({ modules: null, complete: false });
  });
});
