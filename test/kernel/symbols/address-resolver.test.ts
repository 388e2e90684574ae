import { describe, expect, it } from 'vitest';
import { parseOneAddress } from '../../../src/cli/options/address-words.ts';
import { AddressResolver } from '../../../src/kernel/symbols/address-resolver.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { failureOf } from '../../builders/failure.ts';
import { imageSymbols, kernelWithSymbols, stextOf } from '../../builders/kallsyms.ts';
import { BuiltModules } from '../../builders/modules.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

const STEXT = stextOf({});

function asking(typed: TypedKernel) {
  const resolver = new AddressResolver(typed.kernel);
  const { warnings } = resolver;
  const resolve = (text: string) => resolver.resolve(parseOneAddress([text]));
  return { warnings, resolve, failure: (text: string) => failureOf(() => resolve(text)) };
}

describe('a number', () => {
  it('needs no symbols, so that a kernel without them will do', () => {
    const kernel = kernelWithSymbols({}, { named: false, at: 0x8_0000, count: 0 }).open();
    const { resolve } = asking(new TypedKernel(kernel));
    expect(resolve('ffffffff81000000')).toEqual({ address: 0xffff_ffff_8100_0000n, isNumber: true });
    expect(resolve('0x10+0x8').address).toBe(0x18n);
    expect(resolve('0xffffffffffffffff+0x2').address).toBe(1n);
  });
});

describe('a name', () => {
  /** The kernel has two functions of the name helper, of 0x40 and 0xd00 bytes (imageSymbols). */
  const modules = new BuiltModules([
    {
      name: 'ext4',
      symbols: [
        ['ext4_read', 't', 0x100],
        ['commit_creds', 't', 0x200],
        ['bad', 't', 0x300],
      ],
    },
    { name: 'virtio_pci', symbols: [['ext4_read', 't', 0x40]] },
  ]);
  const { resolve, failure, warnings } = asking(modules.built.typed);

  it('is the address of the symbol, with an offset', () => {
    expect(resolve('__x64_sys_read')).toEqual({ address: STEXT + 0x100n, isNumber: false });
    expect(resolve('__x64_sys_read+0x10').address).toBe(STEXT + 0x110n);
    expect(resolve('__x64_sys_read+0x10/0x100').address).toBe(STEXT + 0x110n);
    expect(warnings).toEqual([]);
  });

  it('is that of a module if a module is named', () => {
    expect(resolve('commit_creds [ext4]').address).toBe(modules.text(0, 0x200));
    expect(resolve('ext4_read+0x8 [virtio-pci]').address).toBe(modules.text(1, 0x48));
  });

  it('of several symbols is refused with their addresses', () => {
    const twice = failure('helper');
    expect(twice.message).toBe('2 symbols are named helper');
    expect(twice.facts.hint).toContain(
      `0x${(STEXT + 0x200n).toString(16)}, 0x${(STEXT + 0x300n).toString(16)}`,
    );
    expect(failure('commit_creds+0x8').facts.hint).toContain(
      `0x${(STEXT + 0x240n).toString(16)}, 0x${modules.text(0, 0x200).toString(16)} [ext4]`,
    );
    expect(failure('ext4_read').message).toBe('2 symbols are named ext4_read');
  });

  it('of several symbols is the one of the size that an oops says', () => {
    expect(resolve('helper+0x4/0x40').address).toBe(STEXT + 0x204n);
    expect(failure('helper+0x4/0x41').message).toBe('2 symbols are named helper');
    expect(warnings.splice(0)).toEqual([
      expect.stringMatching(
        /^helper has 0x40 or 0x[0-9a-f]+ bytes in this kernel, not 0x41: the line may be from/,
      ),
    ]);
  });

  it('with a size that the symbol does not have is doubted', () => {
    expect(resolve('__x64_sys_read+0x10/0x90').address).toBe(STEXT + 0x110n);
    expect(warnings.splice(0)).toEqual([
      '__x64_sys_read has 0x100 bytes in this kernel, not 0x90: the line may be from another kernel',
    ]);
  });

  it('that is hex as well is the symbol, also that of a module; other hex is a number', () => {
    expect(resolve('bad')).toEqual({ address: modules.text(0, 0x300), isNumber: false });
    expect(resolve('0xbad')).toEqual({ address: 0xbadn, isNumber: true });
    expect(resolve('dead+0x1')).toEqual({ address: 0xdeaen, isNumber: true });
    expect(warnings).toEqual([]);
  });

  it('that no symbol has is refused with those that are like it', () => {
    expect(failure('comit_creds')).toMatchObject({
      kind: 'missingInfo',
      message: 'this kernel has no symbol comit_creds',
      facts: { hint: 'did you mean commit_creds?' },
    });
    expect(failure('ext4_raed').facts.hint).toBe('did you mean ext4_read?');
    expect(failure('ext4_raed [ext4]')).toMatchObject({
      message: 'module ext4 has no symbol ext4_raed',
      facts: { hint: 'did you mean ext4_read?' },
    });
    expect(failure('ext4_read [ext3]')).toMatchObject({
      message: 'no module ext3 is loaded',
      facts: { hint: 'did you mean ext4?' },
    });
    expect(failure('dead [ext4]').message).toBe('module ext4 has no symbol dead');
  });
});

