import { describe, expect, test } from 'vitest';
import { readMemoryTotals, readSwapTotals } from '../../../src/kernel/objects/memory-totals.ts';
import { readCommandLine } from '../../../src/kernel/system/command-line.ts';
import { readLoad } from '../../../src/kernel/system/load.ts';
import { readTaint } from '../../../src/kernel/system/taint.ts';
import { ascii } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

/** A kernel without BTF, with u64 variables in its data. */
function kernelWith(values: Readonly<Record<string, bigint>>): BuiltTypedKernel {
  const names = Object.keys(values);
  const built = new BuiltTypedKernel(null, Object.fromEntries(names.map((name, i) => [name, 64 * i])));
  names.forEach((name, i) => {
    built.writeU64(64 * i, values[name] as bigint);
  });
  return built;
}

describe('memory and swap', () => {
  test('are counted in pages but reported in bytes', () => {
    const { typed } = kernelWith({ _totalram_pages: 1000n, vm_zone_stat: 400n });
    expect(readMemoryTotals(typed)).toEqual({ total: 4_096_000, free: 1_638_400 });
  });

  test('have another total before 5.0', () => {
    const { typed } = kernelWith({ totalram_pages: 1000n, vm_zone_stat: 400n });
    expect(readMemoryTotals(typed).total).toBe(4_096_000);
  });

  test('are 0 if a counter is negative for a moment', () => {
    const { typed } = kernelWith({ total_swap_pages: 16n, nr_swap_pages: -3n });
    expect(readSwapTotals(typed)).toEqual({ total: 65_536, free: 0 });
  });

  test('are missing for a kernel that has no such counter', () => {
    expect(failureOf(() => readSwapTotals(kernelWith({}).typed))).toMatchObject({
      kind: 'missingInfo',
      message: 'this kernel has no symbol total_swap_pages',
    });
  });

  test('are not believed when they are more than any memory', () => {
    const { typed } = kernelWith({ _totalram_pages: 1n << 62n });
    expect(failureOf(() => readMemoryTotals(typed)).kind).toBe('corrupt');
  });
});

describe('the load', () => {
  test('is a fixed-point number, rounded as the kernel rounds it', () => {
    const built = kernelWith({ avenrun: 0n });
    // 2048 is 1.0. 0.995 lies halfway between two hundredths: /proc/loadavg shows 1.00.
    [2038n, 12n * 2048n + 1024n, 5n].forEach((raw, i) => {
      built.writeU64(8 * i, raw);
    });
    expect(readLoad(built.typed)).toEqual([1, 12.5, 0]);
  });
});

describe('taint', () => {
  test('has the letters and numbers of the kernel documentation', () => {
    const bits = [0, 9, 12, 13, 18].reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n);
    const { mask, flags } = readTaint(kernelWith({ tainted_mask: bits }).typed);
    expect(mask).toBe(bits);
    expect(flags.map(({ bit, letter }) => [bit, letter])).toEqual([
      [0, 'P'],
      [9, 'W'],
      [12, 'O'],
      [13, 'E'],
      [18, 'N'],
    ]);
  });

  test('has no letter for a bit of a future kernel', () => {
    const { flags } = readTaint(kernelWith({ tainted_mask: 1n << 40n }).typed);
    expect(flags).toEqual([{ bit: 40, letter: null, meaning: 'bit 40, which is unknown to this program' }]);
  });
});

describe('the command line', () => {
  const TEXT = 0x1000;
  const withLine = (line: string) => {
    const built = kernelWith({ saved_command_line: 0n });
    built.writeU64(0, built.at(TEXT));
    built.write(TEXT, ascii(`${line}\0behind it`));
    return built.typed;
  };

  test('ends with its NUL, wherever that is', () => {
    const long = 'x=1 '.repeat(600);
    expect(readCommandLine(withLine('quiet panic=-1 '))).toBe('quiet panic=-1 ');
    expect(readCommandLine(withLine(long))).toBe(long);
    expect(readCommandLine(withLine('a'.repeat(255)))).toBe('a'.repeat(255));
  });

  test('keeps characters that must not reach a terminal', () => {
    expect(readCommandLine(withLine('a\x1b[31mb'))).toBe('a\x1b[31mb');
  });

  test('is missing when its memory is', () => {
    expect(failureOf(() => readCommandLine(kernelWith({ saved_command_line: 0n }).typed)).kind).toBe(
      'notMapped',
    );
  });
});
