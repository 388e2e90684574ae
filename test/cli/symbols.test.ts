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
      expect(line).toMatch(/^[0-9a-f]{16} [a-zA-Z] virtblk_\w+(\.\w+)*\t\[virtio_blk\]$/);
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

describe('a dump whose types cannot be read', () => {
  it('has the symbols of the kernel, says what is missing, and ends with status 3', async () => {
    const ran = await runMain(['symbols', WITHOUT_TYPES, '_stext']);
    expect(ran.stdout).toMatch(/^[0-9a-f]{16} T _stext\n$/);
    expect(ran.stderr).toContain('the symbols of modules are missing');
    expect(ran.status).toBe(3);
    expect(await json([WITHOUT_TYPES, '_stext'], 3)).toMatchObject({ modules: null, complete: false });
  });
});