describe('a word that is hex as well', () => {
  it('is a number with a warning if the symbols of modules cannot be read', () => {
    const { resolve, warnings } = asking(new BuiltTypedKernel(null, { modules: 0x100 }).typed);
    expect(resolve('dead')).toEqual({ address: 0xdeadn, isNumber: true });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^dead is taken as the number 0xdead; it could be a symbol: the symbols of modules could/,
      ),
    ]);
  });

  it('is a number with a warning if the table of symbols has only functions', () => {
    const symbols = imageSymbols(STEXT).filter(({ type }) => type.toLowerCase() === 't');
    const { resolve, warnings, failure } = asking(new TypedKernel(kernelWithSymbols({}, { symbols }).open()));
    expect(resolve('__x64_sys_read').address).toBe(STEXT + 0x100n);
    expect(resolve('dead').isNumber).toBe(true);
    expect(warnings).toEqual([expect.stringContaining('functions only (CONFIG_KALLSYMS_ALL=n)')]);
    expect(failure('init_task').facts.hint).toContain('functions only (CONFIG_KALLSYMS_ALL=n)');
  });
});

const OFFSETS = 0x100;
const MASKS = { possible: 0x200, online: 0x240 };
const PER_CPU = { start: 0x300, runqueues: 0x340, end: 0x400 };

/** CPUs 0, 1 and 5 are possible, 0 and 5 online. Each CPU's area is 0x1000 bytes times its number away. */
function perCpuKernel(symbols: Readonly<Record<string, number>> = {}): BuiltTypedKernel {
  const btf = new BuiltBtf();
  const bits = btf.array(btf.int('long unsigned int', 8), 1);
  btf.struct('cpumask', 8, [['bits', bits, 0]]);
  const kernel = new BuiltTypedKernel(btf, {
    start_secondary: 0,
    __per_cpu_offset: OFFSETS,
    __cpu_possible_mask: MASKS.possible,
    __cpu_online_mask: MASKS.online,
    __per_cpu_start: PER_CPU.start,
    runqueues: PER_CPU.runqueues,
    __per_cpu_end: PER_CPU.end,
    ordinary: PER_CPU.end + 0x40,
    ...symbols,
  });
  kernel.writeU64(MASKS.possible, 0b10_0011n);
  kernel.writeU64(MASKS.online, 0b10_0001n);
  for (const cpu of [0, 1, 5]) kernel.writeU64(OFFSETS + 8 * cpu, BigInt(0x1000 * cpu));
  return kernel;
}

describe('a per-CPU variable', () => {
  const kernel = perCpuKernel();
  const { resolve, failure, warnings } = asking(kernel.typed);

  it("is the CPU's copy with @CPU, also with an offset", () => {
    const variable = kernel.at(PER_CPU.runqueues);
    expect(resolve('runqueues@0').address).toBe(variable);
    expect(resolve('runqueues@5').address).toBe(variable + 0x5000n);
    expect(resolve('runqueues:5+0x8').address).toBe(variable + 0x5008n);
    expect(resolve('0x40@5')).toEqual({ address: 0x5040n, isNumber: false });
    expect(warnings).toEqual([]);
  });

  it('of a CPU that was not online has a warning', () => {
    expect(resolve('runqueues@1').address).toBe(kernel.at(PER_CPU.runqueues) + 0x1000n);
    expect(warnings.splice(0)).toEqual(['CPU 1 was not online']);
  });

  it('of a CPU that is not possible does not exist', () => {
    expect(failure('runqueues@2').message).toBe('CPU 2 has no per-CPU area: this kernel has CPUs 0-1,5');
    expect(failure('runqueues@99999').kind).toBe('missingInfo');
  });

  it('without a CPU is refused, because its own address is that of no copy', () => {
    const { kind, message, facts } = failure('runqueues');
    expect({ kind, message, hint: facts.hint }).toEqual({
      kind: 'missingInfo',
      message: 'runqueues is a per-CPU variable: each CPU has its own',
      hint: 'say of which CPU, as in runqueues@0; this kernel has CPUs 0-1,5',
    });
  });

  it('is not every variable', () => {
    expect(resolve('ordinary').address).toBe(kernel.at(PER_CPU.end + 0x40));
    expect(failure('ordinary@0').message).toBe('ordinary is not a per-CPU variable');
  });
});

describe('a per-CPU variable of a kernel for a single CPU (SMP=n)', () => {
  it('is an ordinary one, of CPU 0', () => {
    const kernel = new BuiltTypedKernel(new BuiltBtf(), { runqueues: PER_CPU.runqueues });
    const { resolve, failure } = asking(kernel.typed);
    expect(resolve('runqueues').address).toBe(kernel.at(PER_CPU.runqueues));
    expect(resolve('runqueues@0').address).toBe(kernel.at(PER_CPU.runqueues));
    expect(failure('runqueues@1').message).toBe('CPU 1 has no per-CPU area: CPU 0 is the only one');
  });
});
