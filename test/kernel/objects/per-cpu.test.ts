import { describe, expect, test } from 'vitest';
import { PerCpu } from '../../../src/kernel/objects/per-cpu.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

const OFFSETS = 0x100;
const MASKS = { possible: 0x200, online: 0x240 };
const VARIABLE = 0x300;

/** CPUs 0, 1 and 5 are possible, 0 and 5 online. */
function built(): BuiltTypedKernel {
  const btf = new BuiltBtf();
  const bits = btf.array(btf.int('long unsigned int', 8), 1);
  btf.struct('cpumask', 8, [['bits', bits, 0]]);
  const kernel = new BuiltTypedKernel(btf, {
    __per_cpu_offset: OFFSETS,
    __cpu_possible_mask: MASKS.possible,
    __cpu_online_mask: MASKS.online,
    runqueues: VARIABLE,
  });
  kernel.writeU64(MASKS.possible, 0b10_0011n);
  kernel.writeU64(MASKS.online, 0b10_0001n);
  [0x1000n, -0x2000n, 0n, 0n, 0n, 0x5000n].forEach((offset, cpu) => {
    kernel.writeU64(OFFSETS + 8 * cpu, offset);
  });
  return kernel;
}

describe('per-CPU variables', () => {
  test("have a copy per possible CPU, at the CPU's offset, modulo 2^64", () => {
    const kernel = built();
    const symbol = kernel.typed.symbol('runqueues');
    expect(new PerCpu(kernel.typed).variables('runqueues')).toEqual([
      { cpu: 0, address: symbol + 0x1000n },
      { cpu: 1, address: symbol - 0x2000n },
      { cpu: 5, address: symbol + 0x5000n },
    ]);
  });

  test('are at the offset alone if the kernel links them at 0, as up to 6.14', () => {
    expect(new PerCpu(built().typed).pointer(0x40n, 5)).toBe(0x5040n);
    expect(new PerCpu(built().typed).pointer(0x40n, 1)).toBe(2n ** 64n - 0x1fc0n);
  });

  test('have none for a CPU that does not exist', () => {
    expect(failureOf(() => new PerCpu(built().typed).pointer(0n, 6)).kind).toBe('missingInfo');
  });

  test('know which CPUs were online', () => {
    expect(new PerCpu(built().typed).online).toEqual([0, 5]);
  });
});

describe('per-CPU variables of a kernel for a single CPU (SMP=n)', () => {
  const single = (symbols: Readonly<Record<string, number>> = {}) =>
    new BuiltTypedKernel(new BuiltBtf(), { runqueues: VARIABLE, ...symbols });

  test('are ordinary variables of CPU 0', () => {
    const { typed } = single();
    const perCpu = new PerCpu(typed);
    expect(perCpu.variables('runqueues')).toEqual([{ cpu: 0, address: typed.symbol('runqueues') }]);
    expect(perCpu.pointer(0xffff_8880_0012_3400n, 0)).toBe(0xffff_8880_0012_3400n);
    expect([perCpu.possible, perCpu.online]).toEqual([[0], [0]]);
  });

  test('have none for another CPU', () => {
    expect(failureOf(() => new PerCpu(single().typed).pointer(0n, 1)).kind).toBe('missingInfo');
  });

  test('are unknown if only the symbol table lacks __per_cpu_offset (KALLSYMS_ALL=n)', () => {
    const { typed } = single({ start_secondary: 0x900, __cpu_possible_mask: MASKS.possible });
    expect(failureOf(() => new PerCpu(typed).pointer(0n, 0))).toMatchObject({ kind: 'missingInfo' });
  });
});
