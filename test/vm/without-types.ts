import { expect, it } from 'vitest';
import { run } from '../support/run.ts';
import { balloonPages, type Kernel } from './kernels.ts';
import type { CrashedGuest } from './machine.ts';
import { countDump, makedumpfileOf } from './makedumpfile.ts';
import { inspect } from './reports.ts';

/** Four huge pages (init.sh). */
const hugetlbPages = 4 * 512;

/** What is told of a kernel that has no BTF, and what is refused by name. */
export function testWithoutTypes(kernel: Kernel, guest: () => CrashedGuest): void {
  it('names the kernel, the panic and the task that panicked', () => {
    const { kernel: of, crash, commandLine, modules, complete } = inspect('info', guest().vmcore);
    expect(of.release).toBe(guest().answers.text('release').trim());
    expect(`${commandLine}\n`).toBe(guest().answers.text('cmdline'));
    expect(crash).toMatchObject({
      reason: 'Kernel panic - not syncing: sysrq triggered crash',
      cpu: 0,
      task: { pid: 1, comm: 'init' },
    });
    expect({ modules, complete }).toEqual({ modules: [], complete: true });
  });

  testUsageByStructPages(kernel, guest);

  it("agrees with the kernel's number of pages", () => {
    const { counters } = inspect('usage', guest().vmcore);
    expect(counters.map(({ name, difference }) => [name, difference])).toEqual([['_totalram_pages', 0]]);
  });

  it.each(['ps', 'struct'])('refuses %s, because it needs types', (command) => {
    const operands = command === 'struct' ? ['task_struct'] : [];
    const { status, stdout, stderr } = run([command, guest().vmcore, ...operands]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/BTF/);
  });
}

/** `usage` where the kernel's own lists cannot be read. */
export function testUsageByStructPages(kernel: Kernel, guest: () => CrashedGuest): void {
  it('has in usage what struct pages tell, as makedumpfile does', () => {
    const { types } = inspect('usage', guest().vmcore);
    const { user, nonPrivateCache, privateCache, free } = countDump(makedumpfileOf(kernel), guest().vmcore);
    const pages = (name: string) => types.find(({ type }) => type === name)?.pages ?? Number.NaN;
    expect(pages('anonymous') + pages('hugetlb')).toBe(user);
    expect(pages('fileCache') + pages('shmem')).toBe(nonPrivateCache + privateCache);
    expect(['free', 'hugetlb', 'offline'].map(pages)).toEqual([free, hugetlbPages, balloonPages]);
  });
}
