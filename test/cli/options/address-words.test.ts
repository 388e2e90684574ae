import { describe, expect, it } from 'vitest';
import { parseAddresses, parseOneAddress } from '../../../src/cli/options/address-words.ts';
import { parsePage } from '../../../src/cli/options/parsers.ts';
import { failureOf } from '../../builders/failure.ts';

const PLAIN = { symbol: null, module: null, cpu: null, offset: 0n, size: null };
const number = (value: bigint, more = {}) => ({ ...PLAIN, number: value, ...more });
const symbol = (name: string, more = {}) => ({ ...PLAIN, number: null, symbol: name, ...more });

describe('an address is written as', () => {
  it.each([
    ['0xffffffff81000000', number(0xffff_ffff_8100_0000n)],
    ['0XFFFF888000001000', number(0xffff_8880_0000_1000n)],
    ['0x10', number(0x10n)],
    ['0xffff888000001000+0x8', number(0xffff_8880_0000_1000n, { offset: 8n })],
    ['0x34940@1', number(0x34940n, { cpu: 1 })],
    ['ffffffff91210940', number(0xffff_ffff_9121_0940n)],
    ['0000000000000010', number(0x10n)],
    ['1234567812345678', number(0x1234_5678_1234_5678n)],
    ['7f0012ab3000', number(0x7f00_12ab_3000n)],
    ['bad', number(0xbadn, { symbol: 'bad' })],
    ['bad+0x10', number(0xbadn, { symbol: 'bad', offset: 16n })],
    // What only a symbol has.
    ['bad+0x10/0x20', symbol('bad', { offset: 16n, size: 32n })],
    ['bad [ext4]', symbol('bad', { module: 'ext4' })],
    ['init_task', symbol('init_task')],
    ['init_task+0x10', symbol('init_task', { offset: 16n })],
    ['do_sys_open+0x12/0x40', symbol('do_sys_open', { offset: 0x12n, size: 0x40n })],
    ['arch_exit.isra.0+0x16/0xa0', symbol('arch_exit.isra.0', { offset: 0x16n, size: 0xa0n })],
    ['vp_notify+0x1/0x2 [virtio_pci]', symbol('vp_notify', { offset: 1n, size: 2n, module: 'virtio_pci' })],
    // The kernel shows virtio-pci.ko as virtio_pci.
    ['vp_notify [virtio-pci]', symbol('vp_notify', { module: 'virtio_pci' })],
    // CONFIG_STACKTRACE_BUILD_ID (9294523e3768, 5.14)
    [
      'f+0x1/0x2 [ext4 0123456789abcdef0123456789abcdef01234567]',
      symbol('f', { offset: 1n, size: 2n, module: 'ext4' }),
    ],
    ['runqueues@1', symbol('runqueues', { cpu: 1 })],
    ['runqueues@1+0x10', symbol('runqueues', { cpu: 1, offset: 16n })],
    ['runqueues:1', symbol('runqueues', { cpu: 1 })],
    ['<init_task+0x10>', symbol('init_task', { offset: 16n })],
    ['<__this_module+0x8 [virtio_blk]>', symbol('__this_module', { offset: 8n, module: 'virtio_blk' })],
    ['0xffffffff91210940 <init_task>', number(0xffff_ffff_9121_0940n)],
  ])('%s', (text, meant) => {
    expect(parseOneAddress([text])).toMatchObject(meant);
    // Without quotes a shell makes several words of it.
    expect(parseOneAddress(text.split(' '))).toMatchObject(meant);
  });

  it.each([
    ['RIP: 0010:panic+0x118/0x2db', [symbol('panic', { offset: 0x118n, size: 0x2dbn })]],
    ['RIP: 0033:0x47b7a0', [number(0x47b7a0n)]],
    [
      '[   13.662927] [      T1]  ? __handle_mm_fault+0xaa7/0xf70',
      [symbol('__handle_mm_fault', { offset: 0xaa7n, size: 0xf70n })],
    ],
    ['[<0>] do_wait+0x5d/0x100', [symbol('do_wait', { offset: 0x5dn, size: 0x100n })]],
    ['[<ffffffff81234567>] ? do_wait+0x5d/0x100', [symbol('do_wait', { offset: 0x5dn, size: 0x100n })]],
    ['RSP: 0018:ffffcfd28012bec8 EFLAGS: 00010046', [number(0xffff_cfd2_8012_bec8n)]],
    ['R10: ffffffff912b4088 R11: 0000000000000000', [number(0xffff_ffff_912b_4088n), number(0n)]],
    [
      'FS:  0000000000000000(0000) GS:ffff891cfcc00000(0000) knlGS:0000000000000000',
      [number(0n), number(0xffff_891c_fcc0_0000n), number(0n)],
    ],
    ['CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033', [number(0x8005_0033n)]],
    [
      'CR2: 0000000000000008 CR3: 00000001044ca000 CR4: 00000000000006f0',
      [number(8n), number(0x1_044c_a000n), number(0x6f0n)],
    ],
    [
      'a+0x1/0x2\n b+0x3/0x4 [ext4]\n',
      [symbol('a', { offset: 1n, size: 2n }), symbol('b', { offset: 3n, size: 4n, module: 'ext4' })],
    ],
    ['<init_task> <init_mm>', [symbol('init_task'), symbol('init_mm')]],
    ['0x10 <init_task> 0x20', [number(16n), number(32n)]],
    ['init_task init_mm', [symbol('init_task'), symbol('init_mm')]],
  ])('one of several, or in a line of an oops: %s', (text, meant) => {
    for (const words of [[text], text.trim().split(/\s+/)]) {
      const found = parseAddresses(words);
      expect(found).toHaveLength(meant.length);
      expect(found).toMatchObject(meant);
    }
  });

  it.each([
    '1234',
    '12345678901234567',
    '0x',
    '0x12345678901234567',
    '0xzz',
    'init_task+16',
    'init_task+',
    'init_task-0x10',
    'init_task@',
    'init_task@1@2',
    '1abz',
    '[ext4]',
    '?',
    'a,b',
    '--',
    '',
    'Code: 00 0f 0b',
  ])('not as "%s"', (text) => {
    expect(failureOf(() => parseAddresses([text])).kind).toBe('usage');
  });

  it('is not what the kernel prints before it can hash pointers', () => {
    const { kind, message } = failureOf(() => parseAddresses(['(____ptrval____)']));
    expect({ kind, message }).toEqual({
      kind: 'usage',
      message: '"(____ptrval____)" stands for an address that the kernel did not print',
    });
  });

  it('is quoted in an error, but not without end', () => {
    expect(failureOf(() => parseAddresses([`,${'x'.repeat(100_000)}`])).message.length).toBeLessThan(120);
  });
});

describe('what a page is asked about', () => {
  it('is a decimal pfn, or one address', () => {
    expect(parsePage(['40000'])).toEqual({ pfn: 40000 });
    expect(parsePage(['0x40000'])).toMatchObject(number(0x40000n));
    expect(parsePage(['ffff888000001000'])).toMatchObject(number(0xffff_8880_0000_1000n));
    expect(parsePage(['vp_notify+0x1/0x2', '[virtio_pci]'])).toMatchObject({ module: 'virtio_pci' });
  });

  it.each([[['0xzz']], [['99999999999999']], [['1', '2']], [['init_task', 'init_mm']]])(
    'is not %j',
    (words) => {
      expect(failureOf(() => parsePage(words)).kind).toBe('usage');
    },
  );
});
