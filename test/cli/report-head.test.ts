import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/declarations/commands.ts';
import { faultyDisk } from '../support/faulty-disk.ts';
import { dumpOf } from '../support/fixture.ts';
import { runMain } from '../support/run-main.ts';
import { violations } from '../support/schema.ts';

const DUMP = dumpOf('linux-6.12-numa');
/** Operands of the commands that need some. */
const OPERANDS: Readonly<Record<string, readonly string[]>> = {
  page: ['49152'],
  struct: ['init_task'],
  symbols: ['page_offset_b*'],
  translate: ['0xffffffff91222000'],
};
const NAMES = COMMANDS.flatMap(({ name, dump }) => (dump ? [name] : []));

describe('every document, and the last line of JSON Lines', () => {
  it.each(NAMES)('of %s has schema, warnings and complete', async (name) => {
    const { status, stdout } = await runMain([name, DUMP, ...(OPERANDS[name] ?? []), '--json', '--quiet']);
    const document = JSON.parse(name === 'dmesg' ? (stdout.trimEnd().split('\n').at(-1) ?? '') : stdout);
    expect(document).toMatchObject({ schema: `kdump-inspect/${name}/1`, warnings: expect.any(Array) });
    expect([status, document.complete]).toEqual([0, true]);
    expect(violations(name, document)).toEqual([]);
  });
});

describe('translate', () => {
  const ask = async (...addresses: string[]) => {
    const ran = await runMain(['translate', DUMP, ...addresses, '--json']);
    return { ...ran, report: JSON.parse(ran.stdout) };
  };
  const [MAPPED, UNMAPPED, IN_TABLE] = ['0xffffffff91222000', '0x0', '0xfffffe0000001000'];

  it('says whether every address leads to memory', async () => {
    expect((await ask(MAPPED)).report).toMatchObject({ mapped: true, complete: true, consistent: true });
    const { status, report } = await ask(MAPPED, UNMAPPED);
    expect([status, report.mapped, report.complete]).toEqual([1, false, true]);
  });

  it('is not complete if a page table cannot be read', async () => {
    const { report: whole } = await ask(IN_TABLE);
    const table = Number(whole.translations[0].steps.at(-1).table);
    const { stdout } = await runMain(['segments', DUMP, '--json']);
    const segments = JSON.parse(stdout).segments as {
      physical: string;
      memorySize: number;
      offset: string;
    }[];
    const segment = segments.find(
      (one) => table >= Number(one.physical) && table < Number(one.physical) + one.memorySize,
    );
    const start = Number(segment?.offset) + table - Number(segment?.physical);
    const { release } = faultyDisk(DUMP, { bad: { start, end: start + 4096 } });
    try {
      const { status, report } = await ask(IN_TABLE, MAPPED);
      expect(report.translations.map(({ result }: { result: string }) => result)).toEqual([
        'noTable',
        'mapped',
      ]);
      expect([status, report.mapped, report.complete]).toEqual([1, false, false]);
      expect(violations('translate', report)).toEqual([]);
    } finally {
      release();
    }
  });

  it('walks each address once', async () => {
    const readsOf = async (...addresses: string[]) => {
      const { positions, release } = faultyDisk(DUMP, {});
      try {
        await ask(...addresses);
        return positions.length;
      } finally {
        release();
      }
    };
    // Page tables are cached, so several addresses in one table take as many reads as one: each adds only a
    // read of the byte at its address.
    const addresses = Array.from(
      { length: 8 },
      (_, i) => `0x${(0xffffffff91222000n + BigInt(i)).toString(16)}`,
    );
    expect(await readsOf(...addresses)).toBeLessThanOrEqual((await readsOf(MAPPED)) + 7);
  });
});
