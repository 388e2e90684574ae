import { expect, it } from 'vitest';
import { openImage } from '../../src/formats/open.ts';
import type { Btf } from '../../src/kernel/btf/btf.ts';
import { readBlob } from '../../src/kernel/btf/read-btf.ts';
import { openKernel } from '../../src/kernel/open/kernel.ts';
import { TypedKernel } from '../../src/kernel/types/typed-kernel.ts';
import { run } from '../support/run.ts';
import { addressOf } from './guest-facts.ts';
import type { Kernel } from './kernels.ts';
import type { CrashedGuest } from './machine.ts';
import { inspect } from './reports.ts';
import { testUsageByStructPages } from './without-types.ts';

/** The kind of every type. */
const kindsOf = (btf: Btf): number[] => Array.from({ length: btf.endId }, (_, id) => btf.kind(id));

/** What is told where the symbol table has functions only (KALLSYMS_ALL=n). */
export function testFunctionsOnly(kernel: Kernel, guest: () => CrashedGuest): void {
  it('finds by a search the types that the linker put there', async () => {
    const image = await openImage([guest().vmcore]);
    const typed = new TypedKernel(openKernel(image));
    const address = (symbol: '__start_BTF' | '__stop_BTF') => addressOf(kernel, '', symbol);
    const start = address('__start_BTF');
    const placed = readBlob(typed.space, { address: start, size: address('__stop_BTF') - start });
    const found = kindsOf(typed.types.btf);
    image.close();
    expect(found.length).toBeGreaterThan(1000);
    expect(found).toEqual(kindsOf(placed));
  });

  it('names the kernel, the panic and the task that panicked', () => {
    const { kernel: of, crash, complete } = inspect('info', guest().vmcore);
    expect(of.release).toBe(guest().answers.text('release').trim());
    expect(crash).toMatchObject({
      reason: 'Kernel panic - not syncing: sysrq triggered crash',
      cpu: 0,
      task: { pid: 1, comm: 'init' },
    });
    expect(complete).toBe(true);
  });

  testUsageByStructPages(kernel, guest);

  it('refuses ps, because nothing says where the tasks are', () => {
    const { status, stdout, stderr } = run(['ps', guest().vmcore]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('CONFIG_KALLSYMS_ALL=n');
  });
}
